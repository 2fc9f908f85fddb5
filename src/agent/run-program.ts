/** Runs one program of the fixed list: no shell, a clean environment, a time-out, an output cap. */
import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { HostError, type Limits, type RunResult } from './host.ts';
import { errnoOf, hostErrorOf } from './host-errors.ts';

/** Plain English and UTC whatever the host is set to, so that texts and times read the same everywhere. */
const ENVIRONMENT = {
  LC_ALL: 'C',
  TZ: 'UTC',
  PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
  SYSTEMD_COLORS: '0',
  SYSTEMD_PAGER: '',
} as const;

/** Where programs are looked for, whatever PATH says. */
export const PROGRAM_FOLDERS: readonly string[] = ['/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** Gives the absolute path of a program. @throws HostError `not-found` where it is in none of the folders */
export async function locateProgram(program: string, folders = PROGRAM_FOLDERS): Promise<string> {
  for (const folder of folders) {
    const path = `${folder}/${program}`;
    const there = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (there) return path;
  }
  throw new HostError('not-found', `the program ${program} is not installed on this host`);
}

/**
 * Runs `path` and gives its exit code and output; an exit code other than 0 is an answer, not an error.
 * @throws HostError `timeout` where it does not end in time, `failed` where it cannot be started or was killed.
 */
export function runProgram(path: string, name: string, args: readonly string[], limits: Limits): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const timeout = Math.max(1, Math.round(limits.timeoutMs));
    const options = {
      env: ENVIRONMENT,
      timeout,
      killSignal: 'SIGKILL',
      maxBuffer: limits.maxBytes,
      cwd: '/',
      windowsHide: true,
      encoding: 'utf8',
    } as const;
    const child = execFile(path, args, options, (error, stdout, stderr) => {
      if (error === null) return resolve({ code: 0, stdout, stderr, truncated: false });
      if (errnoOf(error) === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') {
        return resolve({ code: 0, stdout, stderr, truncated: true });
      }
      if (typeof error.code === 'number') return resolve({ code: error.code, stdout, stderr, truncated: false });
      if (error.killed === true) {
        return reject(new HostError('timeout', `${name} did not finish within ${timeout} ms`));
      }
      reject(hostErrorOf(error, `running ${name}`));
    });
    child.stdin?.end();
  });
}
