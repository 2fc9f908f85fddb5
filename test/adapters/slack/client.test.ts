import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createLog } from '../../../src/adapters/log.ts';
import { slackLogger } from '../../../src/adapters/slack/bolt-logger.ts';
import type { Budget } from '../../../src/adapters/slack/budget.ts';
import { createSlackClient, type SlackClient } from '../../../src/adapters/slack/client.ts';
import { startSlackWorkspace } from '../../../src/sandbox/slack/workspace.ts';
import type { SlackWorkspace } from '../../../src/sandbox/slack/workspace-types.ts';

const log = createLog('test', 'error', { write: () => undefined });
let slack: SlackWorkspace;
let channel: string;
let blocked: number[];

/** A budget that lets everything through and notes what Slack refused. */
const open: Budget = {
  take: () => Promise.resolve(0),
  block: (_method, _channel, seconds) => {
    blocked.push(seconds);
    return Promise.resolve();
  },
};
const client = (apiUrl = slack.apiUrl, timeoutMs = 500): SlackClient =>
  createSlackClient({ token: slack.botToken, apiUrl, budget: open, log, logger: slackLogger(log), timeoutMs });
const post = (one: SlackClient) => one.call('chat.postMessage', { channel, text: 'hello' });
const calls = (method: string) => slack.ledger.filter((e) => e.kind === 'request' && e.name === method).length;

beforeEach(async () => {
  slack = await startSlackWorkspace({ rateLimits: false });
  channel = slack.addChannel({ name: 'c', members: [] }).id;
  blocked = [];
});
afterEach(async () => {
  await slack.close();
});

describe('outcomes', () => {
  test('ok carries what Slack answered', async () => {
    expect(await post(client())).toMatchObject({ status: 'ok', data: { channel } });
  });

  test('a refusal carries the code and is not repeated', async () => {
    slack.faults.next('chat.postMessage', { error: 'is_archived' });
    expect(await post(client())).toEqual({ status: 'refused', error: 'is_archived' });
    expect(calls('chat.postMessage')).toBe(1);
  });

  test.each([
    ['a 500 after it was stored', { storeThenFail: true }],
    ['no answer in time', { hang: true }],
    ['a connection that breaks', { reset: true }],
    ['internal_error', { error: 'internal_error' }],
  ])('%s is unknown, and a post is not repeated', async (_, fault) => {
    slack.faults.next('chat.postMessage', fault);
    expect(await post(client())).toMatchObject({ status: 'unknown' });
    expect(calls('chat.postMessage')).toBe(1);
  });

  test('nobody listens: unsent, after three tries', async () => {
    const gone = await startSlackWorkspace();
    const one = client(gone.apiUrl);
    await gone.close();
    expect((await post(one)).status).toBe('unsent');
  });

  test('what may be repeated is, until it works', async () => {
    slack.faults.next('users.info', { status: 500, times: 2 });
    const user = slack.addUser({ name: 'x' }).id;
    expect(await client().call('users.info', { user }, { repeatable: true })).toMatchObject({ status: 'ok' });
    expect(calls('users.info')).toBe(3);
  });

  test('a 429 is waited for and told to the others; another call of the process does not wait for it', async () => {
    slack.faults.next('chat.postMessage', { status: 429, retryAfter: 1 });
    const one = client();
    const order: string[] = [];
    const slow = post(one).then((outcome) => order.push(`post ${outcome.status}`));
    const quick = one.call('auth.test', {}).then(() => order.push('auth'));
    await Promise.all([slow, quick]);
    // The budget of this test lets the second try pass at once; what matters is that it was told.
    expect(blocked).toEqual([1]);
    expect(order.sort()).toEqual(['auth', 'post ok']);
  });

  test('a 429 without Retry-After is no crash', async () => {
    slack.faults.next('chat.postMessage', { status: 429, retryAfter: null });
    expect(await post(client())).toMatchObject({ status: 'ok' });
    expect(blocked).toEqual([5]);
  });

  test('progress is dropped where the budget has no room, and at a 429', async () => {
    const none: Budget = { ...open, take: () => Promise.resolve(undefined) };
    const shut = createSlackClient({
      token: slack.botToken,
      apiUrl: slack.apiUrl,
      budget: none,
      log,
      logger: slackLogger(log),
    });
    const args = { channel, ts: '1.000001', text: 'x' };
    expect(await shut.call('chat.update', args, { priority: 'may' })).toEqual({ status: 'dropped' });
    slack.faults.next('chat.update', { status: 429, retryAfter: 30 });
    expect(await client().call('chat.update', args, { priority: 'may' })).toEqual({ status: 'dropped' });
  });
});
