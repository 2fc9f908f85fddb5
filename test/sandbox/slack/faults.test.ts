/** Failures on order, and the invariants that judge a run at its end. */
import { describe, expect, test } from 'vitest';
import type { Fault } from '../../../src/sandbox/slack/faults.ts';
import { LEAST_MANIFEST } from '../../../src/sandbox/slack/method-table.ts';
import { scene, webClient } from './support.ts';

describe('faults', () => {
  const CASES: [string, Fault, object, number][] = [
    ['500', { status: 500 }, { code: 'slack_webapi_http_error', statusCode: 500 }, 0],
    ['502', { status: 502 }, { code: 'slack_webapi_http_error', statusCode: 502 }, 0],
    ['429', { status: 429, retryAfter: 7 }, { code: 'slack_webapi_rate_limited_error', retryAfter: 7 }, 0],
    [
      'an error of Slack’s',
      { error: 'fatal_error' },
      { code: 'slack_webapi_platform_error', data: { error: 'fatal_error' } },
      0,
    ],
    ['a reset connection', { reset: true }, { code: 'slack_webapi_request_error' }, 0],
    ['no answer', { hang: true }, { code: 'slack_webapi_request_error' }, 0],
    ['stored, then 500', { storeThenFail: true }, { code: 'slack_webapi_http_error', statusCode: 500 }, 1],
  ];

  test.each(CASES)(
    '%s: the client sees it, the next call works, and the run is not blamed',
    async (_what, fault, error, stored) => {
      const { w, channel } = await scene();
      const web = webClient(w, w.botToken, { rejectRateLimitedCalls: true, timeout: fault.hang ? 800 : 5000 });
      w.faults.next('chat.postMessage', fault);
      await expect(web.chat.postMessage({ channel, text: 'one' })).rejects.toMatchObject(error);
      expect(w.messages(channel)).toHaveLength(stored);
      await web.chat.postMessage({ channel, text: 'two' });
      expect(w.messages(channel).at(-1)?.text).toBe('two');
      expect(w.checkInvariants()).toEqual([]);
    },
  );

  test('a fault strikes as many calls as ordered, of that method only', async () => {
    const { w, web, channel } = await scene();
    w.faults.next('chat.postMessage', { error: 'fatal_error', times: 2 });
    await web.auth.test();
    for (let i = 0; i < 2; i += 1)
      await expect(web.chat.postMessage({ channel, text: 't' })).rejects.toThrow('fatal_error');
    await web.chat.postMessage({ channel, text: 't' });
  });

  test('a message stored before a 500 can be found by its metadata, where history may be read', async () => {
    const { w, web, channel } = await scene({
      manifest: { ...LEAST_MANIFEST, scopes: [...LEAST_MANIFEST.scopes, 'channels:history'] },
    });
    w.faults.next('chat.postMessage', { storeThenFail: true });
    const metadata = { event_type: 'diagnosis', event_payload: { id: 'd-1' } };
    await expect(web.chat.postMessage({ channel, text: 'once', metadata })).rejects.toThrow();
    const found = await web.conversations.history({ channel, include_all_metadata: true });
    expect(found.messages).toMatchObject([{ text: 'once', metadata }]);
  });

  test('a delayed answer comes late, and is an answer', async () => {
    const { w, web, channel } = await scene();
    w.faults.next('chat.postMessage', { delayMs: 120 });
    const start = performance.now();
    await web.chat.postMessage({ channel, text: 't' });
    expect(performance.now() - start).toBeGreaterThan(110);
  });
});

describe('invariants', () => {
  const SAID: [string, string, string][] = [
    ['a token', 'the token is xoxb-1234567890-abcdef', 'holds a Slack token'],
    ['a key', '-----BEGIN RSA PRIVATE KEY-----', 'holds a private key'],
    ['a JSON web token', 'eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrdWJlcm5ldGVz.c2lnbmF0dXJl', 'holds a JSON web token'],
    ['a bearer token', 'Authorization: Bearer abcdefghij0123456789', 'holds a bearer token'],
    ['a shout', 'look here <!channel>', 'notifies a whole channel'],
  ];

  test.each(SAID)('%s in a message is found, also after it was edited away', async (_what, text, said) => {
    const { w, web, channel } = await scene();
    const ts = (await web.chat.postMessage({ channel, text })).ts ?? '';
    await web.chat.update({ channel, ts, text: 'nothing to see' });
    expect(w.checkInvariants()).toEqual([expect.stringContaining(said)]);
  });

  test('secrets in metadata, ephemerals and files are found too', async () => {
    const { w, web, alice, channel } = await scene();
    const secret = 'xapp-1-A0000000-123456';
    await web.chat.postMessage({ channel, text: 't', metadata: { event_type: 'e', event_payload: { secret } } });
    await web.chat.postEphemeral({ channel, user: alice, text: secret });
    await web.filesUploadV2({ channel_id: channel, filename: 'a.txt', content: secret });
    expect(w.checkInvariants().map((v) => v.split(' ')[0])).toEqual(['message', 'ephemeral', 'file']);
  });

  test('refused calls are violations unless expected; a quiet run has none', async () => {
    const { w, web, channel } = await scene();
    await web.chat.postMessage({ channel, text: 'Fine: <@U1> has nothing to fear from redacted "Bearer ***"' });
    expect(w.checkInvariants()).toEqual([]);
    await expect(web.users.info({ user: 'U0' })).rejects.toThrow('user_not_found');
    expect(w.checkInvariants()).toEqual(['users.info: answered 200 user_not_found']);
    w.expect('user_not_found');
    expect(w.checkInvariants()).toEqual([]);
  });

  test('more than one message a second over a minute is a flood', async () => {
    const { w, web, channel } = await scene({ rateLimits: false });
    for (let i = 0; i < 61; i += 1) await web.chat.postMessage({ channel, text: 't' });
    expect(w.checkInvariants()).toEqual([expect.stringContaining('61 messages')]);
  });

  test('the record holds no token', async () => {
    const { w, channel } = await scene();
    const body = new URLSearchParams({ token: w.botToken, channel, text: 't' });
    const response = await fetch(`${w.apiUrl}chat.postMessage`, { method: 'POST', body });
    expect(await response.json()).toMatchObject({ ok: true });
    expect(JSON.stringify(w.ledger)).not.toContain(w.botToken);
  });
});

test('waitFor says what it waited for and what happened', async () => {
  const { w, channel } = await scene();
  await expect(w.waitFor((x) => x.messages(channel)[0], 20)).rejects.toThrow(
    /in vain for.*messages.*nothing happened/s,
  );
});

test('the admin API drives the workspace from another process, and refuses what it does not know', async () => {
  const { w } = await scene({ adminApi: true });
  const run = async (command: unknown): Promise<[number, unknown]> => {
    const response = await fetch(`${new URL(w.apiUrl).origin}/_kubewhy/run`, {
      method: 'POST',
      body: JSON.stringify(command),
    });
    return [response.status, await response.json()];
  };
  const [, added] = await run({ do: 'add-user', name: 'bob' });
  const bob = (added as { result: { id: string } }).result.id;
  const [, made] = await run({ do: 'add-channel', name: 'ops', members: [bob] });
  const ops = (made as { result: { id: string } }).result.id;
  await run({ do: 'mention', user: bob, channel: ops, text: 'help' });
  expect(await run({ do: 'messages', channel: ops })).toMatchObject([
    200,
    { result: [{ text: `<@${w.botUserId}> help` }] },
  ]);
  expect(await run({ do: 'slash', user: bob, channel: ops, command: '/k8s', text: 'x' })).toEqual([
    200,
    { result: { visibleError: 'dispatch_failed' } },
  ]);
  expect((await run({ do: 'drop-tables' }))[0]).toBe(400);
  expect((await run({ do: 'thread', channel: 'C0', ts: 'x' }))[0]).toBe(400);
});
