/** `kubewhy fix --approve`: the plan carried out with the caller's own rights, then verified. */
import { randomBytes } from 'node:crypto';
import type { KubeWriter } from '../adapters/kube/cluster-writer.ts';
import type { CollectPorts } from '../collect/collect.ts';
import type { FixState } from '../core/approval.ts';
import { digestOf } from '../core/canonical-json.ts';
import {
  type DryRunStep,
  FIX_VERSION,
  type FixRecord,
  type Plan,
  type Reason,
  type StepProgress,
} from '../core/fix.ts';
import type { Language } from '../core/jobs.ts';
import type { Draft } from '../core/remediation.ts';
import { applyPlan } from '../run/apply.ts';
import type { PlanRequest } from '../run/plan.ts';
import { verifyFix, type Waiting } from '../run/verify.ts';

export interface TerminalFix {
  readonly request: PlanRequest;
  readonly draft: Draft;
  readonly dryRun: readonly DryRunStep[];
  readonly cluster: string;
  readonly diagnosis: string;
  readonly language: Language;
}

export interface ApplyOptions {
  readonly writer: KubeWriter;
  readonly ports: CollectPorts;
  readonly waiting: Waiting;
  readonly signal: AbortSignal;
  readonly deadlineMs: number;
  /** Called after each step and each look. */
  readonly onChange: (record: FixRecord) => void;
}

/** Carries the plan out and verifies it. Gives the record as Slack would have it, in its last state. @throws the signal's reason. */
export async function applyFix(fix: TerminalFix, options: ApplyOptions): Promise<FixRecord> {
  let record = recordOf(fix, options.waiting.now());
  const change = (state: FixState, patch: Partial<FixRecord>): void => {
    const updatedAt = new Date(options.waiting.now()).toISOString();
    record = { ...record, ...patch, state, updatedAt, rev: record.rev + 1 };
    options.onChange(record);
  };
  const noted = (one: StepProgress): StepProgress[] => [
    ...record.progress.filter(({ index }) => index !== one.index),
    one,
  ];
  const { plan, hash } = record.plan ?? { plan: undefined, hash: '' };
  if (plan === undefined) throw new Error('a fix of the terminal has its plan from the beginning');
  const { writer, waiting, ports, signal, deadlineMs } = options;
  const applied = await applyPlan(
    { plan, planHash: hash, approvedBy: ['terminal'], progress: [] },
    { reader: writer, writer, stepper: NO_STEPPER, signer: NO_SIGNER, clock: waiting },
    {
      before: async (index) => {
        const at = new Date(waiting.now()).toISOString();
        change('applying', { progress: noted({ index, state: 'running', at }) });
      },
      after: async (progress) => change('applying', { progress: noted(progress) }),
    },
    signal,
  );
  if (applied.status !== 'applied') {
    change(applied.status, { reason: applied.reason });
    return record;
  }
  const { draft, language, diagnosis } = fix;
  const verified = await verifyFix({ draft, undo: false, language, diagnosis }, (use) => use(ports), {
    signal,
    deadlineMs,
    waiting,
    onLook: async (verification) => {
      change('verifying', { verification });
      return true;
    },
  });
  if (verified === undefined) throw new Error('nobody else verifies a fix of the terminal');
  const { verification, reason } = verified;
  const state = { verify: 'verified', refute: 'not-verified', lose: 'unknown', 'look-again': 'unknown' } as const;
  change(state[verified.outcome], { verification, ...(reason === undefined ? {} : { reason }) });
  return record;
}

/** A record in no store: the terminal's fix in the words of all fixes. */
export function recordOf(fix: TerminalFix, now: number, reason?: Reason): FixRecord {
  const { request, draft, dryRun, cluster, diagnosis, language } = fix;
  const at = new Date(now).toISOString();
  const id = `fix-${randomBytes(4).toString('hex')}`;
  const { question, rule, object, remediation, params } = request;
  const plan: Plan = {
    version: FIX_VERSION,
    fix: id,
    cluster,
    diagnosis,
    draft,
    dryRun: [...dryRun],
    approvals: 1,
    requesterMayApprove: true,
    createdAt: at,
    expiresAt: at,
  };
  return {
    version: FIX_VERSION,
    id,
    rev: 1,
    state: reason === undefined ? 'approved' : 'refused',
    mode: 'propose',
    cluster,
    diagnosis,
    question,
    rule,
    object,
    remediation: remediation.id,
    params: { ...params },
    place: { channel: 'TERMINAL' },
    language,
    requestedBy: 'terminal',
    requestedAt: at,
    draft,
    // Nobody but this process ever sees it: there is nothing to sign for.
    plan: { plan, hash: digestOf(plan), signature: '-'.repeat(86) },
    approvals: [],
    progress: [],
    ...(reason === undefined ? {} : { reason }),
    history: [],
    updatedAt: at,
  };
}

const NO_STEPPER = {
  enabled: false,
  step: () => Promise.reject(new Error('the terminal does no steps on nodes')),
} as const;
const NO_SIGNER = {
  role: 'remediator',
  sign: (): string => {
    throw new Error('the terminal signs nothing');
  },
} as const;
