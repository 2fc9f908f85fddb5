/** `response_url`: at most five posts in thirty minutes, new messages, and changes to the message whose button was pressed. */
import { ApiError } from './api-error.ts';
import { isObject, objects } from './args.ts';
import { blocksError, findProblems, withServerFields } from './blocks/validate.ts';
import { changeMessage, deleteMessage, findMessage, storedText, storeEphemeral, storeMessage } from './messages.ts';
import type { Json } from './types.ts';
import type { ResponseUrl, World } from './world.ts';

const MAX_USES = 5;
const LIFETIME_MS = 30 * 60_000;

/** Makes a response address for one command or click and gives its URL. */
export function newResponseUrl(world: World, entry: Omit<ResponseUrl, 'expiresAt' | 'uses'>): string {
  const folder = entry.kind === 'slash' ? 'commands' : 'actions';
  const path = `/${folder}/${world.identity.teamId}/${Math.floor(world.ids.random() * 1e13)}/${world.ids.token(24)}`;
  world.state.responseUrls.set(path, { ...entry, uses: 0, expiresAt: world.clock.now() + LIFETIME_MS });
  return world.baseUrl + path;
}

type Source = NonNullable<ResponseUrl['source']>;

interface Said {
  text: string;
  blocks: Json[];
  empty: boolean;
}

/** Reads a message from a response body or an acknowledgement. Throws `invalid_blocks` and the like. */
export function readSaid(world: World, body: Json): Said {
  const raw = body['blocks'];
  const blocks = typeof raw === 'string' ? (JSON.parse(raw) as unknown) : raw;
  if (blocks !== undefined && blocks !== null) {
    if (!Array.isArray(blocks)) throw new ApiError('invalid_blocks_format');
    // Unlike chat.postMessage this path was seen to accept blocks over the cumulative limit.
    const problems = findProblems(blocks, 'message');
    if (problems.length > 0) throw blocksError('invalid_blocks', problems);
  }
  const list = objects(blocks);
  const text = typeof body['text'] === 'string' ? body['text'] : '';
  if (text.trim() === '' && list.length > 0) world.ledger.warn('no-top-level-text', 'response: blocks without `text`');
  return {
    text: storedText(text),
    blocks: withServerFields(list, () => world.ids.token(5)),
    empty: text === '' && list.length === 0 && objects(body['attachments']).length === 0,
  };
}

const yes = (value: unknown): boolean => value === true || value === 'true';

/** What a body asks for the message it came from. Where it does not say, the default is Slack's, and that is noted. */
function wishFor(world: World, source: Source, body: Json): 'delete' | 'replace' | 'leave' {
  if (yes(body['delete_original'])) return 'delete';
  const asked = body['replace_original'];
  if (asked !== undefined) return yes(asked) ? 'replace' : 'leave';
  world.ledger.warn(
    'replace-original-unsaid',
    'say replace_original true or false: the default differs by message kind',
  );
  return source.ephemeral || body['response_type'] === 'in_channel' ? 'replace' : 'leave';
}

function changeEphemeral(
  world: World,
  url: ResponseUrl,
  source: Source,
  wish: 'delete' | 'replace',
  said: Said,
): boolean {
  const found = world.state.ephemerals.find((e) => e.ts === source.ts && e.user === url.userId);
  if (!found) return false;
  const at = world.clock.now();
  if (wish === 'delete') {
    found.deleted = true;
    found.frames.push({ at, kind: 'delete', text: '', blocks: [] });
  } else {
    Object.assign(found, { text: said.text, blocks: said.blocks });
    found.frames.push({ at, kind: 'update', text: said.text, blocks: said.blocks });
  }
  world.changed();
  return true;
}

function changeSource(world: World, url: ResponseUrl, body: Json, said: Said): 'done' | 'go-on' {
  const { source } = url;
  if (!source) return 'go-on';
  const wish = wishFor(world, source, body);
  if (wish === 'leave') return 'go-on';
  if (source.ephemeral) {
    if (!changeEphemeral(world, url, source, wish, said)) return 'go-on';
  } else {
    const found = findMessage(world, url.channelId, source.ts);
    if (!found) return 'go-on';
    if (wish === 'delete') deleteMessage(world, found);
    else changeMessage(world, found, { text: said.text, blocks: said.blocks, edited: said.blocks.length === 0 });
  }
  return wish === 'delete' && !said.empty ? 'go-on' : 'done';
}

function post(world: World, url: ResponseUrl, body: Json, said: Said): void {
  const channel = world.state.channels.get(url.channelId);
  if (!channel) return;
  const inChannel = body['response_type'] === 'in_channel';
  const threadTs = typeof body['thread_ts'] === 'string' ? body['thread_ts'] : undefined;
  if (inChannel) {
    storeMessage(world, {
      channel,
      user: world.identity.botUserId,
      origin: 'response_url',
      text: said.text,
      blocks: said.blocks,
      attachments: objects(body['attachments']),
      ...(threadTs === undefined ? {} : { threadTs }),
    });
    return;
  }
  const thread = threadTs ?? url.source?.threadTs;
  storeEphemeral(world, {
    channel: channel.id,
    user: url.userId,
    origin: 'response_url',
    text: said.text,
    blocks: said.blocks,
    ...(thread === undefined ? {} : { threadTs: thread }),
  });
}

/** Takes one post to a response address. Gives the status and text that Slack answers. */
export function takeResponse(world: World, path: string, raw: string): { status: number; body: string } {
  const url = world.state.responseUrls.get(path);
  if (!url || world.clock.now() > url.expiresAt || url.uses >= MAX_USES) {
    return { status: 404, body: url ? (url.uses >= MAX_USES ? 'used_url' : 'expired_url') : 'not_found' };
  }
  try {
    const body = JSON.parse(raw) as unknown;
    if (!isObject(body)) return { status: 400, body: 'invalid_payload' };
    const said = readSaid(world, body);
    if (said.empty && !yes(body['delete_original'])) return { status: 400, body: 'no_text' };
    url.uses += 1;
    if (changeSource(world, url, body, said) === 'go-on' && !said.empty) post(world, url, body, said);
    return { status: 200, body: 'ok' };
  } catch (error) {
    return { status: 400, body: error instanceof ApiError ? error.code : 'invalid_payload' };
  }
}
