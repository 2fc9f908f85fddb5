import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { FixRecord } from '../../src/core/fix.ts';
import { button, type FixStage, startFixStage } from '../support/fix-stage.ts';
import { planOf } from '../support/fixes.ts';
import { startStage } from '../support/stage.ts';

vi.setConfig({ testTimeout: 60_000 });

let stage: FixStage;
let person: string;
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
  person = someone('asker');
  channel = room([person]);
  await stage.setPolicy(policy('U0SOMEBODY'));
});

const policy = (user: string) =>
  `version: 1\nrules:\n  - remediations: [turn-swap-off]\n    approvers: { users: [${user}] }\n`;
const someone = (name: string, kind: 'member' | 'guest' = 'member') =>
  stage.slack.addUser({ name: `${name}-${count}`, kind }).id;
const room = (members: string[]) => stage.slack.addChannel({ name: `fix-room-${count}-${members.length}`, members }).id;
const told = (pattern: RegExp, who = person) =>
  stage.slack.waitFor((w) => w.ephemerals(who).find((e) => pattern.test(e.text)));
const click = (ts: string, action: string, who = person, where = channel) =>
  stage.slack.asUser(who).click(where, ts, action);
const begun = (): Promise<FixRecord[]> => stage.fixes.worker.ofDiagnosis('dx-7f3k2');
const waiting = () => stage.redis.connect().keys('kubewhy-queue:kubewhy-fix-prod:fix-*');

describe('Propose fix', () => {
  test('begins one fix, audited and queued, and says so privately', async () => {
    const { ts } = await stage.offer(channel);
    await click(ts, 'fix_propose');
    await told(/Making a plan from fresh evidence: fix-\w+\. It comes in this thread/);
    const [record, ...more] = await begun();
    expect(more).toEqual([]);
    expect(record).toMatchObject({
      state: 'planning',
      mode: 'propose',
      remediation: 'turn-swap-off',
      requestedBy: person,
      place: { channel, threadTs: '1700000000.000100' },
    });
    expect(record?.showWhy).toBeUndefined();
    expect((await waiting()).sort()).toEqual(
      ['plan', 'show'].map((task) => `kubewhy-queue:kubewhy-fix-prod:${record?.id}-1-${task}`),
    );
    const [event] = await stage.audited();
    expect(event).toMatchObject({ what: 'proposal', fix: record?.id, by: person, channel, action: 'fix_propose' });
    expect(record?.audit?.seq).toBe(1);
  });

  test('an envelope that Slack delivers twice is one fix', async () => {
    const { ts } = await stage.offer(channel);
    await click(ts, 'fix_propose');
    await told(/Making a plan/);
    await stage.slack.faults.redeliverLast();
    await stage.slack.waitFor((w) => w.ephemerals(person).length >= 2);
    expect(await begun()).toHaveLength(1);
  });

  test('two presses in the same instant are one fix; the second is told where it is', async () => {
    const { ts } = await stage.offer(channel);
    const other = someone('other');
    stage.slack.join(channel, other);
    await Promise.all([click(ts, 'fix_propose'), click(ts, 'fix_propose', other), click(ts, 'fix_propose')]);
    await stage.slack.waitFor((w) => w.ephemerals(person).length + w.ephemerals(other).length >= 3);
    expect(await begun()).toHaveLength(1);
    const all = [...stage.slack.ephemerals(person), ...stage.slack.ephemerals(other)].map((e) => e.text);
    expect(all.filter((text) => /being fixed already: fix-\w+/.test(text))).toHaveLength(2);
  });

  test('when that fix is over, it can be proposed again', async () => {
    const { ts } = await stage.offer(channel);
    await click(ts, 'fix_propose');
    await told(/Making a plan/);
    const [first] = await begun();
    await stage.fixes.worker.change(first as FixRecord, 'refuse', { reason: { code: 'gone', data: {} } });
    await click(ts, 'fix_propose');
    await expect.poll(async () => (await begun()).length, { timeout: 25_000 }).toBe(2);
  });

  test.each([
    ['no rule fits', 'version: 1\nrules:\n  - remediations: [delete-pod]\n    approvers: { users: [U0SOMEBODY] }\n'],
    ['the policy file is broken', 'version: 1\nrules: oops\n'],
  ])('where %s, the plan is shown only, and the record says why', async (_, text) => {
    await stage.setPolicy(text);
    const { ts } = await stage.offer(channel);
    await click(ts, 'fix_propose');
    await told(/nothing will be changed/);
    expect(await begun()).toMatchObject([{ mode: 'show', showWhy: 'no-policy' }]);
  });

  test('Show plan asks for nothing more than that', async () => {
    const { ts } = await stage.offer(channel);
    await click(ts, 'fix_plan');
    await told(/Making the plan: fix-\w+/);
    expect(await begun()).toMatchObject([{ mode: 'show', showWhy: 'asked' }]);
  });

  test('a plan that expired can be proposed again from its card', async () => {
    const { record, ts } = await stage.proposed(channel, person);
    await stage.fixes.worker.change(record, 'expire', {});
    const card = await stage.post(channel, [{ type: 'actions', elements: [button('fix_propose', record.id)] }]);
    await click(card, 'fix_propose');
    await told(/Making a plan/);
    expect((await begun()).map((one) => one.state)).toEqual(['expired', 'planning']);
    expect(ts).not.toBe(card);
  });
});

describe('presses that begin nothing', () => {
  const refused = async (code: string, what: 'click' | 'attack' = 'click') => {
    await expect
      .poll(async () => (await stage.audited()).find((event) => event.allowed === false), { timeout: 25_000 })
      .toMatchObject({ what, code, channel });
    expect(await begun()).toEqual([]);
  };

  test.each([
    ['a value that no button of ours has', 'rm -rf /', /was not written by kubewhy/, 'forged-value', 'attack'],
    ['an offer that nobody made', 'of-zzzzzzzzzz', /too old/, 'unknown-offer', 'click'],
    ['a fix that nobody made', 'fix-zzzzzzz', /too old/, 'unknown-fix', 'click'],
    ['a key of something else in Redis', '../results:dx-7f3k2', /was not written/, 'forged-value', 'attack'],
  ] as const)('%s', async (_, value, sentence, code, what) => {
    const ts = await stage.post(channel, [{ type: 'actions', elements: [button('fix_propose', value)] }]);
    await click(ts, 'fix_propose');
    await told(sentence);
    await refused(code, what);
  });

  test('an offer of another channel', async () => {
    const { offer } = await stage.offer(channel, { place: { channel: 'C0ELSEWHERE' } });
    const ts = await stage.post(channel, [{ type: 'actions', elements: [button('fix_propose', offer.id)] }]);
    await click(ts, 'fix_propose');
    await told(/does not belong to this channel/);
    await refused('foreign-value', 'attack');
  });

  test('an offer for a cluster that this bot does not serve', async () => {
    const { ts } = await stage.offer(channel, { cluster: 'elsewhere' });
    await click(ts, 'fix_propose');
    await refused('foreign-value', 'attack');
  });

  test('an offer that was edited in Redis', async () => {
    const { offer, ts } = await stage.offer(channel);
    const redis = stage.redis.connect();
    const [key = ''] = await redis.keys(`*fix-offer:${offer.id}`);
    const text = (await redis.get(key)) ?? '';
    await redis.set(key, text.replaceAll('k8scephnode', 'k8smaster2'));
    await click(ts, 'fix_propose');
    await told(/was not written by kubewhy/);
    await refused('forged-record', 'attack');
  });

  test('a guest', async () => {
    const guest = someone('guest', 'guest');
    stage.slack.join(channel, guest);
    const { ts } = await stage.offer(channel);
    await click(ts, 'fix_propose', guest);
    await told(/Only full members/, guest);
    await refused('not-member');
  });

  test('without keys, the button says how to turn fixes on', async () => {
    const off = await startStage({ worker: false });
    try {
      const response = await fetch(`${off.slack.apiUrl}chat.postMessage`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${off.slack.botToken}` },
        body: JSON.stringify({
          channel: off.channel,
          text: 'x',
          blocks: [{ type: 'actions', elements: ['fix_propose', 'fix_deny'].map((one) => button(one, 'fix-aaaaaaa')) }],
        }),
      });
      const { ts } = (await response.json()) as { ts: string };
      for (const action of ['fix_propose', 'fix_deny']) {
        off.slack.asUser(off.alice.id).reload();
        await off.slack.asUser(off.alice.id).click(off.channel, ts, action);
        await off.slack.waitFor((w) =>
          w.ephemerals(off.alice.id).find((e) => /turned off.*KUBEWHY_BOT_KEY/.test(e.text)),
        );
      }
      expect(off.slack.asUser(off.alice.id).openViews()).toEqual([]);
    } finally {
      await off.close();
    }
  });
});

describe('Undo', () => {
  /** A fix that was applied, as the remediator and the worker leave it. */
  const failed = async (undoable = true) => {
    const plan = planOf();
    const draft = undoable ? plan.draft : { ...plan.draft, undo: [] };
    const { record } = await stage.proposed(channel, person, { plan: { draft } });
    const approved = await stage.fixes.bot.change(record, 'approve', { approvals: [] }, 'U0SOMEBODY');
    const applying = await stage.fixes.remediator.change(approved as FixRecord, 'begin', {});
    const made = await stage.fixes.remediator.change(applying as FixRecord, 'fail', {});
    const ts = await stage.post(channel, [{ type: 'actions', elements: [button('fix_undo', record.id)] }]);
    return { record: made as FixRecord, ts };
  };

  test('begins a fix of its own in the same thread, and the first one names it', async () => {
    const { record, ts } = await failed();
    await click(ts, 'fix_undo');
    await told(/Planning the way back: fix-\w+/);
    const first = await stage.record(record.id);
    const second = await stage.record(first.undoneBy ?? '');
    expect(second).toMatchObject({ mode: 'undo', undoOf: record.id, state: 'planning', place: record.place });
    expect(first.state).toBe('failed');
  });

  test('pressed twice at once it is one undo, and the second is told', async () => {
    const { ts } = await failed();
    await Promise.all([click(ts, 'fix_undo'), click(ts, 'fix_undo')]);
    await told(/being taken back already: fix-\w+/);
    expect((await begun()).filter((one) => one.mode === 'undo')).toHaveLength(1);
  });

  test('after an undo that was refused, another may begin', async () => {
    const { record, ts } = await failed();
    await click(ts, 'fix_undo');
    await told(/Planning the way back/);
    const first = (await stage.record(record.id)).undoneBy ?? '';
    await stage.fixes.worker.change(await stage.record(first), 'refuse', { reason: { code: 'gone', data: {} } });
    await click(ts, 'fix_undo');
    await expect.poll(async () => (await stage.record(record.id)).undoneBy, { timeout: 25_000 }).not.toBe(first);
  });

  test('where there is no way back, nothing begins', async () => {
    const { ts } = await failed(false);
    await click(ts, 'fix_undo');
    await told(/nothing that could be taken back/);
    expect((await begun()).filter((one) => one.mode === 'undo')).toEqual([]);
  });

  test('a fix that was never applied has nothing to undo', async () => {
    const { record } = await stage.proposed(channel, person);
    const ts = await stage.post(channel, [{ type: 'actions', elements: [button('fix_undo', record.id)] }]);
    await click(ts, 'fix_undo');
    await told(/waits for approval/);
  });
});
