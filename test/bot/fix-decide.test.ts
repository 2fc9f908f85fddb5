import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { digestOf } from '../../src/core/canonical-json.ts';
import { verifyValue } from '../../src/core/signing.ts';
import type { PersonKind } from '../../src/sandbox/slack/types.ts';
import { button, type FixStage, startFixStage } from '../support/fix-stage.ts';

vi.setConfig({ testTimeout: 60_000 });

let stage: FixStage;
let asker: string;
let alice: string;
let bob: string;
let channel: string;
let count = 0;

beforeAll(async () => {
  stage = await startFixStage();
});
afterAll(async () => {
  await stage.close();
});
beforeEach(async () => {
  count += 1;
  stage.slack.faults.clear();
  await stage.redis.flush();
  asker = someone('asker').id;
  alice = someone('alice').id;
  bob = someone('bob').id;
  channel = room([asker, alice, bob]);
  await stage.setPolicy(policy(`users: [${alice}, ${bob}]`));
});

const policy = (approvers: string, more = '') =>
  `version: 1\nrules:\n  - remediations: [turn-swap-off]\n    approvers: { ${approvers} }\n${more}`;
const someone = (name: string, kind: PersonKind = 'member') => stage.slack.addUser({ name: `${name}-${count}`, kind });
const room = (members: string[], options: object = {}) => {
  rooms += 1;
  return stage.slack.addChannel({ name: `decide-${rooms}`, members, ...options }).id;
};
let rooms = 0;
const told = (who: string, pattern: RegExp) =>
  stage.slack.waitFor((w) => w.ephemerals(who).find((e) => pattern.test(e.text)));
const click = (who: string, ts: string, action = 'fix_approve', where = channel) =>
  stage.slack.asUser(who).click(where, ts, action);
const state = async (id: string) => (await stage.record(id)).state;
const entries = async (code: string) => (await stage.audited()).filter((event) => event.code === code);

describe('Approve', () => {
  test('by one whom the policy names: signed, noted, queued, audited', async () => {
    const { record, ts } = await stage.proposed(channel, asker);
    await click(alice, ts);
    await told(alice, /You approved fix-\d+/);
    const after = await stage.record(record.id);
    expect(after.state).toBe('approved');
    const [approval] = after.approvals;
    expect(approval?.claim).toMatchObject({ by: alice, fix: record.id, planHash: digestOf(record.plan?.plan) });
    expect(verifyValue(stage.keys.worker, 'bot', 'approval', approval?.claim, approval?.signature ?? '')).toBe(true);
    const queued = await stage.redis.connect().keys(`kubewhy-queue:kubewhy-remediate-prod:${record.id}-*`);
    expect(queued).toEqual([`kubewhy-queue:kubewhy-remediate-prod:${record.id}-${after.rev}-apply`]);
    expect(await stage.audited()).toMatchObject([
      { what: 'click', allowed: true, by: alice, action: 'fix_approve', planHash: record.plan?.hash },
      { what: 'transition', state: 'approved', by: alice },
    ]);
    expect(after.audit?.seq).toBe(1);
  });

  test('by a member of a named group: the claim says through which', async () => {
    const group = stage.slack.addUserGroup({ handle: `sre-${count}`, members: [alice] });
    await stage.setPolicy(policy(`groups: [${group.id}]`));
    const { record, ts } = await stage.proposed(channel, asker);
    await click(alice, ts);
    await told(alice, /You approved/);
    expect((await stage.record(record.id)).approvals[0]?.claim.via).toBe(group.id);
  });

  test('by two in the same instant: one transition, and the other is told who was first', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { record, ts } = await stage.proposed(channel, asker);
      stage.slack.asUser(alice).reload();
      stage.slack.asUser(bob).reload();
      await Promise.all([click(alice, ts), click(bob, ts)]);
      await stage.slack.waitFor((w) => w.ephemerals(alice).length + w.ephemerals(bob).length >= 2);
      const after = await stage.record(record.id);
      expect(after.approvals).toHaveLength(1);
      expect(after.rev).toBe(record.rev + 1);
      const first = after.approvals[0]?.claim.by ?? '';
      await told(first === alice ? bob : alice, new RegExp(`already approved by <@${first}>`));
    }
  });

  test('a double click approves once', async () => {
    const { record, ts } = await stage.proposed(channel, asker);
    await Promise.all([click(alice, ts), click(alice, ts)]);
    await told(alice, /already approved/);
    const after = await stage.record(record.id);
    expect([after.state, after.approvals.length, after.rev]).toEqual(['approved', 1, record.rev + 1]);
  });

  test('where two must, the first is counted once however often they press', async () => {
    await stage.setPolicy(policy(`users: [${alice}, ${bob}]`, '    approvals: 2\n'));
    const { record, ts } = await stage.proposed(channel, asker, { plan: { approvals: 2 } });
    await click(alice, ts);
    await told(alice, /Noted\. 1 more must approve/);
    await click(alice, ts);
    await told(alice, /approved this already\. 1 more must/);
    expect(await state(record.id)).toBe('proposed');
    await click(bob, ts);
    await told(bob, /You approved/);
    expect((await stage.record(record.id)).approvals.map(({ claim }) => claim.by)).toEqual([alice, bob]);
  });

  test('an envelope that Slack delivers twice approves once', async () => {
    const { record, ts } = await stage.proposed(channel, asker);
    await click(alice, ts);
    await told(alice, /You approved/);
    await stage.slack.faults.redeliverLast();
    await told(alice, /already approved/);
    expect((await stage.record(record.id)).rev).toBe(record.rev + 1);
  });
});

/** Nothing has changed, and the log says who was refused and why. */
async function refused(id: string, code: string, who: string, what: 'click' | 'attack' = 'click'): Promise<void> {
  await expect.poll(() => entries(code), { timeout: 25_000 }).toMatchObject([{ what, allowed: false, by: who }]);
  expect(await state(id)).toBe('proposed');
  expect((await stage.record(id)).approvals).toEqual([]);
}

describe('who may not approve', () => {
  test.each<[PersonKind, RegExp]>([
    ['guest', /Only full members/],
    ['single-channel-guest', /Only full members/],
    ['external', /Only full members/],
    ['bot', /Only full members/],
  ])('a %s, even where the policy names them', async (kind, sentence) => {
    const who = someone('who', kind).id;
    const here = room([asker, who]);
    await stage.setPolicy(policy(`users: [${who}]`));
    const { record, ts } = await stage.proposed(here, asker);
    await click(who, ts, 'fix_approve', here);
    await told(who, sentence);
    await refused(record.id, 'not-member', who);
  });

  test('somebody who was deactivated a moment ago', async () => {
    const leaver = someone('leaver');
    const here = room([asker, leaver.id]);
    await stage.setPolicy(policy(`users: [${leaver.id}]`));
    const { record, ts } = await stage.proposed(here, asker);
    const actor = stage.slack.asUser(leaver.id);
    // As a member they may: that is decided before they leave.
    await actor.click(here, ts, 'fix_withdraw');
    await expect.poll(() => state(record.id), { timeout: 25_000 }).toBe('withdrawn');
    const { record: second, ts: secondTs } = await stage.proposed(here, asker);
    Object.assign(leaver, { kind: 'deactivated' });
    await actor.click(here, secondTs, 'fix_approve');
    await refused(second.id, 'not-member', leaver.id);
    expect(record.id).not.toBe(second.id);
  });

  test('somebody whom the policy does not name', async () => {
    const carol = someone('carol').id;
    stage.slack.join(channel, carol);
    const { record, ts } = await stage.proposed(channel, asker);
    await click(carol, ts);
    await told(carol, /policy does not name you/);
    await refused(record.id, 'not-listed', carol);
  });

  test.each([
    ['the policy says so', 'false', true],
    ['the plan said so when it was shown', 'true', false],
  ])('the one who asked, where %s', async (_, inPolicy, inPlan) => {
    await stage.setPolicy(policy(`users: [${asker}]`, `    requesterMayApprove: ${inPolicy}\n`));
    const { record, ts } = await stage.proposed(channel, asker, { plan: { requesterMayApprove: inPlan } });
    await click(asker, ts);
    await told(asker, /somebody else must approve/);
    await refused(record.id, 'requester', asker);
  });

  test('a person who was taken out of the group a moment ago', async () => {
    const group = stage.slack.addUserGroup({ handle: `sre-${count}`, members: [alice] });
    await stage.setPolicy(policy(`groups: [${group.id}]`));
    const first = await stage.proposed(channel, asker);
    await click(alice, first.ts);
    await told(alice, /You approved/);
    const { record, ts } = await stage.proposed(channel, asker);
    stage.slack.setGroupMembers(group.id, [bob]);
    await click(alice, ts);
    await told(alice, /policy does not name you/);
    await refused(record.id, 'not-listed', alice);
  });

  test('somebody who was a member a moment ago and is a guest now', async () => {
    const dora = someone('dora');
    stage.slack.join(channel, dora.id);
    await stage.setPolicy(policy(`users: [${dora.id}]`));
    const first = await stage.proposed(channel, asker);
    await click(dora.id, first.ts);
    await told(dora.id, /You approved/);
    const { record, ts } = await stage.proposed(channel, asker);
    Object.assign(dora, { kind: 'guest' });
    await click(dora.id, ts);
    await told(dora.id, /Only full members/);
    await refused(record.id, 'not-member', dora.id);
  });

  test.each([
    ['users.info', 'cannot-check', /could not check who you are/],
    ['conversations.info', 'cannot-check', /could not check who you are/],
    ['usergroups.users.list', 'cannot-check-groups', /could not check your user groups/],
  ])('anybody while %s does not answer, and it is not remembered', async (method, code, sentence) => {
    stage.slack.expect('internal_error');
    const group = stage.slack.addUserGroup({ handle: `sre-${count}`, members: [alice] });
    await stage.setPolicy(policy(`groups: [${group.id}]`));
    const { record, ts } = await stage.proposed(channel, asker);
    stage.slack.faults.next(method, { status: 500, times: 10 });
    await click(alice, ts);
    await told(alice, sentence);
    await refused(record.id, code, alice);
    stage.slack.faults.clear();
    await click(alice, ts);
    await told(alice, /You approved/);
  });

  test.each([
    ['shared with another company', { extShared: true }],
    ['about to be shared', { pendingExtShared: true }],
  ])('anybody in a channel that is %s', async (_, options) => {
    const shared = room([asker, alice], options);
    const { record, ts } = await stage.proposed(shared, asker);
    await click(alice, ts, 'fix_approve', shared);
    await told(alice, /shared with another company/);
    await refused(record.id, 'external-channel', alice);
  });

  test.each([
    [
      'the policy has no rule for it any more',
      'version: 1\nrules:\n  - remediations: [delete-pod]\n    approvers: { users: [U0X] }\n',
      /No rule of the policy/,
      'no-rule',
    ],
    ['the policy file is broken', 'version: 1\nrules: []\n', /policy file cannot be used/, 'policy-broken'],
  ])('anybody where %s', async (_, text, sentence, code) => {
    const { record, ts } = await stage.proposed(channel, asker);
    await stage.setPolicy(text);
    await click(alice, ts);
    await told(alice, sentence);
    await refused(record.id, code, alice);
  });

  test('anybody while the cluster is frozen', async () => {
    const freeze = `freezes:\n  - { from: "2020-01-01T00:00:00Z", until: "2099-01-01T00:00:00Z", reason: "year's end <!here>" }\n`;
    await stage.setPolicy(policy(`users: [${alice}]`, freeze));
    const { record, ts } = await stage.proposed(channel, asker);
    await click(alice, ts);
    const answer = await told(alice, /Nothing is applied here until 2099/);
    expect(answer.text).not.toContain('<!here>');
    await refused(record.id, 'frozen', alice);
  });
});

describe('what cannot be approved', () => {
  test('a plan that expired, also before a sweeper has been there', async () => {
    const { record, ts } = await stage.proposed(channel, asker, {
      plan: { expiresAt: new Date(Date.now() - 1000).toISOString() },
    });
    await click(alice, ts);
    await told(alice, /expired.*Propose it again/);
    await refused(record.id, 'expired', alice);
  });

  test('a plan that the remediator did not sign', async () => {
    const { record, ts } = await stage.proposed(channel, asker, { signer: 'worker' });
    await click(alice, ts);
    await told(alice, /not the one that was signed/);
    await refused(record.id, 'plan-not-signed', alice, 'attack');
  });

  test('a plan that was signed for another fix', async () => {
    const { record, ts } = await stage.proposed(channel, asker, { plan: { fix: 'fix-otherone' } });
    await click(alice, ts);
    await refused(record.id, 'plan-not-signed', alice, 'attack');
  });

  test('a record that was edited in Redis', async () => {
    const { record, ts } = await stage.proposed(channel, asker);
    const redis = stage.redis.connect();
    const [key = ''] = await redis.keys(`*fix:${record.id}`);
    const text = (await redis.hget(key, 'text')) ?? '';
    await redis.hset(key, 'text', text.replaceAll('/dev/sda3', '/dev/sda1'));
    await click(alice, ts);
    await told(alice, /was not written by kubewhy/);
    expect(await entries('forged-record')).toMatchObject([{ what: 'attack', allowed: false, by: alice }]);
  });

  test('a fix of another channel: its id does not travel', async () => {
    const elsewhere = room([asker, alice]);
    const { record } = await stage.proposed(elsewhere, asker);
    const ts = await stage.post(channel, [{ type: 'actions', elements: [button('fix_approve', record.id)] }]);
    await click(alice, ts);
    await told(alice, /does not belong to this channel/);
    await refused(record.id, 'foreign-value', alice, 'attack');
  });

  test.each(['', 'fix-AAAAAAA', 'fix-aaaaaaa/../x', 'x'.repeat(2000)])('the forged value %j', async (value) => {
    const elements = [{ ...button('fix_approve', 'x'), ...(value === '' ? {} : { value }) }];
    if (value === '') Reflect.deleteProperty(elements[0] ?? {}, 'value');
    const ts = await stage.post(channel, [{ type: 'actions', elements }]);
    await click(alice, ts);
    await told(alice, /was not written by kubewhy/);
    expect(await entries('forged-value')).toMatchObject([{ what: 'attack', allowed: false, by: alice }]);
  });

  test('an old card after a denial, a withdrawal, an expiry, an undo', async () => {
    for (const [event, sentence] of [
      ['deny', new RegExp(`already denied by <@${bob}>`)],
      ['withdraw', new RegExp(`already withdrawn by <@${asker}>`)],
    ] as const) {
      const { record, ts } = await stage.proposed(channel, asker);
      const denial = { by: bob, at: new Date().toISOString(), reason: 'no' };
      await stage.fixes.bot.change(record, event, event === 'deny' ? { denial } : {}, event === 'deny' ? bob : asker);
      await click(alice, ts);
      await told(alice, sentence);
    }
    const { record, ts } = await stage.proposed(channel, asker);
    await stage.fixes.worker.change(record, 'expire', {});
    await click(alice, ts);
    await told(alice, /has expired/);
    expect((await stage.audited()).filter((event) => event.allowed === false).map((event) => event.code)).toEqual([
      'already-denied',
      'already-withdrawn',
      'already-expired',
    ]);
  });
});

describe('Deny', () => {
  const form = (who: string) => stage.slack.waitFor(() => stage.slack.asUser(who).openViews()[0]);
  const reason = (text: string) => ({ reason: { text } });

  test('asks for the reason in a form, and notes it', async () => {
    const { record, ts } = await stage.proposed(channel, asker);
    await click(alice, ts, 'fix_deny');
    const view = await form(alice);
    expect(view.view['private_metadata']).toBe(record.id);
    const outcome = await stage.slack.asUser(alice).submit(view, reason('  Not now <@U0X> <!channel>  '));
    expect(outcome.errors).toBeUndefined();
    await told(alice, /fix-\d+ is denied/);
    const after = await stage.record(record.id);
    expect(after).toMatchObject({ state: 'denied', denial: { by: alice, reason: 'Not now <@U0X> <!channel>' } });
    expect(await stage.audited()).toMatchObject([
      { what: 'click', allowed: true, action: 'fix_deny', by: alice },
      { what: 'transition', state: 'denied' },
    ]);
  });

  test.each([
    ['nothing', '   ', /at least one word/],
    ['too much', 'x'.repeat(501), /At most 500/],
  ])('a reason that is %s is refused beside the field', async (_, text, sentence) => {
    const { record, ts } = await stage.proposed(channel, asker);
    await click(alice, ts, 'fix_deny');
    const outcome = await stage.slack.asUser(alice).submit(await form(alice), reason(text));
    expect(outcome.errors?.['reason']).toMatch(sentence);
    expect(await state(record.id)).toBe('proposed');
  });

  test('who may not is told at the press, and again when the form is sent', async () => {
    const carol = someone('carol').id;
    stage.slack.join(channel, carol);
    const { record, ts } = await stage.proposed(channel, asker);
    await click(carol, ts, 'fix_deny');
    await told(carol, /policy does not name you/);
    stage.slack.asUser(carol).reload();
    await stage.slack.asUser(carol).submit(await form(carol), reason('I say no'));
    await told(carol, /policy does not name you/);
    expect(await state(record.id)).toBe('proposed');
    expect(await entries('not-listed')).toHaveLength(2);
  });

  test('whoever lost the right while the form was open is refused', async () => {
    const { record, ts } = await stage.proposed(channel, asker);
    await click(alice, ts, 'fix_deny');
    const view = await form(alice);
    await stage.setPolicy(policy(`users: [${bob}]`));
    await stage.slack.asUser(alice).submit(view, reason('no'));
    await told(alice, /policy does not name you/);
    await refused(record.id, 'not-listed', alice);
  });

  test('a form that is sent after somebody approved says who did', async () => {
    const { record, ts } = await stage.proposed(channel, asker);
    await click(alice, ts, 'fix_deny');
    const view = await form(alice);
    await click(bob, ts);
    await told(bob, /You approved/);
    await stage.slack.asUser(alice).submit(view, reason('too late'));
    await told(alice, new RegExp(`already approved by <@${bob}>`));
    expect(await state(record.id)).toBe('approved');
  });
});

describe('Withdraw', () => {
  test.each([
    ['the one who asked', () => asker],
    ['one who may approve', () => alice],
  ])('by %s', async (_, who) => {
    const { record, ts } = await stage.proposed(channel, asker);
    await click(who(), ts, 'fix_withdraw');
    await told(who(), /is withdrawn/);
    expect((await stage.record(record.id)).history.at(-1)).toMatchObject({ state: 'withdrawn', by: who() });
  });

  test('by nobody else', async () => {
    const carol = someone('carol').id;
    stage.slack.join(channel, carol);
    const { record, ts } = await stage.proposed(channel, asker);
    await click(carol, ts, 'fix_withdraw');
    await told(carol, /Only the one who asked/);
    await refused(record.id, 'not-requester', carol);
  });
});
