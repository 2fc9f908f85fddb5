/** Starts kubewhy's own processes as children and ends them again: by signal, and when this process ends however it may. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The built executable, next to this file in dist; from the sources (tests under tsx) the built one too. */
const EXECUTABLE = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const READY_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 10_000;
const LOG_LINES = 200;

/** A running child. `line` is the log record with which it said that it is ready. */
export interface RunningProcess {
  readonly name: string;
  readonly pid: number;
  readonly line: Readonly<Record<string, unknown>>;
  /** What was started, to start the same again. */
  readonly spec: ProcessSpec;
  /** The last lines it wrote, for errors. */
  readonly log: readonly string[];
  readonly exited: Promise<number | null>;
  kill(signal: NodeJS.Signals): void;
  /** SIGTERM, then SIGKILL after ten seconds; resolves when it is gone. */
  stop(): Promise<void>;
}

/** What to start: the arguments after the executable, the whole environment, and the message that says it is ready. */
export interface ProcessSpec {
  readonly name: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly ready: string;
}

const children = new Set<ChildProcess>();
// A parent that dies of an error must not leave children behind; they are told even then.
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

/**
 * Starts a child and waits until it says that it is ready.
 * @throws Error with its last words where it ends before, or says nothing for 30 s.
 */
export async function startProcess(spec: ProcessSpec): Promise<RunningProcess> {
  const env = { PATH: process.env['PATH'] ?? '/usr/bin:/bin', HOME: process.env['HOME'] ?? '/', ...spec.env };
  const child = spawn(process.execPath, [EXECUTABLE, ...spec.args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  children.add(child);
  const log: string[] = [];
  const exited = new Promise<number | null>((resolve) => {
    child.once('exit', (code) => {
      children.delete(child);
      resolve(code);
    });
  });
  const line = await readyLine(child, spec, log, exited);
  return {
    name: spec.name,
    pid: child.pid ?? 0,
    line,
    spec,
    log,
    exited,
    kill: (signal) => void child.kill(signal),
    stop: () => stopChild(child, exited),
  };
}

async function readyLine(
  child: ChildProcess,
  spec: ProcessSpec,
  log: string[],
  exited: Promise<number | null>,
): Promise<Record<string, unknown>> {
  let timer: NodeJS.Timeout | undefined;
  const ready = new Promise<Record<string, unknown>>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      eachLine(stream, (line) => {
        log.push(line);
        if (log.length > LOG_LINES) log.shift();
        const record = parseRecord(line);
        if (record?.['msg'] === spec.ready) resolve(record);
      });
    }
  });
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () =>
        reject(
          new Error(
            `${spec.name} did not become ready in ${READY_TIMEOUT_MS / 1000} s. Its last words: ${log.slice(-5).join(' | ')}`,
          ),
        ),
      READY_TIMEOUT_MS,
    );
  });
  const gone = exited.then((code) => {
    throw new Error(
      `${spec.name} ended with code ${code ?? 'none'} before it was ready. Its last words: ${log.slice(-5).join(' | ')}`,
    );
  });
  try {
    return await Promise.race([ready, late, gone]);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  } finally {
    clearTimeout(timer);
    gone.catch(() => undefined);
  }
}

function eachLine(stream: NodeJS.ReadableStream | null, onLine: (line: string) => void): void {
  let rest = '';
  stream?.setEncoding('utf8');
  stream?.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = (lines.pop() ?? '').slice(-100_000);
    for (const line of lines) if (line !== '') onLine(line);
  });
}

function parseRecord(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

async function stopChild(child: ChildProcess, exited: Promise<number | null>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await exited;
  clearTimeout(timer);
}
