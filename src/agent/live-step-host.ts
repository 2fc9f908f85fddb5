/** The machine that the agent runs on, as steps change it: programs without a shell, files beside their place and renamed. */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, rename, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { HostError } from './host.ts';
import { errnoOf, hostErrorOf } from './host-errors.ts';
import { locateProgram, runProgram } from './run-program.ts';
import { assertEffect, type Put, type StepHost, writable } from './step-host.ts';

const MAX_OUTPUT = 64 * 1024;
/** Far more than any of these files is in practice. */
const MAX_FILE = 256 * 1024;
const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK } = constants;

export interface LiveStepOptions {
  /** Where the machine's files begin; for tests. Default `/`. */
  readonly root?: string;
  /** Where programs are looked for; for tests. Default the system's four. */
  readonly folders?: readonly string[];
}

/** Makes the writing side of this machine. */
export function createLiveStepHost(options: LiveStepOptions = {}): StepHost {
  const real = (path: string): string => join(options.root ?? '/', path);
  const load = async (path: string): Promise<string> => {
    writable(path);
    return (await snapshot(real(path), path)).text;
  };
  return {
    run: async (program, args, timeoutMs) => {
      assertEffect(program, args);
      const limits = { timeoutMs, maxBytes: MAX_OUTPUT };
      return await runProgram(await locateProgram(program, options.folders), program, args, limits);
    },
    load,
    put: async (change) => {
      const kind = writable(change.path);
      const like = change.like === undefined ? undefined : real(change.like);
      if (kind === 'kernel') await writeInPlace(real(change.path), change);
      else await replace(real(change.path), change, like);
    },
    remove: async (path, was) => {
      if (writable(path) !== 'own') throw new HostError('denied', `${path} is not a file that this agent may remove`);
      await same(real(path), path, was);
      await attempt(`removing ${path}`, async () => {
        await unlink(real(path));
        await syncFolder(dirname(real(path)));
      });
    },
  };
}

interface Snapshot {
  readonly text: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** Reads a regular file, not through a link. @throws HostError */
async function snapshot(file: string, path: string): Promise<Snapshot> {
  return await attempt(`reading ${path}`, async () => {
    const handle = await openPlain(file, path, O_RDONLY | O_NONBLOCK);
    try {
      const { mode, uid, gid } = await handle.stat();
      const buffer = Buffer.alloc(MAX_FILE + 1);
      let length = 0;
      for (;;) {
        const { bytesRead } = await handle.read(buffer, length, buffer.length - length, null);
        length += bytesRead;
        if (bytesRead === 0) break;
        if (length > MAX_FILE) throw new HostError('too-large', `${path} is larger than ${MAX_FILE} bytes`);
      }
      const bytes = buffer.subarray(0, length);
      const text = bytes.toString('utf8');
      // What is no UTF-8 would be written back as something else.
      if (!Buffer.from(text).equals(bytes)) throw new HostError('failed', `${path} is not UTF-8 text`);
      return { text, mode: mode & 0o7777, uid, gid };
    } finally {
      await handle.close();
    }
  });
}

async function openPlain(file: string, path: string, flags: number): Promise<FileHandle> {
  let handle: FileHandle;
  try {
    handle = await open(file, flags | O_NOFOLLOW);
  } catch (error) {
    if (errnoOf(error) === 'ELOOP') throw new HostError('denied', `${path} is a symbolic link, which is not followed`);
    throw error;
  }
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw new HostError('denied', `${path} is not a regular file`);
}

/** A file of the kernel's is written in one call and cannot be replaced. */
async function writeInPlace(file: string, change: Put): Promise<void> {
  await same(file, change.path, change.was);
  await attempt(`writing ${change.path}`, async () => {
    const handle = await openPlain(file, change.path, O_WRONLY);
    try {
      await handle.truncate(0);
      await handle.write(change.content);
    } finally {
      await handle.close();
    }
  });
}

/** Writes beside the file, syncs, looks whether the file is still as it was, renames. */
async function replace(file: string, change: Put, like: string | undefined): Promise<void> {
  const before = await same(file, change.path, change.was);
  const model = before ?? (like === undefined ? undefined : await snapshot(like, change.like ?? ''));
  await attempt(`writing ${change.path}`, async () => {
    const beside = `${file}.kubewhy-new-${randomBytes(6).toString('hex')}`;
    try {
      const handle = await open(beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
      try {
        await handle.writeFile(change.content);
        if (model !== undefined) await handle.chown(model.uid, model.gid);
        await handle.chmod(model?.mode ?? 0o644);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await same(file, change.path, change.was);
      await rename(beside, file);
      await syncFolder(dirname(file));
    } catch (error) {
      await unlink(beside).catch(() => undefined);
      throw error;
    }
  });
}

/** Gives the file as it is. @throws HostError where it does not hold what it held */
async function same(file: string, path: string, was: string | undefined): Promise<Snapshot | undefined> {
  const now = await snapshot(file, path).catch((error: unknown) => {
    if (error instanceof HostError && error.code === 'not-found') return undefined;
    throw error;
  });
  if (now?.text === was) return now;
  const how = was === undefined ? 'has appeared' : now === undefined ? 'has vanished' : 'was changed by somebody else';
  throw new HostError('failed', `${path} ${how} meanwhile, and was left alone`);
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function attempt<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw hostErrorOf(error, doing);
  }
}
