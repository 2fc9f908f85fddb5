/** A private Redis for the demo and the tests: on a unix socket in a temporary folder, gone with the process that started it. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { access, mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../core/errors.ts';
import { freePort } from './free-port.ts';

export interface PrivateRedis {
  /** For REDIS_URL. */
  readonly url: string;
  /** Ends it at once, as a crash would, and starts it again on the same data. */
  restart(): Promise<void>;
  /** Ends it as a crash would; `restart` brings it back. */
  kill(): Promise<void>;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

const SERVERS = ['redis-server', 'valkey-server'];
const READY_MS = 20_000;

/**
 * The server runs beside a shell that reads its input to the end: when the starter dies, by whatever signal, the input
 * ends, and the shell ends the server and removes the folder.
 */
const KEEPER = `
"$@" </dev/null >"$DIR/log" 2>&1 &
pid=$!
echo $pid >"$DIR/pid"
trap '' INT
cat >/dev/null
kill $pid 2>/dev/null
wait $pid 2>/dev/null
[ -n "$AFTER" ] && $AFTER >/dev/null 2>&1
rm -rf "$DIR"
`;

/**
 * Starts a Redis of one's own: redis-server or valkey-server from the PATH; else, for root where apt is, Debian's package,
 * with a line that says so; else a container. `say` is given what a person should know.
 * @throws UserError with one sentence where none of these is possible.
 */
export async function startRedis(say: (line: string) => void = () => {}): Promise<PrivateRedis> {
  const dir = await mkdtemp(join(folderForSockets(), 'kubewhy-redis-'));
  const binary = (await onPath(SERVERS)) ?? (await installed(say));
  const plan = binary === undefined ? await container(dir, say) : server(binary, dir);
  if (plan === undefined) {
    await rm(dir, { recursive: true, force: true });
    throw new UserError(
      'no-redis',
      'No Redis here: neither redis-server nor valkey-server is on the PATH, apt-get did not install one (that takes root and a network), and no docker answers. Install redis-server (sudo apt-get install redis-server) and try again.',
    );
  }
  const keepers: ChildProcess[] = [];
  const start = async (): Promise<void> => {
    keepers.push(keeper(plan, dir));
    await answers(plan, dir);
  };
  const kill = async (): Promise<void> => {
    const pid = Number(await readFile(join(dir, 'pid'), 'utf8'));
    process.kill(pid, 'SIGKILL');
    await gone(pid);
  };
  try {
    await start();
  } catch (error) {
    await Promise.all(keepers.map(end));
    throw error;
  }
  return {
    url: plan.url,
    kill,
    async restart() {
      await kill().catch(() => undefined);
      await start();
    },
    async stop() {
      await Promise.all(keepers.map(end));
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** The folder for temporary files; a socket's path may be 103 bytes long, so where that folder lies too deep it is /tmp. */
function folderForSockets(): string {
  return Buffer.byteLength(tmpdir()) > 70 ? '/tmp' : tmpdir();
}

interface Plan {
  readonly command: readonly string[];
  readonly url: string;
  readonly target: { readonly path: string } | { readonly host: string; readonly port: number };
  /** A command for after the end. */
  readonly after: string;
}

function server(binary: string, dir: string): Plan {
  const path = join(dir, 'redis.sock');
  const options = ['--port', '0', '--unixsocket', path, '--unixsocketperm', '700', '--dir', dir, '--appendonly', 'yes'];
  return { command: [binary, ...options, '--save', ''], url: `unix://${path}`, target: { path }, after: '' };
}

async function container(dir: string, say: (line: string) => void): Promise<Plan | undefined> {
  if (spawnSync('docker', ['info'], { stdio: 'ignore', timeout: 10_000 }).status !== 0) return undefined;
  say('No redis-server on the PATH: starting one in a container (docker run redis:7).');
  const port = await freePort();
  const name = dir.split('/').at(-1) ?? 'kubewhy-redis';
  return {
    command: [
      'docker',
      'run',
      '--rm',
      '--name',
      name,
      '-p',
      `127.0.0.1:${port}:6379`,
      'redis:7',
      'redis-server',
      '--appendonly',
      'yes',
    ],
    url: `redis://127.0.0.1:${port}/0`,
    target: { host: '127.0.0.1', port },
    after: `docker rm -f ${name}`,
  };
}

async function onPath(names: readonly string[]): Promise<string | undefined> {
  for (const name of names) {
    for (const folder of [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin', '/usr/local/bin', '/usr/sbin']) {
      const path = join(folder, name);
      if (
        folder !== '' &&
        (await access(path, 1).then(
          () => true,
          () => false,
        ))
      )
        return path;
    }
  }
  return undefined;
}

/** Debian's package; its service is told not to start by itself. */
async function installed(say: (line: string) => void): Promise<string | undefined> {
  if (process.getuid?.() !== 0 || (await onPath(['apt-get'])) === undefined) return undefined;
  say('No redis-server on the PATH: installing the package redis-server with apt-get.');
  const install = ['install', '-y', '--no-install-recommends', 'redis-server'];
  if (!(await apt(install, 180_000))) {
    await apt(['update'], 120_000);
    await apt(install, 180_000);
  }
  return onPath(SERVERS);
}

/** Runs apt-get without a word, and not longer than that. @returns whether it did what it was told. */
function apt(args: readonly string[], timeout: number): Promise<boolean> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const child = spawn('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=60', ...args], { stdio: 'ignore', env, timeout });
  return new Promise((resolve) => {
    child.once('error', () => resolve(false));
    child.once('exit', (code) => resolve(code === 0));
  });
}

function keeper(plan: Plan, dir: string): ChildProcess {
  const child = spawn('/bin/sh', ['-c', KEEPER, 'kubewhy-redis', ...plan.command], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // A session of its own: Ctrl-C in the terminal must not end Redis before those who still use it.
    detached: true,
    env: { ...process.env, DIR: dir, AFTER: plan.after },
  });
  child.unref();
  // The pipe must not keep the starter alive either.
  (child.stdin as unknown as { unref?: () => void } | null)?.unref?.();
  child.stdin?.on('error', () => undefined);
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.ref();
  child.stdin?.end();
  await exited;
}

async function answers(plan: Plan, dir: string): Promise<void> {
  const until = Date.now() + READY_MS;
  while (!(await ping(plan))) {
    if (Date.now() > until) {
      const log = await readFile(join(dir, 'log'), 'utf8').catch(() => '');
      throw new Error(`Redis did not start within ${READY_MS / 1000} s: ${log.trim().split('\n').at(-1) ?? 'no log'}`);
    }
    await sleep(25);
  }
}

function ping(plan: Plan): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(plan.target, () => socket.write('PING\r\n'));
    const over = (ok: boolean): void => {
      socket.destroy();
      resolve(ok);
    };
    socket.setTimeout(1000, () => over(false));
    socket.once('data', (data) => over(data.toString().startsWith('+PONG')));
    socket.once('error', () => over(false));
  });
}

async function gone(pid: number): Promise<void> {
  for (let alive = true; alive; ) {
    try {
      process.kill(pid, 0);
      await sleep(10);
    } catch {
      alive = false;
    }
  }
}
