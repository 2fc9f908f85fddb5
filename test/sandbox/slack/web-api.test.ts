/** The Web API through the real client: posting, threads, changes, who may do what where, and what answers look like. */
import { describe, expect, test } from 'vitest';
import { manualClock } from '../../../src/sandbox/slack/clock.ts';
import { LEAST_MANIFEST } from '../../../src/sandbox/slack/method-table.ts';
import { refusal, refusalData, type Scene, scene, webClient } from './support.ts';

const all = {
  ...LEAST_MANIFEST,
  scopes: [...LEAST_MANIFEST.scopes, 'channels:history', 'groups:history', 'reactions:write', 'im:read', 'im:write'],
};
const section = (text: string) => [{ type: 'section' as const, text: { type: 'mrkdwn' as const, text } }];

async function post(s: Scene, text: string, more: Record<string, unknown> = {}): Promise<string> {
  const done = await s.web.chat.postMessage({ channel: s.channel, text, ...more });
  return done.ts ?? '';
}

describe('tokens and scopes', () => {
  test('none, unknown, the wrong kind, revoked', async () => {
    const { w } = await scene();
    expect(await refusal(webClient(w, '').auth.test())).toBe('not_authed');
    expect(await refusal(webClient(w, 'xoxb-nobody').auth.test())).toBe('invalid_auth');
    expect(await refusal(webClient(w, w.appToken).chat.postMessage({ channel: 'C', text: 't' }))).toBe(
      'not_allowed_token_type',
    );
    expect(await refusal(webClient(w, w.botToken).apps.connections.open({}))).toBe('not_allowed_token_type');
    expect(await webClient(w).auth.test()).toMatchObject({
      ok: true,
      user_id: w.botUserId,
      bot_id: w.botId,
      team_id: w.teamId,
    });
    w.revokeToken('token_revoked');
    expect(await refusal(webClient(w).auth.test())).toBe('token_revoked');
  });

  test('a missing scope is named, with the scopes there are', async () => {
    const { w } = await scene({ manifest: { ...LEAST_MANIFEST, scopes: ['chat:write', 'commands'] } });
    expect(await refusalData(webClient(w).usergroups.list())).toMatchObject({
      error: 'missing_scope',
      needed: 'usergroups:read',
      provided: 'chat:write,commands',
      response_metadata: { scopes: ['chat:write', 'commands'], acceptedScopes: ['usergroups:read'] },
    });
  });

  test('with the least scopes, history cannot be read and reactions cannot be added', async () => {
    const s = await scene();
    const ts = await post(s, 'hello');
    expect(await refusalData(s.web.conversations.replies({ channel: s.channel, ts }))).toMatchObject({
      error: 'missing_scope',
      needed: 'channels:history',
    });
    expect(await refusal(s.web.reactions.add({ channel: s.channel, timestamp: ts, name: 'eyes' }))).toBe(
      'missing_scope',
    );
  });

  test('unknown methods and missing arguments are status 200 with an error', async () => {
    const { w, web } = await scene();
    expect(await refusal(web.apiCall('chat.shout'))).toBe('unknown_method');
    expect(await refusalData(web.apiCall('chat.postMessage', { text: 't' }))).toMatchObject({
      error: 'invalid_arguments',
      response_metadata: { messages: ['[ERROR] missing required field: channel'] },
    });
    const raw = await fetch(`${w.apiUrl}chat.shout`, { method: 'POST' });
    expect([raw.status, await raw.json()]).toEqual([200, { ok: false, error: 'unknown_method' }]);
  });

  test('arguments come as form, JSON or query, and a form method does not see JSON', async () => {
    const { w, channel } = await scene();
    const call = async (method: string, init: RequestInit) => {
      const headers = { authorization: `Bearer ${w.botToken}`, ...(init.headers as Record<string, string>) };
      return (await (await fetch(w.apiUrl + method, { ...init, headers })).json()) as Record<string, unknown>;
    };
    const json = { method: 'POST', headers: { 'content-type': 'application/json' } };
    expect(
      await call('chat.postMessage', { ...json, body: JSON.stringify({ channel, text: 'x', blocks: section('x') }) }),
    ).toMatchObject({ ok: true });
    expect(await call('conversations.info', { ...json, body: JSON.stringify({ channel }) })).toMatchObject({
      error: 'invalid_arguments',
    });
    expect(await call(`conversations.info?channel=${channel}`, {})).toMatchObject({ ok: true });
    expect(await call('chat.postMessage', {})).toMatchObject({ error: 'invalid_http_method' });
    expect(await call('chat.postMessage', { ...json, body: '{' })).toMatchObject({ error: 'invalid_json' });
  });
});

describe('posting', () => {
  test('the answer carries what the server made', async () => {
    const s = await scene();
    const done = await s.web.chat.postMessage({
      channel: s.channel,
      text: 'a < b & <@U1> <https://e.com|e>',
      blocks: section('x'),
    });
    expect(done).toMatchObject({ ok: true, channel: s.channel });
    expect(done.message).toMatchObject({
      type: 'message',
      user: s.w.botUserId,
      bot_id: s.w.botId,
      app_id: s.w.appId,
      team: s.w.teamId,
      text: 'a &lt; b &amp; <@U1> <https://e.com|e>',
      ts: done.ts,
    });
    const blocks = (done.message?.blocks ?? []) as { block_id?: string; text?: { verbatim?: boolean } }[];
    const block = blocks[0];
    expect(block?.block_id).toMatch(/^\w{5}$/);
    expect(block?.text?.verbatim).toBe(false);
    expect(done.ts).toMatch(/^\d{10}\.\d{6}$/);
  });

  test('a channel by name, with # or without, and a person’s id as their direct message', async () => {
    const s = await scene();
    expect((await s.web.chat.postMessage({ channel: '#incidents', text: 't' })).channel).toBe(s.channel);
    expect((await s.web.chat.postMessage({ channel: 'incidents', text: 't' })).channel).toBe(s.channel);
    expect((await s.web.chat.postMessage({ channel: s.alice, text: 't' })).channel).toMatch(/^D/);
  });

  test('where the bot may not write', async () => {
    const { w, web, alice } = await scene();
    const to = (channel: string): Promise<string> => refusal(web.chat.postMessage({ channel, text: 't' }));
    expect(await to(w.addChannel({ name: 'open', botIsMember: false }).id)).toBe('not_in_channel');
    expect(await to(w.addChannel({ name: 'closed', kind: 'private', botIsMember: false }).id)).toBe(
      'channel_not_found',
    );
    expect(await to(w.addChannel({ name: '', kind: 'dm', members: [alice], botIsMember: false }).id)).toBe(
      'channel_not_found',
    );
    expect(await to(w.addChannel({ name: 'old', archived: true }).id)).toBe('is_archived');
    expect(await to('C00000000')).toBe('channel_not_found');
    expect(await to('#nowhere')).toBe('channel_not_found');
  });

  test('with chat:write.public a public channel is open, a private one is not', async () => {
    const { w, web } = await scene({ manifest: { ...all, scopes: [...all.scopes, 'chat:write.public'] } });
    await web.chat.postMessage({ channel: w.addChannel({ name: 'open', botIsMember: false }).id, text: 't' });
    const closed = w.addChannel({ name: 'closed', kind: 'private', botIsMember: false }).id;
    expect(await refusal(web.chat.postMessage({ channel: closed, text: 't' }))).toBe('channel_not_found');
  });

  test('no text, markdown with text, long text, too many attachments', async () => {
    const { web, channel, w } = await scene({ postBurst: 10 });
    const say = (args: Record<string, unknown>) => web.apiCall('chat.postMessage', { channel, ...args });
    expect(await refusal(say({}))).toBe('no_text');
    expect(await refusal(say({ text: 'a', markdown_text: 'b' }))).toBe('markdown_text_conflict');
    expect(await refusal(say({ text: 'a', attachments: Array.from({ length: 101 }, () => ({ text: 'x' })) }))).toBe(
      'too_many_attachments',
    );
    expect(await say({ markdown_text: '# Hi' })).toMatchObject({ ok: true });
    expect(await say({ text: 'x'.repeat(40_001) })).toMatchObject({ ok: true, warning: 'message_truncated' });
    expect(w.messages(channel).at(-1)?.text).toHaveLength(40_000);
    w.expect('no_text', 'markdown_text_conflict', 'too_many_attachments');
    expect(w.checkInvariants()).toEqual([expect.stringContaining('text of 40001 characters')]);
  });

  test('blocks without text are taken, but the record says that nobody can hear them', async () => {
    const { web, channel, w } = await scene();
    await web.apiCall('chat.postMessage', { channel, blocks: section('only to be seen') });
    expect(w.checkInvariants()).toEqual([expect.stringContaining('no-top-level-text')]);
  });
});

describe('threads', () => {
  test('a root counts its replies; replies come root first, by pages', async () => {
    const s = await scene({ manifest: all, postBurst: 10 });
    const root = await post(s, 'root');
    for (const text of ['one', 'two', 'three']) await post(s, text, { thread_ts: root });
    const first = await s.web.conversations.replies({ channel: s.channel, ts: root, limit: 2 });
    expect(first.messages?.map((m) => m.text)).toEqual(['root', 'one', 'two']);
    expect(first.messages?.[0]).toMatchObject({ reply_count: 3, thread_ts: root, reply_users: [s.w.botUserId] });
    expect(first.messages?.[1]).toMatchObject({ thread_ts: root, parent_user_id: s.w.botUserId });
    const cursor = first.response_metadata?.next_cursor ?? '';
    const rest = await s.web.conversations.replies({ channel: s.channel, ts: root, limit: 2, cursor });
    expect(rest).toMatchObject({ has_more: false, messages: [{ text: 'three' }] });
    const history = await s.web.conversations.history({ channel: s.channel });
    expect(history.messages?.map((m) => m.text)).toEqual(['root']);
  });

  test('a thread that does not exist, a float, and a reply taken for a root', async () => {
    const s = await scene({ postBurst: 10 });
    const root = await post(s, 'root');
    const reply = await post(s, 'reply', { thread_ts: root });
    expect(await refusal(post(s, 'x', { thread_ts: '1700000000.000001' }))).toBe('thread_not_found');
    expect(await refusal(post(s, 'x', { thread_ts: '1700000000.5' }))).toBe('invalid_thread_ts');
    await post(s, 'under the reply', { thread_ts: reply });
    expect(s.w.thread(s.channel, root).map((m) => m.text)).toEqual(['reply', 'under the reply']);
    s.w.expect('thread_not_found', 'invalid_thread_ts', 'unknown-thread');
    expect(s.w.checkInvariants()).toEqual([expect.stringContaining('is a reply; its root is')]);
  });

  test('metadata is kept, and given only to who asks for it', async () => {
    const s = await scene({ manifest: all });
    const metadata = { event_type: 'diagnosis', event_payload: { id: 'd-1' } };
    const ts = await post(s, 'root', { metadata });
    await s.web.chat.update({ channel: s.channel, ts, text: 'changed' });
    const read = (more: object) => s.web.conversations.history({ channel: s.channel, ...more });
    expect((await read({ include_all_metadata: true })).messages?.[0]).toMatchObject({ text: 'changed', metadata });
    expect((await read({})).messages?.[0]).not.toHaveProperty('metadata');
    await s.web.apiCall('chat.update', { channel: s.channel, ts, text: 'again', metadata: {} });
    expect((await read({ include_all_metadata: true })).messages?.[0]).not.toHaveProperty('metadata');
  });
});

describe('changing and deleting', () => {
  test('text alone removes blocks, blocks alone keep the text; every state is kept', async () => {
    const s = await scene();
    const ts = await post(s, 'one', { blocks: section('one') });
    await s.web.chat.update({ channel: s.channel, ts, blocks: section('two'), text: '' });
    expect(s.w.messages(s.channel)[0]).toMatchObject({ text: 'one', blocks: [{ text: { text: 'two' } }] });
    await s.web.chat.update({ channel: s.channel, ts, text: 'three' });
    expect(s.w.messages(s.channel)[0]).toMatchObject({ text: 'three', blocks: [], edited: { user: s.w.botUserId } });
    expect(s.w.edits(s.channel, ts).map((f) => [f.kind, f.text, f.blocks.length])).toEqual([
      ['post', 'one', 1],
      ['update', 'one', 1],
      ['update', 'three', 0],
    ]);
  });

  test('only one’s own, only what exists, only short text, not in an archive', async () => {
    const s = await scene();
    const ts = await post(s, 'mine');
    const theirs = s.w.asUser(s.alice).say(s.channel, 'hers').ts;
    const update = (id: string, text = 't') => refusal(s.web.chat.update({ channel: s.channel, ts: id, text }));
    expect(await update(theirs)).toBe('cant_update_message');
    expect(await update('1700000000.000001')).toBe('message_not_found');
    expect(await update(ts, 'x'.repeat(4001))).toBe('msg_too_long');
    expect(await refusal(s.web.chat.delete({ channel: s.channel, ts: theirs }))).toBe('cant_delete_message');
    const hidden = await s.web.chat.postEphemeral({ channel: s.channel, user: s.alice, text: 'psst' });
    expect(await update(hidden.message_ts ?? '')).toBe('message_not_found');
    s.w.archive(s.channel);
    expect(await update(ts)).toBe('is_inactive');
  });

  test('a deleted message is gone, its states remain', async () => {
    const s = await scene();
    const ts = await post(s, 'mine');
    await s.web.chat.delete({ channel: s.channel, ts });
    expect(s.w.messages(s.channel)).toEqual([]);
    expect(s.w.edits(s.channel, ts).map((f) => f.kind)).toEqual(['post', 'delete']);
  });

  test('permalinks of a root and of a reply', async () => {
    const s = await scene();
    const ts = await post(s, 'root');
    const reply = await post(s, 'reply', { thread_ts: ts });
    const link = async (id: string) =>
      (await s.web.chat.getPermalink({ channel: s.channel, message_ts: id })).permalink;
    expect(await link(ts)).toBe(`https://acme.slack.com/archives/${s.channel}/p${ts.replace('.', '')}`);
    expect(await link(reply)).toContain(`?thread_ts=${ts}&cid=${s.channel}`);
  });

  test('reactions once only, with a real name', async () => {
    const s = await scene({ manifest: all });
    const timestamp = await post(s, 'mine');
    const react = (name: string) => s.web.reactions.add({ channel: s.channel, timestamp, name });
    await react('eyes');
    expect(await refusal(react('eyes'))).toBe('already_reacted');
    expect(await refusal(react('no such name!'))).toBe('invalid_name');
    expect(s.w.messages(s.channel)[0]?.reactions).toEqual([{ name: 'eyes', users: [s.w.botUserId] }]);
  });
});

describe('ephemerals', () => {
  test('one person sees it until they reload; strangers to the channel cannot get one', async () => {
    const { w, web, alice, channel } = await scene();
    const bob = w.addUser({ name: 'bob' }).id;
    const done = await web.chat.postEphemeral({ channel, user: alice, text: 'only you' });
    expect(Object.keys(done).sort()).toEqual(['message_ts', 'ok', 'response_metadata']);
    expect(w.ephemerals(alice).map((e) => e.text)).toEqual(['only you']);
    expect(w.ephemerals(bob)).toEqual([]);
    expect(w.messages(channel)).toEqual([]);
    expect(await refusal(web.chat.postEphemeral({ channel, user: bob, text: 'x' }))).toBe('user_not_in_channel');
    w.asUser(alice).reload();
    expect(w.ephemerals(alice)).toEqual([]);
  });
});

describe('people, groups and channels', () => {
  test('what users.info says of each kind of person', async () => {
    const { w, web } = await scene();
    const info = async (
      kind: 'member' | 'guest' | 'single-channel-guest' | 'external' | 'stranger' | 'bot' | 'deactivated',
    ) => {
      const id = w.addUser({ name: kind, kind, locale: 'zh-CN' }).id;
      return (await web.users.info({ user: id, include_locale: true })).user;
    };
    expect(await info('member')).toMatchObject({
      team_id: w.teamId,
      locale: 'zh-CN',
      is_restricted: false,
      deleted: false,
      is_bot: false,
    });
    expect(await info('guest')).toMatchObject({ is_restricted: true, is_ultra_restricted: false });
    expect(await info('single-channel-guest')).toMatchObject({ is_restricted: true, is_ultra_restricted: true });
    expect(await info('external')).toMatchObject({ team_id: w.otherTeamId, is_stranger: false });
    expect(await info('external')).not.toHaveProperty('locale');
    expect(await info('stranger')).toMatchObject({ team_id: w.otherTeamId, is_stranger: true });
    expect(await info('bot')).toMatchObject({ is_bot: true });
    expect(await info('deactivated')).toMatchObject({ deleted: true });
    const member = w.addUser({ name: 'plain' }).id;
    expect((await web.users.info({ user: member })).user).not.toHaveProperty('locale');
    expect(await refusal(web.users.info({ user: 'U0' }))).toBe('user_not_found');
  });

  test('user groups: their members, and none of that id', async () => {
    const { w, web, alice } = await scene();
    const id = w.addUserGroup({ handle: 'oncall', members: [alice] }).id;
    expect((await web.usergroups.list({ include_users: true })).usergroups).toMatchObject([
      { id, handle: 'oncall', users: [alice] },
    ]);
    expect((await web.usergroups.users.list({ usergroup: id })).users).toEqual([alice]);
    expect(await refusal(web.usergroups.users.list({ usergroup: 'S0' }))).toBe('no_such_subteam');
  });

  test('channels: shared or not, members, and what is hidden from the bot', async () => {
    const { w, web, alice, channel } = await scene({ manifest: all });
    const shared = w.addChannel({ name: 'partners', extShared: true, members: [alice] }).id;
    expect((await web.conversations.info({ channel: shared })).channel).toMatchObject({
      is_ext_shared: true,
      is_private: false,
      is_member: true,
    });
    expect((await web.conversations.info({ channel })).channel).toMatchObject({
      is_ext_shared: false,
      name: 'incidents',
    });
    expect((await web.conversations.members({ channel, limit: 1 })).members).toEqual([alice]);
    const hidden = w.addChannel({ name: 'closed', kind: 'private', botIsMember: false }).id;
    expect(await refusal(web.conversations.info({ channel: hidden }))).toBe('channel_not_found');
    const open = w.addChannel({ name: 'open', botIsMember: false }).id;
    expect((await web.conversations.info({ channel: open })).channel).toMatchObject({ is_member: false });
    expect(await refusal(web.conversations.history({ channel: open }))).toBe('not_in_channel');
    expect((await web.conversations.open({ users: alice })).channel).toMatchObject({ is_im: true, user: alice });
  });

  test('a progress line goes when a reply comes, or after two minutes', async () => {
    const s = await scene();
    const root = await post(s, 'root');
    await s.web.apiCall('assistant.threads.setStatus', {
      channel_id: s.channel,
      thread_ts: root,
      status: 'is checking…',
    });
    expect(s.w.status(s.channel, root)).toBe('is checking…');
    await post(s, 'reply', { thread_ts: root });
    expect(s.w.status(s.channel, root)).toBeUndefined();
  });
});

test('a stream grows for five minutes, cannot be updated meanwhile, and ends with blocks', async () => {
  const clock = manualClock(1_795_423_800_000);
  const s = await scene({ clock });
  const root = await post(s, 'root');
  const to = { recipient_user_id: s.alice, recipient_team_id: s.w.teamId };
  const start = (more: object) => s.web.apiCall('chat.startStream', { channel: s.channel, thread_ts: root, ...more });
  expect(await refusal(start({}))).toBe('missing_recipient_user_id');
  expect(await refusal(start({ recipient_user_id: s.alice }))).toBe('missing_recipient_team_id');
  const { ts } = (await start({ ...to, markdown_text: 'Checking' })) as unknown as { ts: string };
  const append = (markdown_text: string) =>
    s.web.apiCall('chat.appendStream', { channel: s.channel, ts, markdown_text });
  await append(' endpoints');
  expect(await refusal(s.web.chat.update({ channel: s.channel, ts, text: 'x' }))).toBe('streaming_state_conflict');
  expect(await refusal(append('x'.repeat(12_001)))).toBe('msg_too_long');
  await s.web.apiCall('chat.stopStream', { channel: s.channel, ts, markdown_text: '.', blocks: section('done') });
  expect(s.w.thread(s.channel, root)).toMatchObject([{ text: 'Checking endpoints.', blocks: [{ type: 'section' }] }]);
  expect(await refusal(append('more'))).toBe('message_not_in_streaming_state');
  await s.web.chat.update({ channel: s.channel, ts, text: 'after the end' });

  const second = (await start(to)) as unknown as { ts: string };
  clock.advance(5 * 60_000 + 1);
  const late = s.web.apiCall('chat.appendStream', { channel: s.channel, ts: second.ts, markdown_text: 'late' });
  expect(await refusal(late)).toBe('message_not_in_streaming_state');
});

test('blocks.validate judges as posting does, without a token', async () => {
  const { w } = await scene();
  const web = webClient(w, '');
  const bad = await refusalData(
    web.apiCall('blocks.validate', { blocks: [{ type: 'header', text: { type: 'mrkdwn', text: 'x' } }] }),
  );
  expect(bad).toMatchObject({
    error: 'invalid_blocks',
    errors: [{ code: 'failed_constraint', pointer: '/0/text/type' }],
  });
  expect(await web.apiCall('blocks.validate', { blocks: section('ok') })).toMatchObject({ ok: true });
});
