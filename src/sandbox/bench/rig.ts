/** What every measurement stands on: a private Redis, a simulated workspace, the real bot, and real workers on demand. */
import { createLog } from '../../adapters/log.ts';
import { QUEUE_PREFIX } from '../../adapters/queue/producer.ts';
import { closeRedis, connectRedis } from '../../adapters/store/redis.ts';
import { queueName } from '../../core/jobs.ts';
import { type RunningProcess, startProcess } from '../processes.ts';
import { startRedis } from '../redis.ts';
import { startSlackWorkspace } from '../slack/workspace.ts';
import type { SlackWorkspace } from '../slack/workspace-types.ts';

/** The name under which every cluster here is asked about. */
const CLUSTER = 'bench';

/** Where a worker finds its cluster and the agents. */
export interface ClusterAccess {
  readonly kubeconfigFile: string;
  readonly agentMap: string;
  readonly tls: { readonly ca: string; readonly cert: string; readonly key: string };
}

export interface Rig {
  readonly slack: SlackWorkspace;
  readonly bot: RunningProcess;
  /** Starts a worker of its own process; it is ended with `stop`, at the latest by `close`. */
  startWorker(cluster: ClusterAccess): Promise<RunningProcess>;
  /** Questions that wait in the queue for a worker. */
  queued(): Promise<number>;
  close(): Promise<void>;
}

/** Starts all but a worker. Limits on questions are as an operator would raise them for a load test. */
export async function startRig(say: (line: string) => void): Promise<Rig> {
  const workers: RunningProcess[] = [];
  const releasers: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(workers.map((worker) => worker.stop()));
    for (let release = releasers.pop(); release !== undefined; release = releasers.pop())
      await release().catch(() => undefined);
  };
  try {
    const redis = await startRedis(say);
    releasers.push(() => redis.stop());
    const slack = await startSlackWorkspace();
    releasers.push(() => slack.close());
    const env = {
      REDIS_URL: redis.url,
      KUBEWHY_SLACK_BOT_TOKEN: slack.botToken,
      KUBEWHY_SLACK_APP_TOKEN: slack.appToken,
      KUBEWHY_SLACK_API_URL: slack.apiUrl,
      KUBEWHY_CLUSTER: CLUSTER,
      KUBEWHY_LIMIT_PER_PERSON: '10000',
      KUBEWHY_LIMIT_PER_CLUSTER: '100000',
    };
    const bot = await startProcess({ name: 'bot', args: ['bot'], env, ready: 'bot ready' });
    releasers.push(() => bot.stop());
    const client = connectRedis(redis.url, 'patient', createLog('bench', 'error', process.stderr));
    releasers.push(() => closeRedis(client));
    return {
      slack,
      bot,
      startWorker: async (cluster) => {
        const worker = await startProcess({
          name: 'worker',
          args: ['worker'],
          env: { ...env, ...workerEnvironment(cluster) },
          ready: 'worker ready',
        });
        workers.push(worker);
        return worker;
      },
      queued: () => client.llen(`${QUEUE_PREFIX}:${queueName(CLUSTER)}:wait`),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function workerEnvironment({ kubeconfigFile, agentMap, tls }: ClusterAccess): Record<string, string> {
  return {
    KUBEWHY_KUBECONFIG: kubeconfigFile,
    KUBEWHY_AGENTS: agentMap,
    KUBEWHY_AGENT_CA: tls.ca,
    KUBEWHY_AGENT_CLIENT_CERT: tls.cert,
    KUBEWHY_AGENT_CLIENT_KEY: tls.key,
  };
}

/** The same for a question from the terminal, as flags. */
export function terminalFlags({ kubeconfigFile, agentMap, tls }: ClusterAccess): string[] {
  const agents = ['--agents', agentMap, '--agent-ca', tls.ca, '--agent-cert', tls.cert, '--agent-key', tls.key];
  return ['--kubeconfig', kubeconfigFile, ...agents];
}
