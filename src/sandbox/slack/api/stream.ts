/** chat.startStream, appendStream and stopStream: a message that grows, for five minutes at most (facts/slack.md §1.9). */
import { ApiError, invalidArguments } from '../api-error.ts';
import { type Args, objects, textOf } from '../args.ts';
import { messageBlocks, withServerFields } from '../blocks/validate.ts';
import { writableChannel } from '../channels.ts';
import { isTs } from '../ids.ts';
import { changeMessage, findMessage, isStreaming, messageJson, storedText, storeMessage } from '../messages.ts';
import type { SlackChannel, StoredMessage } from '../types.ts';
import type { World } from '../world.ts';
import { readThread } from './chat.ts';
import type { Method } from './method.ts';

const MAX_TEXT = 12_000;
const CHUNKS = ['markdown_text', 'task_update', 'plan_update', 'blocks'];

/** The text that a call adds, from `markdown_text` or from its chunks. */
function addedText(args: Args, required: boolean): string {
  const markdown = args.text('markdown_text');
  const given = args.json('chunks', 'invalid_chunks');
  const chunks = objects(given);
  if (given !== undefined && (!Array.isArray(given) || chunks.some((c) => !CHUNKS.includes(textOf(c, 'type'))))) {
    throw new ApiError('invalid_chunks');
  }
  if (markdown !== undefined && chunks.length > 0) throw new ApiError('markdown_text_conflict');
  if (required && (markdown ?? '') === '' && chunks.length === 0) throw new ApiError('no_text');
  const text = markdown ?? chunks.map((c) => (textOf(c, 'type') === 'markdown_text' ? textOf(c, 'text') : '')).join('');
  if (text.length > MAX_TEXT) throw new ApiError('msg_too_long');
  return text;
}

function streaming(world: World, args: Args): { channel: SlackChannel; message: StoredMessage } {
  const channel = writableChannel(world, args.need('channel'));
  const ts = args.need('ts');
  const message = isTs(ts) ? findMessage(world, channel.id, ts) : undefined;
  if (!message) throw new ApiError('message_not_found');
  if (!message.own) throw new ApiError('message_not_owned_by_app');
  if (!isStreaming(world, message)) throw new ApiError('message_not_in_streaming_state');
  return { channel, message };
}

function grow(world: World, message: StoredMessage, added: string): void {
  changeMessage(world, message, { text: message.text + storedText(added), blocks: message.blocks });
}

export const STREAM: Record<string, Method> = {
  'chat.startStream'(world, args) {
    const channel = writableChannel(world, args.need('channel'));
    const threadTs = readThread(world, args, channel);
    if (threadTs === undefined) throw invalidArguments('missing required field: thread_ts');
    if (channel.kind !== 'dm') {
      if (!args.has('recipient_user_id')) throw new ApiError('missing_recipient_user_id');
      if (!args.has('recipient_team_id')) throw new ApiError('missing_recipient_team_id');
    }
    const text = storedText(addedText(args, false));
    const message = storeMessage(world, { channel, user: world.identity.botUserId, origin: 'api', text, threadTs });
    world.state.streams.set(message.ts, world.clock.now());
    return { channel: channel.id, ts: message.ts };
  },
  'chat.appendStream'(world, args) {
    const { channel, message } = streaming(world, args);
    grow(world, message, addedText(args, true));
    return { channel: channel.id, ts: message.ts };
  },
  'chat.stopStream'(world, args) {
    const { channel, message } = streaming(world, args);
    const blocks = messageBlocks(args.json('blocks', 'invalid_blocks_format'));
    const text = message.text + storedText(addedText(args, false));
    world.state.streams.delete(message.ts);
    changeMessage(world, message, { text, blocks: withServerFields(blocks, () => world.ids.token(5)) });
    return { channel: channel.id, ts: message.ts, message: messageJson(world, message) };
  },
};
