/** The machine that the agent runs on, read-only: files, a fixed list of programs without a shell, sockets. */
import { constants } from 'node:fs';
import { open, readdir, readlink, statfs } from 'node:fs/promises';
import { type Host, HostError, type Program, type RunResult } from './host.ts';
import { hostErrorOf, withTimeout } from './host-errors.ts';
import { getLoopback, tcpConnect, unixExchange } from './live-sockets.ts';
import { locateProgram, PROGRAM_FOLDERS, runProgram } from './run-program.ts';

/** A file on a hung file system must not hold up a probe for ever. */
const FILE_TIMEOUT_MS = 5000;

/** Makes the live host. It keeps nothing but the absolute paths of the programs it has found; `folders` is for tests. */
export function createLiveHost(folders = PROGRAM_FOLDERS): Host {
  const found = new Map<Program, string>();

  async function locate(program: Program): Promise<string> {
    const known = found.get(program);
    if (known !== undefined) return known;
    const path = await locateProgram(program, folders);
    found.set(program, path);
    return path;
  }

  return {
    readFile: (path, maxBytes) => fileRead(path, () => readCapped(path, maxBytes)),
    readDir: (path) => fileRead(path, () => readdir(path)),
    readLink: (path) => fileRead(path, () => readlink(path)),
    statFs: (path) =>
      fileRead(path, async () => {
        const size = await statfs(path);
        const blockKiB = size.bsize / 1024;
        return {
          sizeKiB: Math.round(size.blocks * blockKiB),
          availableKiB: Math.round(size.bavail * blockKiB),
          inodes: size.files,
          inodesFree: size.ffree,
        };
      }),
    run: async (program, args, limits): Promise<RunResult> => runProgram(await locate(program), program, args, limits),
    connect: tcpConnect,
    unix: unixExchange,
    http: getLoopback,
    now: () => Date.now(),
  };
}

async function fileRead<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await withTimeout(read(), FILE_TIMEOUT_MS, `reading ${path} did not finish within ${FILE_TIMEOUT_MS} ms`);
  } catch (error) {
    throw hostErrorOf(error, `reading ${path}`);
  }
}

/** Files under /proc have size 0: reads until the end, and at most one byte more than allowed. */
async function readCapped(path: string, maxBytes: number): Promise<string> {
  // A named pipe in place of a file would hold a thread of the process for ever.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const chunks: Buffer[] = [];
    let total = 0;
    for (;;) {
      const chunk = Buffer.alloc(Math.min(64 * 1024, maxBytes + 1 - total));
      const { bytesRead } = await file.read(chunk, 0, chunk.length, null);
      if (bytesRead === 0) return Buffer.concat(chunks).toString('utf8');
      chunks.push(chunk.subarray(0, bytesRead));
      total += bytesRead;
      if (total > maxBytes) throw new HostError('too-large', `${path} is larger than ${maxBytes} bytes`);
    }
  } finally {
    await file.close();
  }
}
