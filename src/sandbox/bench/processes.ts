/** What the system knows of processes: peak memory, children, and the time that a command took of the clock and of the CPU. */
import { spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const EXECUTABLE = fileURLToPath(new URL('../../../dist/main.js', import.meta.url));

/** Most memory that a process ever held (VmHWM), in bytes; undefined where /proc does not say. */
export async function peakMemory(pid: number): Promise<number | undefined> {
  const kilobytes = await statusOf(pid, 'VmHWM');
  return kilobytes === undefined ? undefined : kilobytes * 1024;
}

/** Pids of this process's own children whose command line has the word. */
export async function childrenWith(word: string): Promise<number[]> {
  const entries = await readdir('/proc').catch(() => []);
  const found = await Promise.all(
    entries
      .filter((entry) => /^\d+$/.test(entry))
      .map(async (entry) => {
        const pid = Number(entry);
        if ((await statusOf(pid, 'PPid')) !== process.pid) return [];
        const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
        return command.split('\0').includes(word) ? [pid] : [];
      }),
  );
  return found.flat();
}

async function statusOf(pid: number, name: string): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const found = new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1];
  return found === undefined ? undefined : Number(found);
}

/** A command that has run. Times in milliseconds. */
export interface Ran {
  readonly code: number | null;
  readonly wallMs: number;
  /** User and system time of all its threads. */
  readonly cpuMs: number;
  readonly out: string;
}

/** Prints the CPU time of the command (its only child) behind it; `times` is built into every POSIX shell. */
const SCRIPT = '"$@"; code=$?; times >&2; exit $code';

/** Runs kubewhy with these arguments as a terminal would, without a terminal's progress line. */
export async function runKubewhy(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const base = { PATH: process.env['PATH'] ?? '/usr/bin:/bin', HOME: process.env['HOME'] ?? '/', LC_ALL: 'C' };
  const started = performance.now();
  const child = spawn('/bin/sh', ['-c', SCRIPT, 'sh', process.execPath, EXECUTABLE, ...args], {
    env: { ...base, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const out: string[] = [];
  const err: string[] = [];
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => out.push(chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => err.push(chunk));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const wallMs = performance.now() - started;
  const last = err.join('').trimEnd().split('\n').at(-1) ?? '';
  return { code, wallMs, cpuMs: cpuTime(last), out: out.join('') };
}

/** `0m0.310s 0m0.052s`: user and system time of a shell's children, in milliseconds. */
export function cpuTime(line: string): number {
  const parts = [...line.matchAll(/(\d+)m([\d.]+)s/g)];
  if (parts.length !== 2) throw new Error(`The shell told no times of the command; it said "${line.slice(0, 200)}".`);
  return parts.reduce((sum, [, minutes, seconds]) => sum + Number(minutes) * 60_000 + Number(seconds) * 1000, 0);
}
