/** Task `dry-run`: a draft is tried on the server, and sealed into the plan that people may approve; or refused with a reason. */
import { digestOf } from '../../core/canonical-json.ts';
import { type DryRunStep, FIX_VERSION, type FixJob, type FixRecord, Plan, type Reason } from '../../core/fix.ts';
import { fixReason, reasonText } from '../../core/fix-reasons.ts';
import { type FixPolicy, type PolicyRule, ruleFor } from '../../core/policy.ts';
import { frozen } from '../../core/policy-decision.ts';
import type { Draft } from '../../core/remediation.ts';
import { signValue } from '../../core/signing.ts';
import { beyondDeclared } from '../../remediations/guard.ts';
import { remediationOf } from '../../remediations/index.ts';
import { dryRunPlan } from '../../run/dry-run.ts';
import { loadFix, note, type RemediatorDeps } from '../deps.ts';

/**
 * Does the task; a record that is no longer `drafted` is left alone.
 * @throws where the API server or Redis cannot be asked: the job is tried again.
 */
export async function dryRunJob(job: FixJob, deps: RemediatorDeps, signal: AbortSignal): Promise<void> {
  const record = await loadFix(deps, job.fix);
  if (record?.state !== 'drafted' || record.draft === undefined) return;
  const { draft } = record;
  const policy = deps.policy.current();
  if (policy === undefined)
    return await refuse(deps, record, fixReason('fix.policy-broken', { why: deps.policy.problems().join(' ') }));
  const subject = { remediation: draft.remediation, cluster: record.cluster, object: draft.object };
  const rule = ruleFor(policy, subject);
  if (rule === undefined) {
    const { remediation, cluster } = record;
    return await refuse(deps, record, fixReason('fix.no-policy', { remediation, cluster }));
  }
  const no = refusalOf(record, draft, policy);
  if (no !== undefined) return await refuse(deps, record, no);
  const offNode = draft.steps.find((step) => step.type === 'node' && !deps.ways.stepper().enabled);
  if (offNode?.type === 'node') return await refuse(deps, record, fixReason('fix.agents-off', { node: offNode.node }));
  const api = await deps.ways.api();
  const readsNode = (name: string): boolean => deps.ways.knownNode(name) === undefined;
  const outcome = await dryRunPlan(draft, { reader: api, writer: api, readsNode }, signal);
  if (outcome.status === 'refused') return await refuse(deps, record, outcome.reason);
  const sealed = seal(record, draft, outcome.steps, { rule, policy, keys: deps.keys });
  const now = frozen(policy, record.cluster, Date.now());
  const freeze =
    now === undefined
      ? undefined
      : fixReason('fix.freeze-note', { cluster: record.cluster, until: now.until, why: now.reason });
  const audit = await note(
    deps,
    { ...record, plan: sealed },
    { what: 'transition', action: 'propose', state: 'proposed' },
  );
  const next = await deps.fixes.change(record, 'propose', { plan: sealed, reason: freeze, audit });
  if (next !== undefined) await deps.producer.nudge(next);
}

/** What can be refused without a question to the server: plans of another hand, of too many nodes, of more than the remediation's. */
function refusalOf(record: FixRecord, draft: Draft, policy: FixPolicy): Reason | undefined {
  const remediation = remediationOf(record.remediation);
  if (remediation === undefined || draft.remediation !== record.remediation)
    return fixReason('fix.not-known', { remediation: record.remediation });
  const limit = policy.limits.nodes;
  if (draft.nodes.length > limit) return fixReason('fix.too-many-nodes', { nodes: draft.nodes.length, limit });
  const right = beyondDeclared(draft, remediation);
  return right === undefined ? undefined : fixReason('fix.beyond-rights', { right, remediation: remediation.id });
}

function seal(
  record: FixRecord,
  draft: Draft,
  dryRun: readonly DryRunStep[],
  { rule, policy, keys }: { rule: PolicyRule; policy: FixPolicy; keys: RemediatorDeps['keys'] },
): NonNullable<FixRecord['plan']> {
  const now = Date.now();
  const plan = Plan.parse({
    version: FIX_VERSION,
    fix: record.id,
    cluster: record.cluster,
    diagnosis: record.diagnosis,
    draft,
    dryRun,
    approvals: rule.approvals,
    requesterMayApprove: rule.requesterMayApprove,
    coolDownMinutes: policy.limits.coolDownMinutes,
    createdAt: new Date(now).toISOString(),
    expiresAt: new Date(now + policy.limits.expiryMinutes * 60_000).toISOString(),
  });
  return { plan, hash: digestOf(plan), signature: signValue(keys, 'plan', plan) };
}

async function refuse(deps: RemediatorDeps, record: FixRecord, reason: Reason): Promise<void> {
  const says = reasonText(reason);
  const audit = await note(deps, record, {
    what: 'transition',
    action: 'refuse',
    state: 'refused',
    code: reason.code,
    says,
  });
  const next = await deps.fixes.change(record, 'refuse', { reason, audit });
  if (next !== undefined) await deps.producer.nudge(next);
}
