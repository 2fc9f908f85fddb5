/** chat.*: posting, updating, deleting, ephemerals and permalinks. */
import { ApiError, invalidArguments } from '../api-error.ts';
import { type Args, isObject, objects } from '../args.ts';
import { messageBlocks, TEXT_NOTED_ABOVE, textSum, withServerFields } from '../blocks/validate.ts';
import { visibleChannel, writableChannel } from '../channels.ts';
import { isTs } from '../ids.ts';
import {
  changeMessage,
  deleteMessage,
  findMessage,
  isStreaming,
  messageJson,
  sees,
  storedText,
  storeEphemeral,
  storeMessage,
  threadRoot,
} from '../messages.ts';
import type { Json, SlackChannel, StoredMessage } from '../types.ts';
import type { World } from '../world.ts';
import type { Method } from './method.ts';

const TEXT_CUT_AT = 40_000;
const TEXT_SPLIT_ABOVE = 4000;
const METADATA_BYTES = 16_384;

interface Content {
  text: string;
  blocks: Json[];
  attachments: Json[];
  hasBlocks: boolean;
  hasText: boolean;
}

function readAttachments(args: Args): Json[] {
  const attachments = objects(args.json('attachments', 'invalid_attachments'));
  if (attachments.length > 100) throw new ApiError('too_many_attachments');
  return attachments;
}

function noteContent(world: World, who: string, channel: string, text: string, blocks: Json[]): void {
  const note = (name: string, detail: string): void => world.ledger.warn(name, who + detail, { channel });
  if (text.trim() === '' && blocks.length > 0) {
    note('no-top-level-text', 'blocks without `text`: nothing for screen readers and notifications');
  }
  if (text.length > TEXT_SPLIT_ABOVE) {
    note('long-text', `text of ${text.length} characters; Slack may split it above ${TEXT_SPLIT_ABOVE}`);
  }
  const sum = textSum(blocks);
  if (sum > TEXT_NOTED_ABOVE) {
    note('much-block-text', `${sum} characters of text in blocks; keep below ${TEXT_NOTED_ABOVE}`);
  }
}

/** Reads and checks what a message says. Throws what Slack throws; notes what Slack accepts but readers suffer from. */
function readContent(world: World, args: Args, method: string, channel: string): Content {
  const given = args.json('blocks', 'invalid_blocks_format');
  const markdown = args.text('markdown_text');
  const text = args.text('text') ?? '';
  if (markdown !== undefined && (text !== '' || given !== undefined)) throw new ApiError('markdown_text_conflict');
  if (markdown !== undefined && markdown.length > 12_000) throw new ApiError('msg_too_long');
  const attachments = readAttachments(args);
  const blocks = messageBlocks(given ?? (markdown === undefined ? undefined : [{ type: 'markdown', text: markdown }]));
  if (text === '' && blocks.length === 0 && attachments.length === 0) throw new ApiError('no_text');
  noteContent(world, `${method}: `, channel, markdown === undefined ? text : markdown, blocks);
  return {
    text: storedText(text === '' ? (markdown ?? '') : text),
    blocks: withServerFields(blocks, () => world.ids.token(5)),
    attachments,
    hasBlocks: given !== undefined || markdown !== undefined,
    hasText: text !== '',
  };
}

function readMetadata(args: Args): Json | undefined {
  const metadata = args.json('metadata', 'invalid_metadata_format');
  if (metadata === undefined) return undefined;
  if (!isObject(metadata)) throw new ApiError('invalid_metadata_format');
  if (Object.keys(metadata).length === 0) return metadata;
  if (typeof metadata['event_type'] !== 'string' || !isObject(metadata['event_payload'])) {
    throw new ApiError('invalid_metadata_schema');
  }
  if (Buffer.byteLength(JSON.stringify(metadata)) > METADATA_BYTES) throw new ApiError('metadata_too_large');
  return metadata;
}

/** The thread a call names, as its root's ts. Throws `invalid_thread_ts` or `thread_not_found`. */
export function readThread(world: World, args: Args, channel: SlackChannel): string | undefined {
  const given = args.raw['thread_ts'];
  if (given === undefined || given === null || given === '') return undefined;
  if (!isTs(given)) throw new ApiError('invalid_thread_ts');
  const root = threadRoot(world, channel, given);
  if (!root) {
    world.ledger.warn('unknown-thread', `no message ${given} in ${channel.id}`, { channel: channel.id });
    throw new ApiError('thread_not_found');
  }
  return root.ts;
}

function cut(text: string): { text: string; warning: Json } {
  if (text.length <= TEXT_CUT_AT) return { text, warning: {} };
  const said = '[WARN] Your message was truncated but still posted. Consider reducing its length.';
  return {
    text: text.slice(0, TEXT_CUT_AT),
    warning: { warning: 'message_truncated', response_metadata: { messages: [said], warnings: ['message_truncated'] } },
  };
}

const postMessage: Method = (world, args) => {
  const channel = writableChannel(world, args.need('channel'));
  const content = readContent(world, args, 'chat.postMessage', channel.id);
  const metadata = readMetadata(args);
  const threadTs = readThread(world, args, channel);
  const { text, warning } = cut(content.text);
  const message = storeMessage(world, {
    channel,
    user: world.identity.botUserId,
    origin: 'api',
    text,
    blocks: content.blocks,
    attachments: content.attachments,
    broadcast: threadTs !== undefined && args.flag('reply_broadcast'),
    ...(threadTs === undefined ? {} : { threadTs }),
    ...(metadata === undefined || Object.keys(metadata).length === 0 ? {} : { metadata }),
  });
  return { channel: channel.id, ts: message.ts, message: messageJson(world, message), ...warning };
};

function ownMessage(world: World, channel: SlackChannel, ts: string, refusal: string): StoredMessage {
  const message = isTs(ts) ? findMessage(world, channel.id, ts) : undefined;
  if (!message) throw new ApiError('message_not_found');
  if (!message.own) throw new ApiError(refusal);
  return message;
}

const update: Method = (world, args) => {
  const channel = visibleChannel(world, args.need('channel'));
  const message = ownMessage(world, channel, args.need('ts'), 'cant_update_message');
  if (channel.archived) throw new ApiError('is_inactive');
  if (isStreaming(world, message)) throw new ApiError('streaming_state_conflict');
  if ((args.text('text') ?? '').length > TEXT_SPLIT_ABOVE) throw new ApiError('msg_too_long');
  const content = readContent(world, args, 'chat.update', channel.id);
  const metadata = readMetadata(args);
  changeMessage(world, message, {
    // Blocks alone keep the old text; text alone removes the blocks.
    text: content.hasText || !content.hasBlocks ? content.text : message.text,
    blocks: content.blocks,
    attachments: content.attachments,
    ...(metadata === undefined ? {} : { metadata: Object.keys(metadata).length === 0 ? null : metadata }),
    edited: !content.hasBlocks,
  });
  return { channel: channel.id, ts: message.ts, text: message.text, message: messageJson(world, message) };
};

const remove: Method = (world, args) => {
  const channel = visibleChannel(world, args.need('channel'));
  const message = ownMessage(world, channel, args.need('ts'), 'cant_delete_message');
  deleteMessage(world, message);
  return { channel: channel.id, ts: message.ts };
};

const postEphemeral: Method = (world, args) => {
  const channel = writableChannel(world, args.need('channel'));
  const user = args.need('user');
  const content = readContent(world, args, 'chat.postEphemeral', channel.id);
  if (!world.state.people.has(user) || !sees(channel, user)) throw new ApiError('user_not_in_channel');
  const given = args.text('thread_ts');
  if (given !== undefined && given !== '' && !isTs(given)) throw new ApiError('invalid_thread_ts');
  const threadTs = readThread(world, args, channel);
  const stored = storeEphemeral(world, {
    channel: channel.id,
    user,
    origin: 'api',
    text: content.text,
    blocks: content.blocks,
    ...(threadTs === undefined ? {} : { threadTs }),
  });
  return { message_ts: stored.ts };
};

const getPermalink: Method = (world, args) => {
  const channel = visibleChannel(world, args.need('channel'));
  const ts = args.need('message_ts');
  const message = isTs(ts) ? findMessage(world, channel.id, ts) : undefined;
  if (!message) throw new ApiError('message_not_found');
  return { channel: channel.id, permalink: permalinkOf(world, message) };
};

function permalinkOf(world: World, message: StoredMessage): string {
  const base = `https://${world.identity.teamDomain}.slack.com/archives/${message.channel}/p${message.ts.replace('.', '')}`;
  return message.threadTs === undefined ? base : `${base}?thread_ts=${message.threadTs}&cid=${message.channel}`;
}

export const CHAT: Record<string, Method> = {
  'chat.postMessage': postMessage,
  'chat.update': update,
  'chat.delete': remove,
  'chat.postEphemeral': postEphemeral,
  'chat.getPermalink': getPermalink,
  'assistant.threads.setStatus'(world, args) {
    const channel = writableChannel(world, args.need('channel_id'));
    const threadTs = args.need('thread_ts');
    if (!isTs(threadTs) || !findMessage(world, channel.id, threadTs)) throw new ApiError('thread_not_found');
    const lines = args.json('loading_messages', 'invalid_arguments');
    if (Array.isArray(lines) && lines.length > 10)
      throw invalidArguments('no more than 10 items allowed [json-pointer:/loading_messages]');
    const key = `${channel.id}:${threadTs}`;
    const status = args.text('status') ?? '';
    if (status === '') world.state.statuses.delete(key);
    else world.state.statuses.set(key, { status, until: world.clock.now() + 120_000 });
    world.changed();
    return {};
  },
};
