/** One fix on a living cluster from the plan to the verdict, and its undo; with places where the world may change in between. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiObject, apiPath, targetKey } from '../../src/core/api-object.ts';
import { canBeUndone, type FixState } from '../../src/core/approval.ts';
import { digestOf } from '../../src/core/canonical-json.ts';
import type { DryRunStep, FixRecord, Plan, StepProgress } from '../../src/core/fix.ts';
import type { ObjectRef } from '../../src/core/object-ref.ts';
import { decisivePart } from '../../src/core/object-state.ts';
import { parseQuestion } from '../../src/core/parse-question.ts';
import { Draft } from '../../src/core/remediation.ts';
import { signValue, verifyValue } from '../../src/core/signing.ts';
import { beyondDeclared } from '../../src/remediations/guard.ts';
import { applyPlan } from '../../src/run/apply.ts';
import { withBaseline } from '../../src/run/baseline.ts';
import { dryRunPlan } from '../../src/run/dry-run.ts';
import { planFix, readObject } from '../../src/run/plan.ts';
import { planUndo, undoTargets } from '../../src/run/undo.ts';
import { verifyFix } from '../../src/run/verify.ts';
import { type LivingFix, remediationNamed } from './living-fix.ts';

/** What is asked, and which cause is to be fixed how. */
export interface Wish {
  readonly words: readonly string[];
  readonly rule: string;
  readonly object: ObjectRef;
  readonly remediation: string;
  readonly params?: Readonly<Record<string, string | number>>;
}

/** What happens in between, by somebody else. */
export interface Between {
  /** The draft before it is tried, for plans that nobody would make. */
  readonly draft?: (draft: Draft) => Draft;
  readonly beforeDryRun?: () => unknown;
  readonly beforeApply?: () => unknown;
  readonly beforeStep?: (index: number) => unknown;
  readonly beforeVerify?: () => unknown;
  readonly afterLook?: (looks: number) => unknown;
}

/** How it ended. `why`: the code of the reason, or the text of the refusal. `wrong`: what the last look held against it. */
export interface Ended {
  readonly state: FixState | 'gone' | 'unproven';
  readonly why?: string;
  readonly wrong: readonly string[];
  readonly record?: FixRecord;
  /** What was decisive of each changed object, before anything was done. */
  readonly before: ReadonlyMap<string, unknown>;
}

const NONE: Pick<Ended, 'wrong' | 'before'> = { wrong: [], before: new Map() };
const signal = (): AbortSignal => AbortSignal.timeout(25_000);
let counter = 0;

/** Plans, tries, applies and verifies. */
export async function fixOn(living: LivingFix, wish: Wish, between: Between = {}): Promise<Ended> {
  const { words, rule, object, params = {} } = wish;
  const remediation = remediationNamed(wish.remediation);
  const request = { question: parseQuestion(words), rule, object, remediation, params };
  const options = { id: 'dx-living1', deadlineMs: 20_000, signal: signal() };
  const planned = await planFix(request, living.ports, options);
  if (planned.status === 'refused') return { ...NONE, state: 'refused', why: planned.why.text };
  if (planned.status !== 'draft') return { ...NONE, state: planned.status };
  const draft = Draft.parse(await withBaseline(planned.draft, planned.diagnosis, living.ports, options));
  return carryOut(living, wish, hurried(between.draft?.(draft) ?? draft), undefined, between);
}

/** Between two looks everything happens that was to come: what is wrong for so many seconds stays wrong. */
const PATIENCE_SECONDS = 30;

/** Looks in the time of a cluster that lives faster than the clock. */
function hurried(draft: Draft): Draft {
  const { expect } = draft;
  return { ...draft, expect: { ...expect, seconds: Math.min(PATIENCE_SECONDS, expect.seconds) } };
}

/** A clock that jumps over the rest of a wait once nothing more happens by itself: the wait is then over, fulfilled or not. */
function waitClock(living: LivingFix) {
  let ahead = 0;
  let round = 0;
  return {
    now: () => Date.now() + ahead,
    wait: async (): Promise<void> => {
      round += 1;
      const mine = round;
      await living.cluster.living.settled();
      // The last look began before that.
      await sleep(500);
      if (mine === round) ahead = 3_600_000;
    },
    go: (): void => {
      round += 1;
      ahead = 0;
    },
  };
}

/** Takes a fix back, and gives how that ended. */
export async function undoOn(living: LivingFix, first: Ended, between: Between = {}): Promise<Ended> {
  const { record } = first;
  if (record === undefined || !canBeUndone(record.state)) throw new Error(`nothing to undo: ${first.state}`);
  const reads = new Map(
    await Promise.all(
      undoTargets(record).map(
        async (target) => [targetKey(target), await readObject(living.ports.cluster, target, signal())] as const,
      ),
    ),
  );
  const planned = planUndo(record, (target) => reads.get(targetKey(target)) ?? { status: 'absent' });
  if (planned.status === 'refused') return { ...NONE, state: 'refused', why: planned.reason.code };
  const { rule, object, remediation, question } = record;
  const wish = { words: [], rule, object, remediation, question };
  return carryOut(living, wish, hurried(planned.draft), record, between);
}

async function carryOut(
  living: LivingFix,
  wish: Wish,
  draft: Draft,
  undoOf: FixRecord | undefined,
  between: Between,
): Promise<Ended> {
  const clock = waitClock(living);
  const ports = { ...(await living.applyPorts(wish.remediation)), clock };
  const beyond = beyondDeclared(draft, remediationNamed(wish.remediation));
  if (beyond !== undefined) throw new Error(`the remediator would refuse it: it asks to ${beyond}`);
  await between.beforeDryRun?.();
  const tried = await dryRunPlan(draft, ports, signal());
  if (tried.status === 'refused') return { ...NONE, state: 'refused', why: tried.reason.code };
  const before = await decisive(living, draft);
  let record = sealed(living, wish, draft, tried.steps, undoOf);
  const { plan, hash, signature } = record.plan ?? {};
  if (plan === undefined || hash === undefined || signature === undefined) throw new Error('no plan');
  if (!verifyValue(living.keys, 'remediator', 'plan', plan, signature)) throw new Error('the plan is not sealed');
  await between.beforeApply?.();
  const noted = (one: StepProgress): StepProgress[] => [
    ...record.progress.filter(({ index }) => index !== one.index),
    one,
  ];
  const applied = await applyPlan(
    { plan, planHash: hash, approvedBy: ['U01ALICE'], progress: [] },
    ports,
    {
      before: async (index) => {
        await between.beforeStep?.(index);
        record = { ...record, progress: noted({ index, state: 'running', at: new Date().toISOString() }) };
        if (draft.steps[index]?.type === 'wait') void clock.wait();
      },
      after: async (progress) => {
        clock.go();
        record = { ...record, progress: noted(progress) };
      },
    },
    signal(),
  );
  if (applied.status !== 'applied') {
    record = { ...record, state: applied.status, reason: applied.reason };
    return { state: applied.status, why: applied.reason.code, wrong: [], record, before };
  }
  await between.beforeVerify?.();
  const request = { draft, undo: undoOf !== undefined, language: 'en', diagnosis: 'dx-living1' } as const;
  const verified = await verifyFix(request, (use) => use(living.ports), {
    signal: signal(),
    deadlineMs: 20_000,
    waiting: living.waiting,
    onLook: async ({ looks }) => {
      await between.afterLook?.(looks);
      return true;
    },
  });
  if (verified === undefined) throw new Error('nobody else verifies it');
  const states = { verify: 'verified', refute: 'not-verified', lose: 'unknown', 'look-again': 'unknown' } as const;
  const state = states[verified.outcome];
  record = { ...record, state, verification: verified.verification };
  const wrong = verified.verification.checks
    .filter(({ result }) => result !== 'ok')
    .map(({ says, result, node }) => `${result} ${says.text} ${node ?? ''} ${Object.values(says.data).join(' | ')}`);
  return { state, ...(verified.reason === undefined ? {} : { why: verified.reason.code }), wrong, record, before };
}

/** The decisive part of each object that the writes of a draft change, as it is now; undefined where it is gone. */
export async function decisive(living: LivingFix, draft: Draft): Promise<Map<string, unknown>> {
  const found = new Map<string, unknown>();
  for (const step of draft.steps) {
    if (step.type !== 'api') continue;
    const object = await living.ports.cluster.read({ path: apiPath(step.target) }, signal()).catch(() => undefined);
    found.set(targetKey(step.target), object === undefined ? undefined : decisivePart(ApiObject.parse(object)));
  }
  return found;
}

function sealed(
  living: LivingFix,
  { words, rule, object, remediation, params = {} }: Wish,
  draft: Draft,
  dryRun: readonly DryRunStep[],
  undoOf: FixRecord | undefined,
): FixRecord {
  counter += 1;
  const now = new Date().toISOString();
  const id = `fix-${String(counter).padStart(8, '0')}`;
  const stands = { version: 1, cluster: 'prod', diagnosis: 'dx-living1' } as const;
  const plan: Plan = {
    ...stands,
    fix: id,
    draft,
    dryRun: [...dryRun],
    approvals: 1,
    requesterMayApprove: false,
    createdAt: now,
    expiresAt: new Date(Date.now() + 900_000).toISOString(),
  };
  return {
    ...stands,
    id,
    rev: 1,
    state: 'approved',
    mode: undoOf === undefined ? 'propose' : 'undo',
    question: undoOf?.question ?? parseQuestion(words),
    rule,
    object,
    remediation,
    params: { ...params },
    place: { channel: 'C01INCIDENTS' },
    language: 'en',
    requestedBy: 'U01WSG',
    requestedAt: now,
    draft,
    plan: { plan, hash: digestOf(plan), signature: signValue(living.keys, 'plan', plan) },
    approvals: [],
    progress: [],
    history: [],
    updatedAt: now,
  };
}
