import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createInbox } from '../../src/adapters/store/inbox.ts';
import type { Received } from '../../src/bot/received.ts';
import { type FixStage, startFixStage } from '../support/fix-stage.ts';

vi.setConfig({ testTimeout: 60_000 });

let stage: FixStage;

beforeAll(async () => {
  stage = await startFixStage();
});
afterAll(async () => {
  await stage.close();
});

/** Notes a request as a bot does that dies right after its acknowledgement, a minute ago. */
async function left(what: Received['what'], userId: string, channelId: string, url: string): Promise<void> {
  const redis = stage.redis.connect();
  const inbox = createInbox(redis);
  const key = `left|${JSON.stringify(what)}`;
  const answer: Received['answer'] = url === '' ? { by: 'direct' } : { by: 'address', url };
  const received: Received = {
    key,
    userId,
    teamId: stage.slack.teamId,
    channelId,
    channelKind: 'unknown',
    answer,
    what,
  };
  await inbox.note(key, JSON.stringify(received), sayingOf(received));
  const [alive = ''] = await redis.keys('*inbox:alive');
  await redis.zadd(alive, Date.now() - 60_000, key);
}

/** As the inbox tells requests that say the same: by what was asked, by whom and where. */
function sayingOf({ userId, channelId, what }: Received): string {
  return createHash('sha256')
    .update(JSON.stringify([userId, channelId, what]))
    .digest('hex')
    .slice(0, 32);
}

test('an approval and a denial that another bot acknowledged and left are carried out, by the same checks', async () => {
  const [asker = '', alice = '', carol = ''] = ['asker', 'alice', 'carol'].map(
    (name) => stage.slack.addUser({ name }).id,
  );
  const channel = stage.slack.addChannel({ name: 'left', members: [asker, alice, carol] }).id;
  await stage.setPolicy(`version: 1\nrules:\n  - remediations: ["*"]\n    approvers: { users: [${alice}] }\n`);
  const approved = await stage.proposed(channel, asker);
  const denied = await stage.proposed(channel, asker);
  const untouched = await stage.proposed(channel, asker);
  await left(
    { kind: 'button', action: 'fix_approve', value: approved.record.id },
    alice,
    channel,
    'http://127.0.0.1:9/',
  );
  await left({ kind: 'deny', fix: denied.record.id, reason: 'No.' }, alice, alice, '');
  await left({ kind: 'deny', fix: untouched.record.id, reason: 'No.' }, carol, carol, '');
  const states = async () =>
    await Promise.all([approved, denied, untouched].map(async ({ record }) => (await stage.record(record.id)).state));
  await expect.poll(states, { timeout: 25_000 }).toEqual(['approved', 'denied', 'proposed']);
  await stage.slack.waitFor((w) => w.ephemerals(carol).some((e) => /policy does not name you/.test(e.text)));
  expect((await stage.audited()).filter((event) => event.allowed === false)).toMatchObject([
    { by: carol, code: 'not-listed', channel },
  ]);
});
