/** kube-proxy as the API server knows it: whether this cluster has one at all, and its Pod on a node. */
import type { Fact, Facts } from '../../core/facts.ts';
import { namespacedRef } from '../../core/object-ref.ts';
import { isStale } from '../model/nodes.ts';
import { podReady } from '../model/pods.ts';
import { proxyViews } from './view.ts';

const DAEMON_SET = namespacedRef('DaemonSet', 'kube-system', 'kube-proxy');

/**
 * True where kube-proxy is in charge: its DaemonSet wants Pods, or a node's kube-proxy says its mode. Without either another
 * proxy may be (Cilium answers on 10256 too, and has no KUBE rules).
 */
export function expectsKubeProxy(facts: Facts): boolean {
  const daemonSet = facts.get('workload', DAEMON_SET);
  if (daemonSet.known) return daemonSet.value.desired > 0;
  return proxyViews(facts).some((view) => view.health?.value.mode !== undefined);
}

/** kube-proxy's Pod on one node; without a name where there is none. */
export interface ProxyPod {
  readonly list: Extract<Fact<'pods'>, { known: true }>;
  readonly name: string | undefined;
  readonly running: boolean;
  readonly state: string;
  readonly restarts: number;
}

/** Gives kube-proxy's Pod on a node; undefined where its Pods are not all known, or the node's word about them is old. */
export function podOn(facts: Facts, node: string): ProxyPod | undefined {
  const list = facts.get('pods', DAEMON_SET);
  if (!list.known || list.value.total > list.value.pods.length || isStale(facts, node)) return undefined;
  const pod = list.value.pods.find((p) => p.nodeName === node);
  if (pod === undefined) return { list, name: undefined, running: false, state: 'absent', restarts: 0 };
  const status = pod.statuses.find((s) => s.name === 'kube-proxy') ?? pod.statuses[0];
  const running = podReady(pod) && (status === undefined || status.state.state === 'running');
  return {
    list,
    name: pod.name,
    running,
    state: status?.state.reason ?? status?.state.state ?? pod.phase,
    restarts: status?.restartCount ?? 0,
  };
}
