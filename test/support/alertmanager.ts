/** A real Alertmanager for a test, alone or in a cluster of two, with amtool to talk to it. */
import { execFile } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../src/sandbox/free-port.ts';
import { eventually, type LoopbackServer, startServer } from './loopback-server.ts';
import type { PrometheusTools } from './prometheus-tools.ts';

export interface AlertmanagerOptions {
  readonly tools: PrometheusTools;
  /** alertmanager.yml, as text. */
  readonly config: string;
  /** Cluster addresses (`clusterAddress`) of Alertmanagers to join. Given, even empty, it listens for peers; else it is alone. */
  readonly peers?: readonly string[];
  /** Further flags. */
  readonly flags?: readonly string[];
}

export interface AmtoolAnswer {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

export interface TestAlertmanager extends LoopbackServer {
  /** `127.0.0.1:port` for the `peers` of another; empty where it is alone. */
  readonly clusterAddress: string;
  /** Writes the config and has it read. @throws Error with Alertmanager's words where it refuses it. */
  reload(config: string): Promise<void>;
  /** Runs amtool against it. Never throws: the exit code says how it went. */
  amtool(...args: readonly string[]): Promise<AmtoolAnswer>;
}

/** Starts an Alertmanager on a free loopback port and waits until it is ready; `stop` or `stopServers` ends it. */
export async function startAlertmanager(options: AlertmanagerOptions): Promise<TestAlertmanager> {
  const { tools } = options;
  const folder = await mkdtemp(join(tmpdir(), 'kubewhy-alertmanager-'));
  const configFile = join(folder, 'alertmanager.yml');
  await writeFile(configFile, options.config);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const clusterAddress = options.peers === undefined ? '' : `127.0.0.1:${await freePort()}`;
  const server = await startServer({
    folder,
    url,
    readyPath: '/-/ready',
    command: [
      tools.alertmanager,
      `--config.file=${configFile}`,
      `--storage.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      `--cluster.listen-address=${clusterAddress}`,
      ...(options.peers ?? []).map((peer) => `--cluster.peer=${peer}`),
      '--log.level=debug',
      ...(options.flags ?? []),
    ],
  });
  return {
    ...server,
    clusterAddress,
    async reload(config) {
      await writeFile(configFile, config);
      const answer = await fetch(`${url}/-/reload`, { method: 'POST' });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`Alertmanager refused the config: ${text.trim()}`);
    },
    amtool: (...args) => run(tools.amtool, [`--alertmanager.url=${url}`, '--no-version-check', ...args], folder),
  };
}

/**
 * Starts two Alertmanagers that know each other, each with its own config (the same text for both is the usual case).
 * `peerTimeout` is how long the second waits for the first one's notification to be gossiped before it sends too.
 */
export async function startAlertmanagerPair(
  options: Omit<AlertmanagerOptions, 'peers'> & { readonly peerTimeout?: string },
): Promise<readonly [TestAlertmanager, TestAlertmanager]> {
  const flags = [
    '--cluster.settle-timeout=1s',
    `--cluster.peer-timeout=${options.peerTimeout ?? '2s'}`,
    '--cluster.gossip-interval=50ms',
    ...(options.flags ?? []),
  ];
  const first = await startAlertmanager({ ...options, flags, peers: [] });
  const second = await startAlertmanager({ ...options, flags, peers: [first.clusterAddress] });
  const together = async (alertmanager: TestAlertmanager): Promise<boolean> => {
    const status = await fetch(`${alertmanager.url}/api/v2/status`).then((answer) => answer.json());
    const { cluster } = status as { cluster: { status: string; peers?: unknown[] } };
    return cluster.status === 'ready' && cluster.peers?.length === 2;
  };
  await eventually(
    async () => (await together(first)) && (await together(second)),
    () => `the two Alertmanagers did not find each other:\n${second.logs().slice(-2000)}`,
    20_000,
  );
  return [first, second];
}

function run(program: string, args: readonly string[], home: string): Promise<AmtoolAnswer> {
  return new Promise((resolve) => {
    // HOME: an amtool.yml of the person at the machine must not change what the test sees.
    const env = { HOME: home, USER: 'kubewhy-test', TZ: 'UTC' };
    execFile(program, args, { env, timeout: 30_000 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ stdout, stderr, code });
    });
  });
}
