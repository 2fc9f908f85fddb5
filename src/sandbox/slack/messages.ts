/** The store of messages: posting, changing, deleting, threads, and the JSON that Slack shows of a message. */
import { messageEvent } from './events.ts';
import type { Json, MessageOrigin, SlackChannel, StoredEphemeral, StoredMessage } from './types.ts';
import type { World } from './world.ts';

const CONTROL = /<(?:[@#!][^<>\s][^<>]*|(?:https?|mailto|tel):[^<>]+)>/g;

/** Text as Slack stores it: `&`, `<` and `>` escaped, except in entities and in `<@U…>`, `<!date…>` and links. */
export function storedText(text: string): string {
  const escape = (s: string): string =>
    s
      .replace(/&(?!(?:amp|lt|gt);)/g, '&amp;')
      .replace(/</g, '&lt;')
      .replace(/>/g, '&gt;');
  let out = '';
  let from = 0;
  for (const found of text.matchAll(CONTROL)) {
    out += escape(text.slice(from, found.index)) + found[0];
    from = found.index + found[0].length;
  }
  return out + escape(text.slice(from));
}

export interface Draft {
  channel: SlackChannel;
  user: string;
  origin: MessageOrigin;
  text: string;
  blocks?: Json[];
  attachments?: Json[];
  threadTs?: string;
  broadcast?: boolean;
  metadata?: Json;
  files?: Json[];
}

/** All messages of a channel, replies and deleted ones among them, oldest first. */
export function channelMessages(world: World, channelId: string): StoredMessage[] {
  return world.state.messages.get(channelId) ?? [];
}

/** A message that still stands, by its timestamp. */
export function findMessage(world: World, channelId: string, ts: string): StoredMessage | undefined {
  return channelMessages(world, channelId).find((m) => m.ts === ts && !m.deleted);
}

const STREAM_MS = 5 * 60_000;

/** Whether a message still grows: begun, not stopped, and not older than the five minutes Slack allows. */
export function isStreaming(world: World, message: StoredMessage): boolean {
  const begun = world.state.streams.get(message.ts);
  return begun !== undefined && world.clock.now() - begun <= STREAM_MS;
}

/** The replies of a thread without its root, oldest first. */
export function repliesOf(world: World, channelId: string, rootTs: string): StoredMessage[] {
  return channelMessages(world, channelId).filter((m) => m.threadTs === rootTs && m.ts !== rootTs && !m.deleted);
}

/** Stores a message and tells the app where it is subscribed. */
export function storeMessage(world: World, draft: Draft): StoredMessage {
  const at = world.clock.now();
  const message: StoredMessage = {
    channel: draft.channel.id,
    ts: world.ids.ts(),
    ...(draft.threadTs === undefined ? {} : { threadTs: draft.threadTs }),
    user: draft.user,
    own: draft.user === world.identity.botUserId,
    origin: draft.origin,
    text: draft.text,
    blocks: draft.blocks ?? [],
    attachments: draft.attachments ?? [],
    ...(draft.metadata === undefined ? {} : { metadata: draft.metadata }),
    files: draft.files ?? [],
    broadcast: draft.broadcast ?? false,
    reactions: [],
    at,
    deleted: false,
    frames: [{ at, kind: 'post', text: draft.text, blocks: draft.blocks ?? [] }],
  };
  channelMessages(world, draft.channel.id).push(message);
  if (draft.threadTs !== undefined && message.own) world.state.statuses.delete(`${draft.channel.id}:${draft.threadTs}`);
  world.changed();
  messageEvent(world, draft.channel, messageJson(world, message));
  return message;
}

/** Changes a stored message and keeps the former state in its frames. */
export function changeMessage(
  world: World,
  message: StoredMessage,
  next: { text: string; blocks: Json[]; attachments?: Json[]; metadata?: Json | null; edited?: boolean },
): void {
  const channel = world.state.channels.get(message.channel);
  const previous = messageJson(world, message);
  message.text = next.text;
  message.blocks = next.blocks;
  if (next.attachments) message.attachments = next.attachments;
  if (next.metadata === null) delete message.metadata;
  else if (next.metadata !== undefined) message.metadata = next.metadata;
  if (next.edited) message.edited = { user: message.user, ts: world.ids.ts() };
  message.frames.push({ at: world.clock.now(), kind: 'update', text: next.text, blocks: next.blocks });
  world.changed();
  if (!channel) return;
  messageEvent(world, channel, {
    type: 'message',
    subtype: 'message_changed',
    hidden: true,
    ts: world.ids.ts(),
    message: messageJson(world, message),
    previous_message: previous,
  });
}

/** Takes a message away; its states stay known. */
export function deleteMessage(world: World, message: StoredMessage): void {
  const channel = world.state.channels.get(message.channel);
  message.deleted = true;
  message.frames.push({ at: world.clock.now(), kind: 'delete', text: '', blocks: [] });
  world.changed();
  if (!channel) return;
  messageEvent(world, channel, {
    type: 'message',
    subtype: 'message_deleted',
    hidden: true,
    ts: world.ids.ts(),
    deleted_ts: message.ts,
    previous_message: messageJson(world, message),
  });
}

/** Shows a message to one person only. */
export function storeEphemeral(
  world: World,
  e: Pick<StoredEphemeral, 'channel' | 'user' | 'origin' | 'text' | 'blocks'> & { threadTs?: string },
): StoredEphemeral {
  const at = world.clock.now();
  const stored: StoredEphemeral = {
    ...e,
    ts: world.ids.ts(),
    at,
    deleted: false,
    frames: [{ at, kind: 'post', text: e.text, blocks: e.blocks }],
  };
  world.state.ephemerals.push(stored);
  world.changed();
  return stored;
}

/** A message as the Web API, payloads and events show it. */
export function messageJson(world: World, m: StoredMessage): Json {
  const { appId, botId, teamId } = world.identity;
  return {
    type: 'message',
    ...(m.files.length > 0 ? { subtype: 'file_share' } : {}),
    ...(m.broadcast ? { subtype: 'thread_broadcast' } : {}),
    user: m.user,
    ...(m.own ? { bot_id: botId, app_id: appId, bot_profile: botProfile(world) } : {}),
    team: world.state.people.get(m.user)?.teamId ?? teamId,
    text: m.text,
    ts: m.ts,
    ...content(m),
    ...threadPart(world, m),
  };
}

function content(m: StoredMessage): Json {
  const reactions = m.reactions.map((r) => ({ name: r.name, users: r.users, count: r.users.length }));
  return {
    ...(m.blocks.length > 0 ? { blocks: m.blocks } : {}),
    ...(m.attachments.length > 0 ? { attachments: m.attachments } : {}),
    ...(m.metadata === undefined ? {} : { metadata: m.metadata }),
    ...(m.files.length > 0 ? { files: m.files } : {}),
    ...(m.edited === undefined ? {} : { edited: m.edited }),
    ...(reactions.length > 0 ? { reactions } : {}),
  };
}

/** A reply names its root; a root with replies counts them. */
function threadPart(world: World, m: StoredMessage): Json {
  if (m.threadTs !== undefined && m.threadTs !== m.ts) {
    const root = findMessage(world, m.channel, m.threadTs);
    return { thread_ts: m.threadTs, parent_user_id: root?.user ?? world.identity.botUserId };
  }
  const replies = repliesOf(world, m.channel, m.ts);
  const last = replies.at(-1);
  if (!last) return {};
  const users = [...new Set(replies.map((r) => r.user))];
  return {
    thread_ts: m.ts,
    reply_count: replies.length,
    reply_users: users,
    reply_users_count: users.length,
    latest_reply: last.ts,
    is_locked: false,
  };
}

function botProfile(world: World): Json {
  const { appId, botId, teamId } = world.identity;
  return {
    id: botId,
    deleted: false,
    name: 'kubewhy',
    updated: 1_700_000_000,
    app_id: appId,
    icons: {},
    team_id: teamId,
  };
}

/** Whether a person sees this channel's messages: a member of it. */
export function sees(channel: SlackChannel, userId: string): boolean {
  return channel.members.includes(userId);
}

/** The thread root that a `thread_ts` means. A reply's ts leads to its root, as Slack does, and is noted. */
export function threadRoot(world: World, channel: SlackChannel, threadTs: string): StoredMessage | undefined {
  const found = findMessage(world, channel.id, threadTs);
  if (found?.threadTs === undefined || found.threadTs === found.ts) return found;
  world.ledger.warn('thread-ts-of-a-reply', `thread_ts ${threadTs} is a reply; its root is ${found.threadTs}`, {
    channel: channel.id,
  });
  return findMessage(world, channel.id, found.threadTs);
}
