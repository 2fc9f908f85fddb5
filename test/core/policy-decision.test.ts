import { describe, expect, test } from 'vitest';
import { FixPolicy } from '../../src/core/policy.ts';
import { enough, frozen, isTimeZone, mayApprove } from '../../src/core/policy-decision.ts';
import { approvalOf, memoryKeys, planOf } from '../support/fixes.ts';

const policyOf = (over: object): FixPolicy =>
  FixPolicy.parse({ version: 1, rules: [{ remediations: ['*'], approvers: { users: ['U0ALICE01'] } }], ...over });

describe('freezes', () => {
  const weekly = (over: object) => ({
    days: ['fri', 'sat'],
    start: '18:00',
    end: '06:00',
    timeZone: 'Europe/Berlin',
    reason: 'Weekend',
    ...over,
  });
  const once = { from: '2026-12-23T17:00:00+01:00', until: '2027-01-04T08:00:00+01:00', reason: 'Closing' };
  // 2026-11-27 is a Friday; Berlin is one hour ahead of UTC in winter and two in summer.
  test.each([
    ['a minute before it begins', weekly({}), '2026-11-27T16:59:59Z', false],
    ['the minute it begins, in its own time zone', weekly({}), '2026-11-27T17:00:00Z', true],
    ['after midnight, on a day that is not named', weekly({ days: ['fri'] }), '2026-11-28T04:59:00Z', true],
    ['after midnight of the last day', weekly({}), '2026-11-29T04:59:59Z', true],
    ['the minute it ends', weekly({}), '2026-11-29T05:00:00Z', false],
    ['in the early hours of the first day, which belong to the day before', weekly({}), '2026-11-27T03:00:00Z', false],
    ['in summer, when the clocks are an hour ahead', weekly({}), '2026-07-03T16:00:00Z', true],
    ['in summer, an hour that is frozen only in winter', weekly({}), '2026-07-05T04:30:00Z', false],
    ['Sunday night into Monday', weekly({ days: ['sun'] }), '2026-11-30T03:00:00Z', true],
    ['within a day', weekly({ start: '09:00', end: '17:00' }), '2026-11-27T12:00:00Z', true],
    ['within a day, too late', weekly({ start: '09:00', end: '17:00' }), '2026-11-27T16:00:00Z', false],
    ['start and end the same: the whole day', weekly({ end: '18:00', days: ['fri'] }), '2026-11-28T16:59:00Z', true],
    ['start and end the same, a day later', weekly({ end: '18:00', days: ['fri'] }), '2026-11-28T17:00:00Z', false],
    ['where midnight is 00:00 and not 24:00', weekly({ start: '00:00', end: '01:00' }), '2026-11-26T23:00:00Z', true],
    ['once, before', once, '2026-12-23T15:59:59Z', false],
    ['once, from its first moment', once, '2026-12-23T16:00:00Z', true],
    ['once, until its last', once, '2027-01-04T06:59:59Z', true],
    ['once, after', once, '2027-01-04T07:00:00Z', false],
    ['of another cluster', { ...once, clusters: ['test'] }, '2026-12-25T00:00:00Z', false],
    ['of this cluster', { ...once, clusters: ['test', 'prod'] }, '2026-12-25T00:00:00Z', true],
  ])('%s', (_, freeze, now, holds) => {
    expect(frozen(policyOf({ freezes: [freeze] }), 'prod', Date.parse(now)) !== undefined).toBe(holds);
  });

  test('the reason and the end are told', () => {
    const policy = policyOf({ freezes: [weekly({})] });
    expect(frozen(policy, 'prod', Date.parse('2026-11-27T20:00:00Z'))).toEqual({
      reason: 'Weekend',
      until: '06:00 Europe/Berlin',
    });
  });

  test.each([
    ['Asia/Shanghai', true],
    ['UTC', true],
    ['Mars/Olympus', false],
    ['', false],
  ])('time zone "%s" is known: %s', (name, known) => {
    expect(isTimeZone(name)).toBe(known);
  });
});

describe('who may approve', () => {
  const policy = policyOf({
    rules: [
      {
        remediations: ['turn-swap-off'],
        namespaces: ['-'],
        approvers: { users: ['U0ALICE01'], groups: ['S0SRE0001'] },
      },
      {
        remediations: ['scale-workload'],
        namespaces: ['shop'],
        approvers: { users: ['U0BOB0001'] },
        requesterMayApprove: true,
      },
      { remediations: ['scale-workload'], clusters: ['test'], approvers: { users: ['U0CAROL01'] } },
    ],
  });
  const swap = { remediation: 'turn-swap-off', cluster: 'prod', object: { kind: 'Node', name: 'n1' } };
  const scale = (namespace: string, cluster = 'prod') => ({
    remediation: 'scale-workload',
    cluster,
    object: { kind: 'Deployment', namespace, name: 'web' },
  });
  test.each([
    ['a named user', swap, 'U0ALICE01', [], 'U0ZED0001', 'may'],
    ['a member of the group', swap, 'U0DAVE001', ['S0SRE0001'], 'U0ZED0001', 'may via S0SRE0001'],
    ['a named user who is in the group too is there by name', swap, 'U0ALICE01', ['S0SRE0001'], 'U0ZED0001', 'may'],
    ['a member of another group', swap, 'U0DAVE001', ['S0DEV0001'], 'U0ZED0001', 'not-listed'],
    ['nobody in particular', swap, 'U0DAVE001', [], 'U0ZED0001', 'not-listed'],
    ['the one who asked', swap, 'U0ALICE01', [], 'U0ALICE01', 'requester'],
    ['the one who asked and is not listed either', swap, 'U0DAVE001', [], 'U0DAVE001', 'not-listed'],
    ['the one who asked, where that is allowed', scale('shop'), 'U0BOB0001', [], 'U0BOB0001', 'may'],
    ['a namespace that no rule names', scale('ci'), 'U0BOB0001', [], 'U0ZED0001', 'no-rule'],
    ['the first rule that fits decides', scale('shop', 'test'), 'U0CAROL01', [], 'U0ZED0001', 'not-listed'],
    ['a rule for another cluster', scale('ci', 'test'), 'U0CAROL01', [], 'U0ZED0001', 'may'],
    [
      'a remediation that no rule names',
      { ...swap, remediation: 'restart-kubelet' },
      'U0ALICE01',
      [],
      'U0B',
      'no-rule',
    ],
    [
      'an object in a namespace where only nodes are allowed',
      { ...swap, object: { kind: 'Pod', namespace: 'x', name: 'p' } },
      'U0ALICE01',
      [],
      'U0B',
      'no-rule',
    ],
  ])('%s', (_, subject, userId, groups, requestedBy, expected) => {
    const answer = mayApprove(policy, subject, { userId, groups, requestedBy });
    const said = answer.may ? ['may', ...(answer.via === undefined ? [] : [answer.via])].join(' via ') : answer.why;
    expect(said).toBe(expected);
  });
});

describe('whether approvals carry a plan', () => {
  const keys = memoryKeys();
  const plan = planOf();
  const bob = { users: ['U0BOB0001', 'U0CAROL01', 'U0ALICE01'], groups: ['S0SRE0001'] };
  const policy = (over: object = {}) =>
    policyOf({ rules: [{ remediations: ['turn-swap-off'], approvers: bob, ...over }] });
  const by = (claim: Parameters<typeof approvalOf>[2] = {}) => approvalOf(plan, keys.bot, claim);
  const judged = (approvals: Parameters<typeof enough>[2], rules = policy(), of = plan) =>
    enough(rules, of, approvals, keys.worker, 'U0ALICE01');

  test('one good approval is enough where one is asked for', () => {
    expect(judged([by()])).toEqual({ enough: true, needed: 1, by: ['U0BOB0001'], rejected: [] });
  });

  test.each([
    ['signed by the worker', approvalOf(plan, keys.worker), 'bad-signature'],
    ['signed by the remediator', approvalOf(plan, keys.remediator), 'bad-signature'],
    ['another person written in afterwards', { ...by(), claim: { ...by().claim, by: 'U0CAROL01' } }, 'bad-signature'],
    ['a later time written in', { ...by(), claim: { ...by().claim, at: '2026-11-25T01:06:00.000Z' } }, 'bad-signature'],
    ['a group added', { ...by(), claim: { ...by().claim, via: 'S0SRE0001' } }, 'bad-signature'],
    ['for another fix', by({ fix: 'fix-bbbbbbb' }), 'other-fix'],
    ['for another plan of this fix', by({ planHash: 'a'.repeat(64) }), 'other-plan'],
    ['from before the plan', by({ at: '2026-11-25T00:59:59.999Z' }), 'too-early'],
    ['from after its end', by({ at: '2026-11-25T01:15:00.001Z' }), 'too-late'],
    ['at a time that is none', by({ at: '2026-99-99T99:99:99Z' }), 'too-early'],
    ['by one who is not in the policy any more', by({ by: 'U0DAVE001' }), 'not-allowed'],
    ['through a group that is not in the policy any more', by({ by: 'U0DAVE001', via: 'S0OLD0001' }), 'not-allowed'],
    ['by the one who asked', by({ by: 'U0ALICE01' }), 'requester'],
  ])('%s does not count', (_, approval, why) => {
    const answer = judged([approval]);
    expect(answer).toMatchObject({ enough: false, by: [] });
    expect(answer.rejected.map((one) => one.why)).toEqual([why]);
  });

  test('one bit of the signature changed, at any place, does not count', () => {
    const good = by();
    const bytes = Buffer.from(good.signature, 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(judged([{ ...good, signature: changed.toString('base64url') }]).enough).toBe(false);
    }
  });

  test('a plan that was edited is another plan', () => {
    const edited = planOf({ draft: { ...plan.draft, nodes: ['another'] } });
    expect(judged([by()], policy(), edited).rejected.map((one) => one.why)).toEqual(['other-plan']);
  });

  test.each([
    ['two persons', [by(), by({ by: 'U0CAROL01' })], true],
    ['one person twice', [by(), by({ at: '2026-11-25T01:06:00.000Z' })], false],
    ['one person by name and by group', [by(), by({ via: 'S0SRE0001' })], false],
    ['one good and one forged', [by(), approvalOf(plan, keys.worker, { by: 'U0CAROL01' })], false],
  ])('where two are asked for: %s', (_, approvals, expected) => {
    expect(judged(approvals, policy({ approvals: 2 })).enough).toBe(expected);
  });

  test.each([
    ['the policy asks for more than when it was proposed', { approvals: 2 }, {}],
    ['the plan asks for more than the policy does now', {}, { approvals: 2 }],
  ])('%s: the larger number holds', (_, rule, over) => {
    const asked = planOf(over);
    const answer = judged([approvalOf(asked, keys.bot)], policy(rule), asked);
    expect(answer).toMatchObject({ enough: false, needed: 2 });
  });

  test.each([
    ['plan and policy allow it', { requesterMayApprove: true }, { requesterMayApprove: true }, true],
    ['only the plan does: the policy was changed', {}, { requesterMayApprove: true }, false],
    ['only the policy does: it was shown otherwise', { requesterMayApprove: true }, {}, false],
  ])('the one who asked, where %s', (_, rule, over, expected) => {
    const asked = planOf(over);
    expect(judged([approvalOf(asked, keys.bot, { by: 'U0ALICE01' })], policy(rule), asked).enough).toBe(expected);
  });

  test('no rule fits: never enough, not even where nothing would be asked', () => {
    expect(judged([by()], policy({ clusters: ['test'] })).enough).toBe(false);
    expect(judged([], policy()).enough).toBe(false);
  });
});
