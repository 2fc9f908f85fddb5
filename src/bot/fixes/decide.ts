/** Approve, deny, withdraw: who may, is it still to decide, is the plan the one that was signed; then one compare-and-set. */
import { digestOf } from '../../core/canonical-json.ts';
import type { Approval, ApprovalClaim, FixRecord, Plan } from '../../core/fix.ts';
import type { FixPatch } from '../../core/fix-patch.ts';
import { enough, frozen } from '../../core/policy-decision.ts';
import { signValue, verifyValue } from '../../core/signing.ts';
import { mrkdwn } from '../../report/index.ts';
import { decisionOn, notAllowed } from './approver.ts';
import { type Click, recordOf } from './click.ts';
import { RefusedClick } from './refused.ts';
import { FIX_TEXTS } from './texts.ts';

type Event = 'agree' | 'approve' | 'deny' | 'withdraw';

/** Changes of one record that lose against others in a row; then a person has to look. */
const MOST_TRIES = 5;

/** What one click does to a record as it is now. */
type Step = (record: FixRecord, plan: Plan) => Promise<{ event: Event; patch: FixPatch; says: string }>;

/** *Approve*: notes a signed approval; the last one that is needed approves. */
export async function approve(click: Click): Promise<void> {
  const { fix, language, request } = click;
  const texts = FIX_TEXTS[language];
  await decide(click, async (record, plan) => {
    const decision = await decisionOn(click, record);
    if (!decision.may) throw notAllowed(language, decision.why);
    // The plan says what was promised on the card; the policy of now may be stricter, never laxer.
    if (record.requestedBy === request.userId && !plan.requesterMayApprove) throw notAllowed(language, 'requester');
    const policy = fix.policy?.current();
    if (policy === undefined) throw new RefusedClick('policy-broken', texts.policyBroken);
    const ice = frozen(policy, record.cluster, Date.now());
    if (ice !== undefined) throw new RefusedClick('frozen', texts.frozen(mrkdwn(ice.until), mrkdwn(ice.reason)));
    const before = enough(policy, plan, record.approvals, fix.keys, record.requestedBy);
    const left = (count: number) => Math.max(0, before.needed - count);
    if (before.by.includes(request.userId)) throw new RefusedClick('twice', texts.twice(left(before.by.length)));
    const mine = approvalOf(click, plan, decision.via);
    const standing = record.approvals.filter(({ claim }) => before.by.includes(claim.by));
    const approvals = [...standing, mine];
    const after = enough(policy, plan, approvals, fix.keys, record.requestedBy);
    const fault = after.rejected.find((one) => one.by === request.userId);
    if (fault !== undefined)
      throw new RefusedClick(fault.why, fault.why === 'too-early' ? texts.clocks : texts.notListed);
    const event = after.enough ? 'approve' : 'agree';
    return {
      event,
      patch: { approvals },
      says: after.enough ? texts.approved(record.id) : texts.agreed(left(after.by.length)),
    };
  });
}

function approvalOf({ fix, request }: Click, plan: Plan, via: string | undefined): Approval {
  const claim: ApprovalClaim = {
    fix: plan.fix,
    planHash: digestOf(plan),
    by: request.userId,
    at: new Date().toISOString(),
    ...(via === undefined ? {} : { via }),
  };
  return { claim, signature: signValue(fix.keys, 'approval', claim) };
}

/** *Deny*, with the reason from the form: whoever the policy names, also the one who asked. */
export async function deny(click: Click, reason: string): Promise<void> {
  await decide(click, async (record) => {
    await checkMayStop(click, record);
    const denial = { by: click.request.userId, at: new Date().toISOString(), reason };
    return { event: 'deny', patch: { denial }, says: FIX_TEXTS[click.language].denied(record.id) };
  });
}

/** Checks a press of *Deny* before anybody fills in the form. @throws RefusedClick */
export async function checkDeny(click: Click): Promise<void> {
  const record = await recordOf(click);
  await toDecide(click, record);
  await checkMayStop(click, record);
}

async function checkMayStop(click: Click, record: FixRecord): Promise<void> {
  const decision = await decisionOn(click, record);
  if (!decision.may && decision.why !== 'requester') throw notAllowed(click.language, decision.why);
}

/** *Withdraw*: the one who asked, or somebody who may approve. */
export async function withdraw(click: Click): Promise<void> {
  const { language, request } = click;
  const texts = FIX_TEXTS[language];
  await decide(click, async (record) => {
    if (record.requestedBy !== request.userId) {
      const decision = await decisionOn(click, record);
      if (!decision.may) throw new RefusedClick('not-requester', texts.notWithdraw);
    }
    return { event: 'withdraw', patch: {}, says: texts.withdrawn(record.id) };
  });
}

/** Loads, judges and changes the record; where others were faster, all of it again from what they left. */
async function decide(click: Click, step: Step): Promise<void> {
  const { fix, request, action, deps } = click;
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const record = await recordOf(click);
    const { plan, hash } = await toDecide(click, record);
    const { event, patch, says } = await step(record, plan);
    const about = { fix: record.id, cluster: record.cluster, remediation: record.remediation, by: request.userId };
    const noted = { ...about, channel: request.channelId, action, planHash: hash };
    const audit = await fix.audit.append({ ...noted, what: 'click', allowed: true, state: record.state });
    const changed = await fix.fixes.change(record, event, { ...patch, audit }, request.userId);
    if (changed === undefined) continue;
    await fix.audit.append({ ...noted, what: 'transition', code: event, state: changed.state });
    await fix.producer.nudge(changed);
    deps.log.info({ id: record.id, event, user: request.userId }, 'fix decided');
    await request.reply({ text: says });
    return;
  }
  throw new RefusedClick('contended', FIX_TEXTS[click.language].tooFast);
}

/**
 * Gives the signed plan that is to be decided about.
 * @throws RefusedClick where that is over, too late, or the plan is not what the remediator signed.
 */
async function toDecide(click: Click, record: FixRecord): Promise<{ plan: Plan; hash: string }> {
  const { fix, language } = click;
  const texts = FIX_TEXTS[language];
  const { state, plan: sealed } = record;
  if (state !== 'proposed') throw await alreadyOver(click, record);
  const plan = sealed?.plan;
  const fits =
    plan !== undefined &&
    sealed !== undefined &&
    plan.fix === record.id &&
    plan.cluster === record.cluster &&
    digestOf(plan) === sealed.hash &&
    verifyValue(fix.keys, 'remediator', 'plan', plan, sealed.signature);
  if (!fits) throw new RefusedClick('plan-not-signed', texts.planDoubted, 'attack');
  // A sweeper closes what is too old; a click does not wait for it. A time that is none is too late.
  if (!(Date.now() <= Date.parse(plan.expiresAt))) {
    throw new RefusedClick('expired', texts.expired(record.id, timeOf(plan.expiresAt)));
  }
  return { plan, hash: sealed.hash };
}

/** Says who decided. A press whose bot died between the decision and the queue is nudged on. */
async function alreadyOver({ fix, language, request, action }: Click, record: FixRecord): Promise<RefusedClick> {
  const { state, approvals, denial, history } = record;
  const approvers = [...new Set(approvals.map(({ claim }) => claim.by))];
  if (state === 'approved' && action === 'fix_approve' && approvers.includes(request.userId)) {
    await fix.producer.nudge(record);
  }
  const last = history.at(-1)?.by ?? '';
  const who = state === 'denied' ? [denial?.by ?? last] : state === 'withdrawn' ? [last] : approvers;
  const named = who.filter((id) => /^[UW][A-Z0-9]+$/.test(id)).map((id) => `<@${id}>`);
  return new RefusedClick(`already-${state}`, FIX_TEXTS[language].already[state](record.id, named.join(', ')));
}

/** A time in the reader's zone. */
function timeOf(instant: string): string {
  return `<!date^${Math.floor(Date.parse(instant) / 1000)}^{date_short_pretty} {time}|${instant}>`;
}
