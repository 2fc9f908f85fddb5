/** files.*: the three steps of an upload, sharing into a thread, and the place that takes the bytes. */
import { ApiError, invalidArguments } from '../api-error.ts';
import { isObject, objects, textOf } from '../args.ts';
import { messageBlocks, withServerFields } from '../blocks/validate.ts';
import { writableChannel } from '../channels.ts';
import { storedText, storeMessage } from '../messages.ts';
import type { Json, StoredFile } from '../types.ts';
import type { World } from '../world.ts';
import { readThread } from './chat.ts';
import type { Method } from './method.ts';

const MAX_FILE_BYTES = 1_073_741_824;

function fileJson(world: World, f: StoredFile): Json {
  return {
    id: f.id,
    created: Math.floor(f.createdAt / 1000),
    timestamp: Math.floor(f.createdAt / 1000),
    name: f.name,
    title: f.title,
    mimetype: 'text/plain',
    filetype: f.snippetType ?? 'text',
    user: world.identity.botUserId,
    size: f.content?.length ?? 0,
    mode: f.snippetType === undefined ? 'hosted' : 'snippet',
    ...(f.altText === undefined ? {} : { alt_txt: f.altText }),
    url_private: `${world.baseUrl}/files-pri/${f.id}/${encodeURIComponent(f.name)}`,
    url_private_download: `${world.baseUrl}/files-pri/${f.id}/download/${encodeURIComponent(f.name)}`,
    permalink: `https://${world.identity.teamDomain}.slack.com/files/${world.identity.botUserId}/${f.id}`,
    channels: f.channels,
  };
}

function liveFile(world: World, id: string): StoredFile {
  const file = world.state.files.get(id);
  if (!file || file.state === 'deleted') throw new ApiError('file_not_found');
  return file;
}

/** Takes the bytes of one upload address. Returns the status and body that Slack's file host answers. */
export function takeUpload(world: World, key: string, content: Buffer): { status: number; body: string } {
  const file = [...world.state.files.values()].find((f) => f.uploadKey === key);
  if (file?.state !== 'waiting') return { status: 404, body: 'file not found or already uploaded' };
  if (content.length !== file.length) {
    world.ledger.warn('upload-length', `${file.name}: ${content.length} bytes came, ${file.length} were announced`);
    return { status: 400, body: 'length does not match' };
  }
  file.content = content;
  file.state = 'uploaded';
  world.changed();
  return { status: 200, body: `OK - ${content.length}` };
}

export const FILES: Record<string, Method> = {
  'files.getUploadURLExternal'(world, args) {
    const name = args.need('filename');
    const length = args.count('length', 0, MAX_FILE_BYTES + 1);
    if (length < 1) throw invalidArguments('must be at least 1 [json-pointer:/length]');
    if (length > MAX_FILE_BYTES) throw new ApiError('file_upload_size_restricted');
    const [altText, snippetType] = [args.text('alt_txt') ?? args.text('alt_text'), args.text('snippet_type')];
    const file: StoredFile = {
      id: world.ids.id('F'),
      name,
      title: name,
      ...(altText === undefined ? {} : { altText }),
      ...(snippetType === undefined ? {} : { snippetType }),
      length,
      state: 'waiting',
      uploadKey: world.ids.token(40),
      channels: [],
      createdAt: world.clock.now(),
    };
    world.state.files.set(file.id, file);
    return { upload_url: `${world.baseUrl}/upload/v1/${file.uploadKey}`, file_id: file.id };
  },
  'files.completeUploadExternal'(world, args) {
    const given = args.json('files', 'invalid_arguments');
    const named = objects(given);
    if (named.length === 0) throw invalidArguments('no less than 1 items allowed [json-pointer:/files]');
    const files = named.map((f) => ({ file: liveFile(world, textOf(f, 'id')), title: textOf(f, 'title') }));
    // Bytes that never came, or a file completed before, are unknown to the second step.
    if (files.some(({ file }) => file.state !== 'uploaded')) throw new ApiError('file_not_found');
    const target = args.text('channel_id') ?? args.text('channels');
    const channels = (target ?? '')
      .split(',')
      .filter((c) => c !== '')
      .map((c) => writableChannel(world, c));
    const threads = channels.map((c) => readThread(world, args, c));
    const blocks = messageBlocks(args.json('blocks', 'invalid_blocks_format'));
    for (const { file, title } of files) {
      file.state = 'complete';
      if (title !== '') file.title = title;
      file.channels = channels.map((c) => c.id);
    }
    const shown = files.map(({ file }) => fileJson(world, file));
    channels.forEach((channel, i) => {
      const threadTs = threads[i];
      storeMessage(world, {
        channel,
        user: world.identity.botUserId,
        origin: 'api',
        text: storedText(args.text('initial_comment') ?? ''),
        blocks: withServerFields(blocks, () => world.ids.token(5)),
        files: shown,
        ...(threadTs === undefined ? {} : { threadTs }),
      });
    });
    world.changed();
    return { files: shown };
  },
  'files.info'(world, args) {
    return { file: fileJson(world, liveFile(world, args.need('file'))) };
  },
  'files.delete'(world, args) {
    const file = liveFile(world, args.need('file'));
    file.state = 'deleted';
    for (const messages of world.state.messages.values()) {
      for (const m of messages) m.files = m.files.filter((f) => !isObject(f) || f['id'] !== file.id);
    }
    world.changed();
    return {};
  },
};
