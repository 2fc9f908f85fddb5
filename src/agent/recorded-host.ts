/** A host read from a recording: the same interface, so that recorded nodes go through the same probes and server. */
import { readFile, stat } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { errorText } from '../core/errors.ts';
import { type Host, HostError, type HostErrorCode, type RunResult } from './host.ts';
import { issueText } from './issue-text.ts';
import { shiftJournal, shiftSince, shiftTimes } from './recorded-time.ts';
import { HostRecording } from './recording.ts';

const MAX_RECORDING_BYTES = 64 * 1024 * 1024;

/** A recording as it is served: `shiftMs` is added to every recorded time, `loadedAt` is when its clock began to run. */
interface Loaded {
  readonly recording: HostRecording;
  readonly children: ReadonlyMap<string, ReadonlySet<string>>;
  readonly recordedAt: number;
  readonly loadedAt: number;
  readonly shiftMs: number;
  /** The host's time zone by its /etc/localtime. */
  readonly zone: string | undefined;
  readonly stamp: string;
}

export interface RecordedHost extends Host {
  readonly node: string;
  /** The next read takes the file anew, whatever its time says: two changes in one tick of a file system's clock look alike. */
  reread(): void;
}

/**
 * Opens a recording. It is read again when the file changes; its clock then begins anew at `recordedAt`.
 * Every time it serves is moved by `shiftMs`, by default so far that the recording was made just now.
 * @throws Error with one sentence where the file cannot be read or is no recording.
 */
export async function createRecordedHost(path: string, shiftMs?: number): Promise<RecordedHost> {
  let loaded = await load(path, shiftMs);
  let asked = 0;
  let served = 0;

  async function current(): Promise<Loaded> {
    const stamp = await stampOf(path).catch(() => loaded.stamp);
    const now = asked;
    if (served < now || stamp !== loaded.stamp) {
      loaded = await load(path, shiftMs);
      served = Math.max(served, now);
    }
    return loaded;
  }

  return {
    node: loaded.recording.node,
    reread: () => {
      asked += 1;
    },
    readFile: async (file, maxBytes) => {
      const { recording, loadedAt } = await current();
      const text = recording.files[file];
      if (text === undefined) throw missing(`reading ${file}`);
      if (Buffer.byteLength(text) > maxBytes)
        throw new HostError('too-large', `${file} is larger than ${maxBytes} bytes`);
      return file === '/proc/uptime' ? agedUptime(text, Date.now() - loadedAt) : text;
    },
    readDir: async (folder) => {
      const children = (await current()).children.get(folder.replace(/\/+$/, '') || '/');
      if (children === undefined) throw missing(`reading ${folder}`);
      return [...children];
    },
    readLink: async (link) => {
      const target = (await current()).recording.links[link];
      if (target === undefined) throw missing(`reading ${link}`);
      return target;
    },
    statFs: async (mount) => {
      const size = (await current()).recording.fileSystems[mount];
      if (size === undefined) throw missing(`reading the size of ${mount}`);
      return size;
    },
    run: async (program, args, limits): Promise<RunResult> => {
      const { recording, shiftMs: shift, zone } = await current();
      const answer = recording.commands[[program, ...args].join(' ')];
      if (answer === undefined) throw missing(`running ${program}`);
      if ('error' in answer) throw new HostError(answer.error, answer.message);
      const whole =
        program === 'journalctl' ? shiftJournal(answer.stdout, shift) : shiftTimes(answer.stdout, shift, zone);
      const truncated = Buffer.byteLength(whole) > limits.maxBytes;
      const stdout = truncated ? Buffer.from(whole).subarray(0, limits.maxBytes).toString('utf8') : whole;
      return { code: answer.code, stdout, stderr: answer.stderr, truncated };
    },
    connect: async (address, port, timeoutMs) => {
      const { recording } = await current();
      const key = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
      const { result, ms, detail } = recording.connects[key] ?? recording.connectDefault;
      const taken = result === 'timeout' ? timeoutMs : Math.min(ms, timeoutMs);
      // A recorded connect takes as long as it took: the callers' deadlines mean the same here as on a live node.
      await wait(taken);
      return detail === undefined ? { result, ms: taken } : { result, ms: taken, detail };
    },
    unix: async (socket, request, limits) => {
      const { recording, shiftMs: shift } = await current();
      const known = recording.sockets[socket];
      if (known === undefined) throw missing(`asking the socket ${socket}`);
      if ('error' in known) throw new HostError(known.error, known.message);
      const answer = known.answers[request];
      if (answer === undefined) throw missing(`asking the socket ${socket} for "${request}"`);
      return capped(shiftSince(answer, shift), limits.maxBytes, socket);
    },
    http: async (url, limits) => {
      const { recording, shiftMs: shift } = await current();
      const known = recording.http[url];
      if (known === undefined) throw missing(`GET ${url}`);
      if ('error' in known) throw new HostError(known.error, known.message);
      return { status: known.status, body: capped(shiftTimes(known.body, shift), limits.maxBytes, url) };
    },
    now: () => loaded.recordedAt + loaded.shiftMs + (Date.now() - loaded.loadedAt),
  };
}

async function load(path: string, shiftMs: number | undefined): Promise<Loaded> {
  let recording: HostRecording;
  let stamp: string;
  try {
    stamp = await stampOf(path);
    const parsed = HostRecording.safeParse(JSON.parse(await readFile(path, 'utf8')));
    if (!parsed.success) throw new Error(`it is no recording ${issueText(parsed.error)}`);
    recording = parsed.data;
  } catch (error) {
    throw new Error(`the recorded host ${path} cannot be used: ${errorText(error)}`, { cause: error });
  }
  const recordedAt = Date.parse(recording.recordedAt);
  if (Number.isNaN(recordedAt)) throw new Error(`the recorded host ${path} has no time in recordedAt (RFC 3339)`);
  const loadedAt = Date.now();
  const children = foldersOf([...Object.keys(recording.files), ...Object.keys(recording.links)]);
  const zone = /zoneinfo\/(.+)$/.exec(recording.links['/etc/localtime'] ?? '')?.[1];
  return { recording, children, recordedAt, loadedAt, shiftMs: shiftMs ?? loadedAt - recordedAt, zone, stamp };
}

async function stampOf(path: string): Promise<string> {
  const { mtimeMs, size, ino } = await stat(path);
  if (size > MAX_RECORDING_BYTES) throw new Error(`it is larger than ${MAX_RECORDING_BYTES} bytes`);
  return `${mtimeMs} ${size} ${ino}`;
}

/** Gives each folder's entries; folders follow from the paths of files and links. */
function foldersOf(paths: readonly string[]): Map<string, Set<string>> {
  const children = new Map<string, Set<string>>();
  for (const path of paths) {
    const parts = path.split('/').slice(1);
    for (let depth = 0; depth < parts.length; depth += 1) {
      const folder = `/${parts.slice(0, depth).join('/')}`;
      const entries = children.get(folder) ?? new Set<string>();
      entries.add(parts[depth] ?? '');
      children.set(folder, entries);
    }
  }
  return children;
}

/** The recorded uptime grows with the clock, so that the time of the boot stands still. */
function agedUptime(text: string, elapsedMs: number): string {
  return text.replace(/^\s*(\d+(?:\.\d+)?)/, (_, seconds: string) => (Number(seconds) + elapsedMs / 1000).toFixed(2));
}

function capped(text: string, maxBytes: number, what: string): string {
  if (Buffer.byteLength(text) > maxBytes)
    throw new HostError('too-large', `${what} answered more than ${maxBytes} bytes`);
  return text;
}

function missing(doing: string, code: HostErrorCode = 'not-found'): HostError {
  return new HostError(code, `${doing} failed: it does not exist`);
}
