/** The whole product on one machine: Redis, a Slack workspace, the recorded cluster, and the real bot and worker. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningProcess, startProcess } from './processes.ts';
import { type ClusterState, type RecordedCluster, startRecordedCluster } from './recorded-cluster.ts';
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
  /** The environment of bot and worker, to start more of them. */
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

export interface PlatformOptions {
  readonly state: ClusterState;
  /** All nodes that may get an agent. */
  readonly nodes: readonly string[];
  readonly clusterName: string;
  readonly language?: 'en' | 'zh-cn';
  readonly slack?: SlackOptions;
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
    const [redis, slack, cluster] = await Promise.all([
      owned(startRedis(options.say), (part) => part.stop()),
      owned(startSlackWorkspace(options.slack), (part) => part.close()),
      owned(startRecordedCluster(join(folder, 'cluster'), options.state, options.nodes), (part) => part.close()),
    ]);
    const env = environment(redis.url, slack, cluster, options);
    const [bot, worker] = await Promise.all([
      owned(startProcess({ name: 'bot', args: ['bot'], env, ready: 'bot ready' }), (part) => part.stop()),
      owned(startProcess({ name: 'worker', args: ['worker'], env, ready: 'worker ready' }), (part) => part.stop()),
    ]);
    return { folder, slack, cluster, redis, redisUrl: redis.url, bot, worker, env, close };
  } catch (error) {
    await Promise.allSettled(starting);
    await close();
    throw error;
  }
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
