/** Rate limits and the table of methods, on a clock that only moves when told. */
import { expect, test } from 'vitest';
import { manualClock } from '../../../src/sandbox/slack/clock.ts';
import { LEAST_MANIFEST, METHODS } from '../../../src/sandbox/slack/method-table.ts';
import { scene, webClient } from './support.ts';

/** Copied from facts/slack.md §1.3: calls in a minute (undefined: special) and one scope that opens the method. */
const FACTS: Record<string, [number | undefined, string | undefined]> = {
  'chat.postMessage': [undefined, 'chat:write'],
  'chat.update': [50, 'chat:write'],
  'chat.startStream': [20, 'chat:write'],
  'chat.stopStream': [20, 'chat:write'],
  'chat.appendStream': [100, 'chat:write'],
  'chat.delete': [50, 'chat:write'],
  'chat.postEphemeral': [100, 'chat:write'],
  'chat.getPermalink': [undefined, undefined],
  'assistant.threads.setStatus': [undefined, 'chat:write'],
  'views.open': [100, undefined],
  'views.update': [100, undefined],
  'views.push': [100, undefined],
  'views.publish': [100, undefined],
  'users.info': [100, 'users:read'],
  'users.lookupByEmail': [50, 'users:read.email'],
  'usergroups.list': [20, 'usergroups:read'],
  'usergroups.users.list': [20, 'usergroups:read'],
  'conversations.info': [50, 'groups:read'],
  'conversations.replies': [50, 'im:history'],
  'conversations.history': [50, 'channels:history'],
  'conversations.members': [100, 'channels:read'],
  'conversations.list': [20, 'channels:read'],
  'files.getUploadURLExternal': [100, 'files:write'],
  'files.completeUploadExternal': [100, 'files:write'],
  'reactions.add': [50, 'reactions:write'],
  'auth.test': [undefined, undefined],
  'apps.connections.open': [50, 'connections:write'],
};

test.each(Object.entries(FACTS))('%s: its limit and its scope', async (method, [limit, scope]) => {
  const scopes = scope === undefined ? [] : [scope];
  const app = method === 'apps.connections.open';
  const { w } = await scene({
    clock: manualClock(1_795_423_800_000),
    manifest: { ...LEAST_MANIFEST, scopes, appScopes: scopes },
  });
  const call = async (): Promise<{ status: number; wait: string | null; error: string | undefined }> => {
    const response = await fetch(w.apiUrl + method, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${app ? w.appToken : w.botToken}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: '',
    });
    const body = (await response.json()) as { error?: string };
    return { status: response.status, wait: response.headers.get('retry-after'), error: body.error };
  };
  expect((await call()).error).not.toBe('missing_scope');
  expect(METHODS[method]?.scopes.length === 0).toBe(scope === undefined);
  for (let i = 1; i < (limit ?? 110); i += 1) expect((await call()).status).toBe(200);
  if (limit !== undefined) expect(await call()).toEqual({ status: 429, wait: '60', error: 'ratelimited' });
});

test('without its scope every method that needs one is refused', async () => {
  const { w } = await scene({ manifest: { ...LEAST_MANIFEST, scopes: ['none'], appScopes: ['none'] } });
  for (const [method, [, scope]] of Object.entries(FACTS)) {
    const token = method === 'apps.connections.open' ? w.appToken : w.botToken;
    const response = await fetch(w.apiUrl + method, { method: 'POST', headers: { authorization: `Bearer ${token}` } });
    const body = (await response.json()) as { error?: string };
    if (scope === undefined) expect(body.error).not.toBe('missing_scope');
    else expect(body).toMatchObject({ error: 'missing_scope', provided: 'none' });
  }
});

test('a channel takes a small burst, then one message a second; other channels and methods are free', async () => {
  const clock = manualClock(1_795_423_800_000);
  const { w, channel } = await scene({ clock });
  const other = w.addChannel({ name: 'other' }).id;
  const web = webClient(w, w.botToken, { rejectRateLimitedCalls: true });
  const post = (to = channel) => web.chat.postMessage({ channel: to, text: 't' });
  // By id or by name, it is one channel.
  for (let i = 0; i < 4; i += 1) await post(i % 2 === 0 ? channel : '#incidents');
  await expect(post()).rejects.toMatchObject({ code: 'slack_webapi_rate_limited_error', retryAfter: 1 });
  await post(other);
  await web.auth.test();
  clock.advance(1000);
  await post();
  await expect(post()).rejects.toMatchObject({ retryAfter: 1 });
  expect(w.checkInvariants()).toEqual([
    expect.stringContaining('429 ratelimited'),
    expect.stringContaining('429 ratelimited'),
  ]);
});

test('the real client waits out a 429 by itself', async () => {
  const { w, channel } = await scene({ postBurst: 1 });
  const web = webClient(w, w.botToken, { retryConfig: { retries: 2 } });
  await web.chat.postMessage({ channel, text: 'one' });
  await web.chat.postMessage({ channel, text: 'two' });
  expect(w.messages(channel).map((m) => m.text)).toEqual(['one', 'two']);
  expect(w.ledger.filter((e) => e.status === 429)).toHaveLength(1);
});

test('a window slides: the 51st update waits for the first to be a minute old', async () => {
  const clock = manualClock(1_795_423_800_000);
  const { w, channel, web } = await scene({ clock });
  const ts = (await web.chat.postMessage({ channel, text: 't' })).ts ?? '';
  const strict = webClient(w, w.botToken, { rejectRateLimitedCalls: true });
  const update = () => strict.chat.update({ channel, ts, text: 't' });
  await update();
  clock.advance(30_000);
  for (let i = 0; i < 49; i += 1) await update();
  await expect(update()).rejects.toMatchObject({ retryAfter: 30 });
  clock.advance(30_000);
  await update();
});

test('limits can be switched off', async () => {
  const { w, channel, web } = await scene({ rateLimits: false });
  for (let i = 0; i < 20; i += 1) await web.chat.postMessage({ channel, text: 't' });
  expect(w.messages(channel)).toHaveLength(20);
});

test('one seed gives one set of ids; another gives others', async () => {
  const [a, b, c] = await Promise.all([scene({ seed: 7 }), scene({ seed: 7 }), scene({ seed: 8 })]);
  const ids = ({ w, alice, channel }: typeof a) => [
    w.teamId,
    w.appId,
    w.botUserId,
    w.botToken,
    w.signingSecret,
    alice,
    channel,
  ];
  expect(ids(a)).toEqual(ids(b));
  expect(ids(a)).not.toEqual(ids(c));
  expect(
    ids(a)
      .slice(0, 3)
      .map((id) => id?.slice(0, 1)),
  ).toEqual(['T', 'A', 'U']);
});

test('it listens on 127.0.0.1 and nowhere else', async () => {
  const { w } = await scene();
  expect(new URL(w.apiUrl).hostname).toBe('127.0.0.1');
  await expect(scene({ host: '0.0.0.0' })).rejects.toThrow('listens on 127.0.0.1 only');
  await expect(scene({ requestUrl: 'http://example.com/slack/events' })).rejects.toThrow(
    'only talks to http addresses on this machine',
  );
});
