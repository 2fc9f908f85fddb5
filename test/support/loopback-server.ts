/** A real server as a test has it: own folder, own loopback port, its log kept, ended with the test and, if need be, by its keeper. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface LoopbackServer {
  readonly url: string;
  readonly folder: string;
  /** Everything that it logged so far, over its restarts. */
  logs(): string;
  /** Resolves when the log holds the text. @throws Error with the log's end where it does not within the time, in ms. */
  logged(text: string | RegExp, within?: number): Promise<void>;
  /** Ends it at once, as a crash would; its folder stays. */
  kill(): Promise<void>;
  /** Starts it again on the same port and folder (kills it first where it runs) and waits until it is ready. */
  restart(): Promise<void>;
  /** Ends it (SIGTERM, after 5 s SIGKILL) and removes its folder; a second call does nothing. */
  stop(): Promise<void>;
}

export interface ServerPlan {
  /** Made by the caller, removed by `stop`. */
  readonly folder: string;
  readonly url: string;
  /** Asked until it answers 200. */
  readonly readyPath: string;
  readonly command: readonly [string, ...string[]];
}

const READY_MS = 30_000;
const STOP_MS = 5_000;

/** Reads its input to the end: that is when the starter is gone, by whatever signal. Then ends the server and removes the folder. */
const KEEPER = `
trap '' INT TERM HUP
cat >/dev/null
[ -f "$DIR/pid" ] && kill -9 "$(cat "$DIR/pid")" 2>/dev/null
rm -rf "$DIR"
`;

const running = new Set<LoopbackServer>();

/** Stops every server of this test file that still runs: for `afterEach` or `afterAll`, which run where a test failed too. */
export async function stopServers(): Promise<void> {
  await Promise.all([...running].map((server) => server.stop()));
}

/** Starts the server and waits until it is ready. @throws Error with the end of its log where it ends before or takes 30 s. */
export async function startServer(plan: ServerPlan): Promise<LoopbackServer> {
  const { folder, url } = plan;
  const logFile = join(folder, 'log');
  const logs = (): string => {
    try {
      return readFileSync(logFile, 'utf8');
    } catch {
      return '';
    }
  };
  const keeper = startKeeper(folder);
  let child: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    child = await launch(plan, logFile);
    await ready(plan, child, logs);
  };
  const finish = async (signal: NodeJS.Signals): Promise<void> => {
    if (child !== undefined) await end(child, signal);
    await rm(join(folder, 'pid'), { force: true });
  };
  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    running.delete(server);
    await finish('SIGTERM');
    await endKeeper(keeper);
    await rm(folder, { recursive: true, force: true });
  };
  const server: LoopbackServer = {
    url,
    folder,
    logs,
    logged: (text, within = 10_000) =>
      eventually(
        () => (typeof text === 'string' ? logs().includes(text) : text.test(logs())),
        () => `the log does not say ${String(text)}:\n${logs().slice(-3000)}`,
        within,
      ),
    kill: () => finish('SIGKILL'),
    async restart() {
      await finish('SIGKILL');
      await start();
    },
    stop() {
      stopping ??= stop();
      return stopping;
    },
  };
  running.add(server);
  try {
    await start();
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

/** Waits until the condition holds, asked every 20 ms. @throws Error with `why` where it does not within the time, in ms. */
export async function eventually(
  holds: () => boolean | Promise<boolean>,
  why: () => string,
  within = 10_000,
): Promise<void> {
  const until = Date.now() + within;
  while (!(await holds())) {
    if (Date.now() > until) throw new Error(`after ${within / 1000} s: ${why()}`);
    await sleep(20);
  }
}

async function launch(plan: ServerPlan, logFile: string): Promise<ChildProcess> {
  const log = openSync(logFile, 'a');
  const [program, ...argv] = plan.command;
  const child = spawn(program, argv, { cwd: plan.folder, stdio: ['ignore', log, log], env: { GOMAXPROCS: '1' } });
  closeSync(log);
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  child.unref();
  await writeFile(join(plan.folder, 'pid'), String(child.pid));
  return child;
}

async function ready(plan: ServerPlan, child: ChildProcess, logs: () => string): Promise<void> {
  const lastWords = (): string => `${plan.command[0]} is not ready:\n${logs().slice(-3000)}`;
  await eventually(
    async () => {
      if (ended(child)) throw new Error(lastWords());
      return fetch(plan.url + plan.readyPath, { signal: AbortSignal.timeout(2000) }).then(
        async (answer) => {
          await answer.arrayBuffer();
          return answer.status === 200;
        },
        () => false,
      );
    },
    lastWords,
    READY_MS,
  );
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (ended(child)) return;
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.ref();
  child.kill(signal);
  const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await exited;
  clearTimeout(late);
}

function ended(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function startKeeper(folder: string): ChildProcess {
  const keeper = spawn('/bin/sh', ['-c', KEEPER], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', DIR: folder },
  });
  keeper.unref();
  // The pipe must not keep the starter alive either.
  (keeper.stdin as unknown as { unref?: () => void } | null)?.unref?.();
  keeper.stdin?.on('error', () => undefined);
  return keeper;
}

async function endKeeper(keeper: ChildProcess): Promise<void> {
  if (ended(keeper)) return;
  const exited = new Promise<void>((resolve) => keeper.once('exit', () => resolve()));
  keeper.ref();
  keeper.stdin?.end();
  await exited;
}
