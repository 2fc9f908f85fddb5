import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { PersonKind } from '../../src/sandbox/slack/types.ts';
import { finishedRoot, type Stage, startStage } from '../support/stage.ts';

vi.setConfig({ testTimeout: 60_000 });

let stage: Stage;
let count = 0;

beforeAll(async () => {
  stage = await startStage({ env: { KUBEWHY_LIMIT_PER_PERSON: '3', KUBEWHY_LIMIT_PER_CLUSTER: '5' } });
});
afterAll(async () => {
  await stage.close();
});
beforeEach(async () => {
  await stage.idle();
  count += 1;
  stage.fake.started.length = 0;
  stage.slack.faults.clear();
  await stage.redis.flush();
});

const someone = (kind: PersonKind = 'member') => stage.slack.addUser({ name: `p-${count}-${kind}`, kind }).id;
const room = (members: string[], options: object = {}) =>
  stage.slack.addChannel({ name: `c-${count}`, members, ...options }).id;
const told = (who: string, pattern: RegExp) =>
  stage.slack.waitFor((w) => w.ephemerals(who).find((e) => pattern.test(e.text)));

/** Nothing may be in the queue, and nothing have been started. */
async function nothingQueued(): Promise<void> {
  const redis = stage.redis.connect();
  expect(await redis.keys('kubewhy-queue:*:dx-*')).toEqual([]);
  expect(stage.fake.started).toEqual([]);
}

describe('who may ask', () => {
  test.each([
    ['a guest', 'guest'],
    ['a single-channel guest', 'single-channel-guest'],
  ] as const)('%s is refused, privately', async (_, kind) => {
    const person = someone(kind);
    const channel = room([person]);
    const outcome = await stage.slack.asUser(person).slash(channel, '/k8s', 'diagnose calico');
    expect(outcome.visibleError).toBeUndefined();
    await told(person, /Only full members of this workspace may ask me/);
    await nothingQueued();
    expect(stage.slack.messages(channel)).toEqual([]);
  });

  test('somebody of another company sees our buttons and presses one: refused', async () => {
    const member = someone();
    const outsider = someone('external');
    const channel = room([member, outsider]);
    await stage.slack.asUser(member).slash(channel, '/k8s', 'diagnose calico');
    const root = await finishedRoot(stage.slack, channel);
    await stage.slack.waitFor((w) => w.thread(channel, root.ts).some((m) => m.files.length > 0));
    await stage.slack.asUser(outsider).click(channel, root.ts, 'diagnosis_again');
    await told(outsider, /Only full members/);
    expect(stage.fake.started).toHaveLength(1);
  });

  test('when Slack does not say who it is, nobody may', async () => {
    const person = someone();
    const channel = room([person]);
    stage.slack.expect('internal_error');
    stage.slack.faults.next('users.info', { status: 500, times: 10 });
    await stage.slack.asUser(person).slash(channel, '/k8s', 'diagnose calico');
    await told(person, /could not check who you are/);
    await nothingQueued();
    stage.slack.faults.clear();
    // The failure is not remembered: the next question is allowed.
    await stage.slack.asUser(person).slash(channel, '/k8s', 'diagnose calico');
    await finishedRoot(stage.slack, channel);
  });

  test('the list of people counts where it is given', async () => {
    const own = await startStage({ worker: false, env: { KUBEWHY_PEOPLE: 'U0SOMEBODY' } });
    try {
      await own.slack.asUser(own.alice.id).slash(own.channel, '/k8s', 'diagnose calico');
      await own.slack.waitFor((w) => w.ephemerals(own.alice.id).find((e) => /not on the list/.test(e.text)));
    } finally {
      await own.close();
    }
  });
});

describe('where they may ask', () => {
  test.each([
    ['shared with another company', { extShared: true }],
    ['about to be shared', { pendingExtShared: true }],
  ])('not in a channel that is %s', async (_, options) => {
    const person = someone();
    const channel = room([person], options);
    await stage.slack.asUser(person).slash(channel, '/k8s', 'diagnose calico');
    await told(person, /shared with another company/);
    await nothingQueued();
    expect(stage.slack.messages(channel)).toEqual([]);
  });

  test.each([
    ['public', 'public'],
    ['private', 'private'],
  ] as const)('a %s channel without the bot: said privately, with how to invite it; then it works', async (_, kind) => {
    stage.slack.expect('channel_not_found');
    const person = someone();
    const channel = room([person], { kind, botIsMember: false });
    await stage.slack.asUser(person).slash(channel, '/k8s', 'diagnose calico');
    await told(person, /I am not in this channel.*\/invite @kubewhy/);
    await nothingQueued();
    stage.slack.join(channel, stage.slack.botUserId);
    await stage.slack.asUser(person).slash(channel, '/k8s', 'diagnose calico');
    await finishedRoot(stage.slack, channel);
  });
});

describe('how often', () => {
  test('a person has a limit of their own, and is told when to ask again', async () => {
    const [person, other] = [someone(), someone('member')];
    const channel = room([person, other]);
    for (let i = 0; i < 3; i += 1) await stage.slack.asUser(person).slash(channel, '/k8s', `diagnose node n${i}`);
    await stage.slack.waitFor(() => stage.fake.started.length === 3);
    await stage.slack.asUser(person).slash(channel, '/k8s', 'diagnose node n4');
    const answer = await told(person, /asked very often/);
    const seconds = Number(/in (\d+) s/.exec(answer.text)?.[1]);
    expect(seconds).toBeGreaterThan(150);
    expect(seconds).toBeLessThanOrEqual(200);
    await stage.slack.asUser(other).slash(channel, '/k8s', 'diagnose node n4');
    await stage.slack.waitFor(() => stage.fake.started.length === 4);
  });

  test('a cluster has one for everybody together', async () => {
    const people = [someone(), someone(), someone()];
    const rooms = [room(people), room(people), room(people)];
    const [channel = ''] = rooms;
    for (let i = 0; i < 5; i += 1) {
      await stage.slack.asUser(people[i % 2] ?? '').slash(rooms[i % 3] ?? '', '/k8s', `diagnose node n${i}`);
    }
    await stage.slack.waitFor(() => stage.fake.started.length === 5);
    await stage.slack.asUser(people[2] ?? '').slash(channel, '/k8s', 'diagnose node n9');
    await told(people[2] ?? '', /Very many questions about prod/);
  });
});

describe('without Redis', () => {
  test('the person is told that nothing was queued; when it is back, the next question works', async () => {
    const person = someone();
    const channel = room([person]);
    await stage.redis.kill();
    const outcome = await stage.slack.asUser(person).slash(channel, '/k8s', 'diagnose calico');
    expect(outcome.visibleError).toBeUndefined();
    expect(outcome.ackMs).toBeLessThan(1000);
    await told(person, /Redis cannot be reached, so nothing was queued/);
    await stage.redis.restart();
    await expect
      .poll(
        async () => {
          await stage.slack.asUser(person).slash(channel, '/k8s', 'diagnose calico');
          return stage.slack.waitFor(() => stage.fake.started.length > 0, 500).catch(() => false);
        },
        { timeout: 25_000 },
      )
      .toBe(true);
    await finishedRoot(stage.slack, channel);
    expect(stage.fake.started).toHaveLength(1);
  });
});
