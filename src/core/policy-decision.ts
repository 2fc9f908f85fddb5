/** The policy's decisions: is it frozen now, may this person approve, and do these approvals carry this plan. Pure. */
import { digestOf } from './canonical-json.ts';
import type { Approval, Plan } from './fix.ts';
import { type FixPolicy, type Freeze, type PolicyRule, type PolicySubject, ruleFor } from './policy.ts';
import { type Verifier, verifyValue } from './signing.ts';

/** A freeze that holds now; `until` as people read it: an instant, or a time of day with its zone. */
export interface Frozen {
  readonly reason: string;
  readonly until: string;
}

type Weekly = Extract<Freeze, { days: unknown }>;
const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

/** Gives the first freeze of the policy that holds for the cluster at `now` (milliseconds since 1970). */
export function frozen(policy: FixPolicy, cluster: string, now: number): Frozen | undefined {
  const freeze = policy.freezes.find(
    ({ clusters, ...when }) =>
      (clusters.includes('*') || clusters.includes(cluster)) &&
      ('days' in when
        ? weeklyHolds(when as Weekly, now)
        : Date.parse(when.from) <= now && now < Date.parse(when.until)),
  );
  if (freeze === undefined) return undefined;
  return { reason: freeze.reason, until: 'days' in freeze ? `${freeze.end} ${freeze.timeZone}` : freeze.until };
}

/** Wall clocks decide, also where the clocks change: 22:00 to 06:00 is shorter or longer by an hour then. */
function weeklyHolds({ days, start, end, timeZone }: Pick<Weekly, 'days' | 'start' | 'end' | 'timeZone'>, now: number) {
  const { day, time } = wallClock(now, timeZone);
  const today = DAYS[day];
  const yesterday = DAYS[(day + 6) % 7];
  if (today === undefined || yesterday === undefined) return true;
  if (start < end) return days.includes(today) && start <= time && time < end;
  return (days.includes(today) && time >= start) || (days.includes(yesterday) && time < end);
}

/** The day of the week (0 is Monday) and the time `HH:MM` in a time zone. */
function wallClock(now: number, timeZone: string): { day: number; time: string } {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  const parts = Object.fromEntries(format.formatToParts(now).map(({ type, value }) => [type, value]));
  const day = DAYS.findIndex((name) => name === parts['weekday']?.toLowerCase());
  return { day, time: `${parts['hour']}:${parts['minute']}` };
}

/** True where Intl knows the time zone. */
export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en-GB', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

export interface Approver {
  readonly userId: string;
  /** User groups of the policy that the person is in, as Slack said just now. */
  readonly groups: readonly string[];
  /** Who asked for the fix. */
  readonly requestedBy: string;
}

/** `via`: the user group through which the person may; missing where they are named themselves. */
export type MayApprove =
  | { readonly may: true; readonly rule: PolicyRule; readonly via?: string }
  | { readonly may: false; readonly why: 'no-rule' | 'not-listed' | 'requester' };

/** Decides whether one person may approve a fix. */
export function mayApprove(policy: FixPolicy, subject: PolicySubject, person: Approver): MayApprove {
  const rule = ruleFor(policy, subject);
  if (rule === undefined) return { may: false, why: 'no-rule' };
  const via = rule.approvers.groups.find((group) => person.groups.includes(group));
  const named = rule.approvers.users.includes(person.userId);
  if (!named && via === undefined) return { may: false, why: 'not-listed' };
  if (person.userId === person.requestedBy && !rule.requesterMayApprove) return { may: false, why: 'requester' };
  return { may: true, rule, ...(named || via === undefined ? {} : { via }) };
}

export type ApprovalFault =
  | 'bad-signature'
  | 'other-fix'
  | 'other-plan'
  | 'too-early'
  | 'too-late'
  | 'not-allowed'
  | 'requester'
  | 'twice';

/** Whether a plan may be carried out; `by` are those whose approval counts. */
export interface Enough {
  readonly enough: boolean;
  readonly needed: number;
  readonly by: readonly string[];
  readonly rejected: readonly { readonly by: string; readonly why: ApprovalFault }[];
}

/**
 * Counts the approvals that hold: signed by the bot for this plan and this fix, made while it could be approved, by different
 * persons whom the policy still allows (as users, or by the group in the claim). As many are needed as the plan or the policy
 * asks for, whichever is more; without a rule that fits there are never enough.
 */
export function enough(
  policy: FixPolicy,
  plan: Plan,
  approvals: readonly Approval[],
  verifier: Verifier,
  requestedBy: string,
): Enough {
  const { remediation, object } = plan.draft;
  const rule = ruleFor(policy, { remediation, cluster: plan.cluster, object });
  const planHash = digestOf(plan);
  const by = new Set<string>();
  const rejected: { by: string; why: ApprovalFault }[] = [];
  for (const approval of approvals) {
    const person = approval.claim.by;
    const why = by.has(person) ? 'twice' : faultOf(approval, { rule, plan, planHash, verifier, requestedBy });
    if (why === undefined) by.add(person);
    else rejected.push({ by: person, why });
  }
  const needed = Math.max(plan.approvals, rule?.approvals ?? 1);
  return { enough: rule !== undefined && by.size >= needed, needed, by: [...by], rejected };
}

interface Against {
  readonly rule: PolicyRule | undefined;
  readonly plan: Plan;
  readonly planHash: string;
  readonly verifier: Verifier;
  readonly requestedBy: string;
}

function faultOf({ claim, signature }: Approval, against: Against): ApprovalFault | undefined {
  const { rule, plan, planHash, verifier, requestedBy } = against;
  if (!verifyValue(verifier, 'bot', 'approval', claim, signature)) return 'bad-signature';
  if (claim.fix !== plan.fix) return 'other-fix';
  if (claim.planHash !== planHash) return 'other-plan';
  const at = Date.parse(claim.at);
  // Written so that a time that is none is refused.
  if (!(at >= Date.parse(plan.createdAt))) return 'too-early';
  if (!(at <= Date.parse(plan.expiresAt))) return 'too-late';
  const { users, groups } = rule?.approvers ?? { users: [], groups: [] };
  const allowed = users.includes(claim.by) || (claim.via !== undefined && groups.includes(claim.via));
  if (!allowed) return 'not-allowed';
  const requesterMay = plan.requesterMayApprove && rule?.requesterMayApprove === true;
  return claim.by === requestedBy && !requesterMay ? 'requester' : undefined;
}
