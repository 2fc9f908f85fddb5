/** Just before a plan is begun: is it what was signed, do the approvals hold, and may anything be applied now. */
import { digestOf } from '../core/canonical-json.ts';
import type { FixRecord, Plan, Reason } from '../core/fix.ts';
import { fixReason } from '../core/fix-reasons.ts';
import { refText } from '../core/object-ref.ts';
import type { FixPolicy } from '../core/policy.ts';
import { enough, frozen } from '../core/policy-decision.ts';
import { type Verifier, verifyValue } from '../core/signing.ts';
import { beyondDeclared } from '../remediations/guard.ts';
import { remediationOf } from '../remediations/index.ts';

/** Gives the plan where it is the one that this remediator has sealed for this fix; else undefined. */
export function sealedPlan({ plan: sealed, id, cluster }: FixRecord, verifier: Verifier): Plan | undefined {
  if (sealed === undefined) return undefined;
  const { plan, hash, signature } = sealed;
  if (plan.fix !== id || plan.cluster !== cluster || digestOf(plan) !== hash) return undefined;
  return verifyValue(verifier, 'remediator', 'plan', plan, signature) ? plan : undefined;
}

export type Leave =
  | { readonly may: true; readonly approvedBy: readonly string[] }
  | { readonly may: false; readonly reason: Reason; readonly attack: boolean };

/** Decides whether an approved plan may be begun at `now`. */
export function mayBegin(
  record: FixRecord,
  plan: Plan,
  policy: FixPolicy,
  { verifier, now, coolingUntil }: { verifier: Verifier; now: number; coolingUntil: number | undefined },
): Leave {
  const no = (reason: Reason, attack = false): Leave => ({ may: false, reason, attack });
  const count = enough(policy, plan, record.approvals, verifier, record.requestedBy);
  if (!count.enough) {
    const faults = count.rejected.map(({ by, why }) => `${by} ${why}`).join(', ');
    const why = `${count.by.length} of ${count.needed} hold${faults === '' ? '' : ` (${faults})`}`;
    const forged = count.rejected.some((one) => ['bad-signature', 'other-fix', 'other-plan'].includes(one.why));
    return no(fixReason('fix.not-approved', { why }), forged);
  }
  // Sealed by an older version, or while something else was declared.
  const remediation = remediationOf(plan.draft.remediation);
  if (remediation === undefined)
    return no(fixReason('fix.not-known', { remediation: plan.draft.remediation.slice(0, 80) }));
  const right = beyondDeclared(plan.draft, remediation);
  if (right !== undefined) return no(fixReason('fix.beyond-rights', { right, remediation: remediation.id }), true);
  // A time that is none is too late.
  if (!(now <= Date.parse(plan.expiresAt))) return no(fixReason('fix.expired', { at: plan.expiresAt }));
  const freeze = frozen(policy, record.cluster, now);
  if (freeze !== undefined)
    return no(fixReason('fix.frozen', { cluster: record.cluster, until: freeze.until, why: freeze.reason }));
  const nodes = plan.draft.nodes.length;
  if (nodes > policy.limits.nodes) return no(fixReason('fix.too-many-nodes', { nodes, limit: policy.limits.nodes }));
  // What takes a failed fix back is not kept waiting for it.
  if (coolingUntil !== undefined && record.mode !== 'undo') {
    const until = new Date(coolingUntil).toISOString();
    return no(fixReason('fix.cooling-down', { object: refText(plan.draft.object), until }));
  }
  return { may: true, approvedBy: count.by };
}
