/** The whole product on one machine: Redis, a Slack workspace, the recorded cluster, the real bot, worker and remediator. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HostRecordingInput } from '../agent/recording.ts';
import type { ClusterModel } from './cluster/simulate/model.ts';
import { fixIdentities, type KeyFiles, makeKeys, REMEDIATOR, WORKER, writePolicy } from './fix-setup.ts';
import { type RunningProcess, startProcess } from './processes.ts';
import {
  type ClusterState,
  type RecordedCluster,
  type RecordedClusterOptions,
  startRecordedCluster,
} from './recorded-cluster.ts';
import { type PrivateRedis, startRedis } from './redis.ts';
import { startSlackWorkspace } from './slack/workspace.ts';
import type { SlackOptions, SlackWorkspace } from './slack/workspace-types.ts';

export interface Platform {
  readonly folder: string;
  readonly slack: SlackWorkspace;
  readonly cluster: RecordedCluster;
  readonly redis: PrivateRedis;
  readonly redisUrl: string;
  readonly bot: RunningProcess;
  readonly worker: RunningProcess;
  /** Only where fixes are on. */
  readonly remediator?: RunningProcess;
  /** The environment of bot and worker, to start more of them. */
  readonly env: Readonly<Record<string, string>>;
  /** The remediator's own, with its write rights and its key. */
  readonly remediatorEnv: Readonly<Record<string, string>>;
  /** Changes the policy of fixes, as an editor would. */
  setPolicy(text: string): Promise<void>;
  close(): Promise<void>;
}

export interface PlatformOptions {
  readonly state: ClusterState;
  /** All nodes that may get an agent. */
  readonly nodes: readonly string[];
  readonly clusterName: string;
  readonly language?: 'en' | 'zh-cn';
  readonly slack?: SlackOptions;
  /** Turns fixes on: keys, a policy and a remediator. `policy` is asked when the workspace is there, and may add people to it. */
  readonly fixes?: {
    readonly policy: (slack: SlackWorkspace) => string;
    /** Of the state; without it a write has no consequences. */
    readonly model?: ClusterModel;
    readonly speed?: number;
    readonly hostNotes?: (host: HostRecordingInput) => HostRecordingInput;
  };
  /** More settings for bot and worker. */
  readonly env?: Readonly<Record<string, string>>;
  /** Told in one line of anything that is found, started or installed. */
  readonly say: (line: string) => void;
}

/** Starts everything; what was started is ended in reverse order, also where a later part fails to start. */
export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  const releasers: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (let release = releasers.pop(); release !== undefined; release = releasers.pop())
      await release().catch(() => undefined);
  };
  const starting: Promise<unknown>[] = [];
  /** What starts beside something that fails is ended too, once it has started. */
  const owned = <T>(started: Promise<T>, release: (part: T) => Promise<unknown>): Promise<T> => {
    const part = started.then((value) => {
      releasers.push(() => release(value));
      return value;
    });
    starting.push(part);
    return part;
  };
  try {
    const folder = await mkdtemp(join(tmpdir(), 'kubewhy-'));
    releasers.push(() => rm(folder, { recursive: true, force: true }));
    const { fixes } = options;
    const keys = fixes === undefined ? undefined : await makeKeys(folder);
    const identities = fixes === undefined ? undefined : await fixIdentities();
    const living = {
      ...clusterOptions(fixes),
      ...(identities === undefined ? {} : { identities }),
      ...(keys === undefined ? {} : { grantKeyFile: keys.trust }),
    };
    const [redis, slack, cluster] = await Promise.all([
      owned(startRedis(options.say), (part) => part.stop()),
      owned(startSlackWorkspace(options.slack), (part) => part.close()),
      owned(startRecordedCluster(join(folder, 'cluster'), options.state, options.nodes, living), (part) =>
        part.close(),
      ),
    ]);
    const setPolicy = async (text: string): Promise<void> => void (await writePolicy(folder, text));
    const base = environment(redis.url, slack, cluster, options);
    const policyFile = fixes === undefined ? undefined : await writePolicy(folder, fixes.policy(slack));
    const env = keys === undefined ? base : { ...base, ...(await fixEnvironment(cluster, keys, policyFile)) };
    const remediatorEnv = keys === undefined ? {} : await remediatorEnvironment(env, cluster, keys);
    const started = (name: string, its: Record<string, string>): Promise<RunningProcess> =>
      owned(startProcess({ name, args: [name], env: its, ready: `${name} ready` }), (part) => part.stop());
    const [bot, worker, remediator] = await Promise.all([
      started('bot', env),
      started('worker', env),
      keys === undefined ? undefined : started('remediator', remediatorEnv),
    ]);
    const running = { bot, worker, ...(remediator === undefined ? {} : { remediator }) };
    return { folder, slack, cluster, redis, redisUrl: redis.url, ...running, env, remediatorEnv, setPolicy, close };
  } catch (error) {
    await Promise.allSettled(starting);
    await close();
    throw error;
  }
}

function clusterOptions(fixes: PlatformOptions['fixes']): RecordedClusterOptions {
  const { model, speed, hostNotes } = fixes ?? {};
  return {
    ...(model === undefined ? {} : { model }),
    ...(speed === undefined ? {} : { speed }),
    ...(hostNotes === undefined ? {} : { hostNotes }),
  };
}

function environment(
  redisUrl: string,
  slack: SlackWorkspace,
  cluster: RecordedCluster,
  options: PlatformOptions,
): Record<string, string> {
  return {
    REDIS_URL: redisUrl,
    KUBEWHY_SLACK_BOT_TOKEN: slack.botToken,
    KUBEWHY_SLACK_APP_TOKEN: slack.appToken,
    KUBEWHY_SLACK_API_URL: slack.apiUrl,
    KUBEWHY_CLUSTER: options.clusterName,
    KUBEWHY_KUBECONFIG: cluster.kubeconfigFile,
    KUBEWHY_AGENTS: cluster.agentMap,
    KUBEWHY_AGENT_CA: cluster.tls.ca,
    KUBEWHY_AGENT_CLIENT_CERT: cluster.tls.cert,
    KUBEWHY_AGENT_CLIENT_KEY: cluster.tls.key,
    KUBEWHY_LANGUAGE: options.language ?? 'en',
    ...options.env,
  };
}

/** What bot and worker get for fixes; the worker's kubeconfig can only read. */
async function fixEnvironment(
  cluster: RecordedCluster,
  keys: KeyFiles,
  policyFile: string | undefined,
): Promise<Record<string, string>> {
  return {
    KUBEWHY_BOT_KEY: keys.bot,
    KUBEWHY_WORKER_KEY: keys.worker,
    KUBEWHY_TRUST: keys.trust,
    KUBEWHY_KUBECONFIG: await cluster.kubeconfigFor(WORKER),
    ...(policyFile === undefined ? {} : { KUBEWHY_POLICY: policyFile }),
  };
}

/** The remediator's environment: no Slack token, no other process' key. */
async function remediatorEnvironment(
  env: Readonly<Record<string, string>>,
  cluster: RecordedCluster,
  keys: KeyFiles,
): Promise<Record<string, string>> {
  const kept = Object.entries(env).filter(
    ([name]) =>
      !name.startsWith('KUBEWHY_SLACK_') &&
      !['KUBEWHY_BOT_KEY', 'KUBEWHY_WORKER_KEY', 'KUBEWHY_KUBECONFIG'].includes(name),
  );
  return {
    ...Object.fromEntries(kept),
    KUBEWHY_REMEDIATOR_KEY: keys.remediator,
    KUBEWHY_REMEDIATOR_KUBECONFIG: await cluster.kubeconfigFor(REMEDIATOR),
  };
}
