/** `--keep`: leaves the demo's parts running and says how to reach them, until somebody interrupts. */
import type { ClusterModel } from '../cluster/simulate/model.ts';
import type { Platform } from '../platform.ts';
import type { ClusterState } from '../recorded-cluster.ts';

/** Puts the cluster back into its first stage and prints what to type in another terminal. */
export async function keepRunning(
  platform: Platform,
  first: ClusterState,
  model: ClusterModel,
  say: (line: string) => void,
): Promise<void> {
  await platform.cluster.load(first, model);
  const { kubeconfigFile, agentMap, tls } = platform.cluster;
  say('');
  say('The cluster is back in stage 1, lives, and keeps running. In another terminal:');
  say(`  export KUBECONFIG=${kubeconfigFile}`);
  say('  kubectl get nodes -o wide');
  say(`  npx kubewhy why-not-reachable 30080 --agents ${agentMap} \\`);
  say(`    --agent-ca ${tls.ca} --agent-cert ${tls.cert} --agent-key ${tls.key}`);
  say(`  REDIS_URL=${platform.redisUrl} KUBEWHY_TRUST=${platform.env['KUBEWHY_TRUST'] ?? ''} npx kubewhy audit verify`);
  say(`  Slack's Web API: ${platform.slack.apiUrl}`);
  say('Ctrl-C ends everything.');
}

/** Resolves with undefined at the first Ctrl-C or SIGTERM; the caller then ends what it started. */
export function onInterrupt(listener: () => void): Promise<undefined> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        listener();
        resolve(undefined);
      });
    }
  });
}
