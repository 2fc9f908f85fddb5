/** `response_url`: five posts in thirty minutes, what it may change, and where its messages go. */
import { expect, test } from 'vitest';
import { manualClock } from '../../../src/sandbox/slack/clock.ts';
import type { SlackOptions } from '../../../src/sandbox/slack/workspace-types.ts';
import { type Scene, scene, socketApp } from './support.ts';

const blocks = [
  {
    type: 'actions' as const,
    elements: [
      { type: 'button' as const, action_id: 'go', value: 'v', text: { type: 'plain_text' as const, text: 'Go' } },
    ],
  },
];

type Body = Record<string, unknown>;

/** A workspace whose app keeps every response address, with ways to get one and to post to it. */
async function withUrls(options: SlackOptions = {}) {
  const s: Scene = await scene(options);
  const urls: string[] = [];
  const bodies: Body[] = [];
  await socketApp(s.w, (app) => {
    app.command('/k8s', async ({ ack, command }) => {
      urls.push(command.response_url);
      await ack();
    });
    app.action('go', async ({ ack, body }) => {
      bodies.push(body as unknown as Body);
      if ('response_url' in body) urls.push(body.response_url);
      await ack();
    });
  });
  const post = async (url: string, body: Body | string): Promise<[number, string]> => {
    const response = await fetch(url, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) });
    return [response.status, await response.text()];
  };
  const ofSlash = async (): Promise<string> => {
    await s.w.asUser(s.alice).slash(s.channel, '/k8s', 'x');
    return urls.at(-1) ?? '';
  };
  const ofClick = async (ts: string): Promise<string> => {
    await s.w.asUser(s.alice).click(s.channel, ts, 'go');
    return urls.at(-1) ?? '';
  };
  return { ...s, post, ofSlash, ofClick, bodies };
}

test('ephemeral unless in_channel is said; five uses, then 404', async () => {
  const { w, alice, channel, post, ofSlash } = await withUrls();
  const url = await ofSlash();
  expect(await post(url, { text: 'one' })).toEqual([200, 'ok']);
  expect(await post(url, { text: 'two', response_type: 'in_channel' })).toEqual([200, 'ok']);
  expect(await post(url, { text: 'three', replace_original: true })).toEqual([200, 'ok']);
  expect(await post(url, { text: 'four', delete_original: 'true' })).toEqual([200, 'ok']);
  expect(await post(url, { text: 'five' })).toEqual([200, 'ok']);
  expect((await post(url, { text: 'six' }))[0]).toBe(404);
  expect(w.ephemerals(alice).map((e) => e.text)).toEqual(['one', 'three', 'four', 'five']);
  expect(w.messages(channel).map((m) => m.text)).toEqual(['two']);
});

test('after thirty minutes it is gone; an address nobody gave out too', async () => {
  const clock = manualClock(Date.now());
  const { w, post, ofSlash } = await withUrls({ clock });
  const url = await ofSlash();
  clock.advance(30 * 60_000);
  expect((await post(url, { text: 'in time' }))[0]).toBe(200);
  clock.advance(1);
  expect((await post(url, { text: 'late' }))[0]).toBe(404);
  expect((await post(`${new URL(w.apiUrl).origin}/commands/T/1/x`, { text: 'x' }))[0]).toBe(404);
});

test('what is refused is status 400 with a word, and does not count as a use', async () => {
  const { post, ofSlash } = await withUrls();
  const url = await ofSlash();
  expect(await post(url, '{')).toEqual([400, 'invalid_payload']);
  expect(await post(url, {})).toEqual([400, 'no_text']);
  expect(await post(url, { text: 't', blocks: [{ type: 'nonsense' }] })).toEqual([400, 'invalid_blocks']);
  for (let i = 0; i < 5; i += 1) expect((await post(url, { text: 't' }))[0]).toBe(200);
});

test('it reaches a channel the bot is not in', async () => {
  const { w, alice, post } = await withUrls();
  const other = w.addChannel({ name: 'other', members: [alice], botIsMember: false }).id;
  let url = '';
  w.on('change', () => {
    const sent = w.ledger.findLast((e) => e.kind === 'dispatch' && e.name === '/k8s');
    url = (sent?.detail as { payload: { response_url: string } } | undefined)?.payload.response_url ?? '';
  });
  await w.asUser(alice).slash(other, '/k8s', 'x');
  await w.waitFor(() => url !== '');
  expect(await post(url, { text: 'invite me', response_type: 'in_channel' })).toEqual([200, 'ok']);
  expect(w.messages(other).map((m) => m.text)).toEqual(['invite me']);
});

test('the address of a click changes or removes the card it was in', async () => {
  const { w, web, alice, channel, post, ofClick } = await withUrls();
  const card = async (): Promise<string> => (await web.chat.postMessage({ channel, text: 'card', blocks })).ts ?? '';
  const first = await card();
  await post(await ofClick(first), { text: 'decided', replace_original: 'true' });
  expect(w.messages(channel)).toMatchObject([{ ts: first, text: 'decided', blocks: [] }]);
  await expect(w.asUser(alice).click(channel, first, 'go')).rejects.toThrow('has no button "go" now');
  const second = await card();
  await post(await ofClick(second), { delete_original: true });
  expect(w.messages(channel).map((m) => m.ts)).toEqual([first]);
  const third = await card();
  await post(await ofClick(third), { text: 'for you', replace_original: false });
  expect(w.messages(channel).at(-1)).toMatchObject({ ts: third, text: 'card' });
});

test('an in_channel answer to a click overwrites the card unless told not to, and that is noted', async () => {
  const { w, web, channel, post, ofClick } = await withUrls();
  const ts = (await web.chat.postMessage({ channel, text: 'card', blocks })).ts ?? '';
  const url = await ofClick(ts);
  await post(url, { text: 'reply', response_type: 'in_channel', replace_original: false, thread_ts: ts });
  expect(w.thread(channel, ts).map((m) => m.text)).toEqual(['reply']);
  await post(url, { text: 'oops', response_type: 'in_channel' });
  expect(w.messages(channel).map((m) => m.text)).toEqual(['oops']);
  expect(w.checkInvariants()).toEqual([expect.stringContaining('replace-original-unsaid')]);
});

test('a button in an ephemeral: no message in the payload, and only the address can change it', async () => {
  const { w, web, alice, channel, post, ofClick, bodies } = await withUrls();
  const done = await web.chat.postEphemeral({ channel, user: alice, text: 'sure?', blocks });
  const ts = done.message_ts ?? '';
  const url = await ofClick(ts);
  expect(bodies[0]).toMatchObject({ container: { is_ephemeral: true, message_ts: ts }, channel: { id: channel } });
  expect(bodies[0]).not.toHaveProperty('message');
  await post(url, { text: 'sure.', replace_original: true });
  expect(w.ephemerals(alice)).toMatchObject([{ ts, text: 'sure.', blocks: [] }]);
  await post(url, { delete_original: true });
  expect(w.ephemerals(alice)).toEqual([]);
});
