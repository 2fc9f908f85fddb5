/** May this person decide about this fix: the policy as it is now, and groups as Slack says them now. */
import type { FixRecord } from '../../core/fix.ts';
import { type PolicyRule, ruleFor } from '../../core/policy.ts';
import { type MayApprove, mayApprove } from '../../core/policy-decision.ts';
import type { Click } from './click.ts';
import { RefusedClick } from './refused.ts';
import { FIX_TEXTS } from './texts.ts';

/** What the policy is asked about: the plan's own words where there is one, for they are what is signed. */
export function subjectOf(record: FixRecord) {
  const draft = record.plan?.plan.draft ?? record.draft;
  const { remediation, object } = draft ?? record;
  return { remediation, object, cluster: record.cluster };
}

/**
 * Gives the policy's decision about the person.
 * @throws RefusedClick where the policy or Slack cannot be asked: nobody may then.
 */
export async function decisionOn(click: Click, record: FixRecord): Promise<MayApprove> {
  const { fix, language, request } = click;
  const texts = FIX_TEXTS[language];
  const policy = fix.policy?.current();
  if (policy === undefined)
    throw new RefusedClick(fix.policy === undefined ? 'no-policy' : 'policy-broken', texts.policyBroken);
  const subject = subjectOf(record);
  const rule = ruleFor(policy, subject);
  const groups = rule === undefined ? [] : await groupsOf(click, rule);
  return mayApprove(policy, subject, { userId: request.userId, groups, requestedBy: record.requestedBy });
}

/** Those groups of the rule that the person is in now. Slack is asked only where it matters. */
async function groupsOf({ request, deps, language }: Click, { approvers }: PolicyRule): Promise<string[]> {
  if (approvers.users.includes(request.userId)) return [];
  const groups: string[] = [];
  for (const group of approvers.groups) {
    const members = await deps.directory.groupMembers(group);
    if ('error' in members) {
      deps.log.warn({ group, error: members.error }, 'user group could not be read');
      // A group that is gone has no members; whatever else keeps Slack from answering is no answer.
      if (members.error === 'no_such_subteam') continue;
      throw new RefusedClick('cannot-check-groups', FIX_TEXTS[language].cannotCheckGroups);
    }
    if (members.value.includes(request.userId)) groups.push(group);
  }
  return groups;
}

/** Gives the sentence and code for somebody who may not. */
export function notAllowed(language: Click['language'], why: 'no-rule' | 'not-listed' | 'requester'): RefusedClick {
  const texts = FIX_TEXTS[language];
  const text = { 'no-rule': texts.noRule, 'not-listed': texts.notListed, requester: texts.requester }[why];
  return new RefusedClick(why, text);
}
