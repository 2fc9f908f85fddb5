/** The components that carry packets: calico-node, calico-kube-controllers and kube-proxy, with Pods, events and logs. */
import type { PodObject } from '../../core/evidence/workload.ts';
import { namespacedRef } from '../../core/object-ref.ts';
import { type Context, unreadyNames } from '../context.ts';
import { getOrUndefined } from '../lists.ts';
import { podReady } from '../objects/pod.ts';
import { toWorkload } from '../objects/workload.ts';
import { collectEvents, collectLog, collectPodEvents, collectPods } from './pods.ts';

const EVENTS = 10;
/** Logs of calico-node are read from its sick Pods, and from all of them on a cluster of a handful of nodes. */
const LOGS = 6;

/** Reads a workload of kind DaemonSet or Deployment by name; undefined where there is none. */
async function collectComponent(context: Context, kind: string, namespace: string, name: string): Promise<boolean> {
  const object = namespacedRef(kind, namespace, name);
  const command = `kubectl -n ${namespace} get ${kind.toLowerCase()} ${name} -o yaml`;
  const value = await context.gather.read({ kind: 'workload', object, command }, async () => {
    const path = `/apis/apps/v1/namespaces/${namespace}/${kind.toLowerCase()}s/${name}`;
    const raw = await getOrUndefined(context.cluster, path, context.signal);
    return raw === undefined ? undefined : toWorkload(kind, raw);
  });
  return value !== undefined;
}

/** Reads calico-node's DaemonSet and Pods; gives the Pods. */
export async function readCalicoPods(context: Context): Promise<readonly PodObject[]> {
  const install = await context.shared.calico;
  if (install === undefined || install.kind === 'none' || !context.plan.calico) return [];
  const namespace = install.namespace ?? (install.kind === 'operator' ? 'calico-system' : 'kube-system');
  const [pods] = await Promise.all([
    collectPods(context, {
      object: namespacedRef('DaemonSet', namespace, 'calico-node'),
      namespace,
      selector: 'k8s-app=calico-node',
    }),
    collectComponent(context, 'DaemonSet', namespace, 'calico-node'),
  ]);
  return pods;
}

/** Reads what Calico says about itself: events and logs of its Pods, and its kube-controllers. */
export async function collectCalicoWords(context: Context): Promise<void> {
  const [install, pods] = await Promise.all([context.shared.calico, context.shared.calicoPods]);
  if (install === undefined || install.kind === 'none') return;
  const namespace = install.namespace ?? 'calico-system';
  const sick = pods.filter((pod) => !podReady(pod));
  const spoken = pods.length <= LOGS ? pods : sick.slice(0, LOGS);
  await Promise.all([
    collectPodEvents(context, sick, EVENTS),
    ...spoken.map((pod) => collectLog(context, pod, 'calico-node')),
    collectKubeControllers(context, namespace),
  ]);
}

async function collectKubeControllers(context: Context, namespace: string): Promise<void> {
  const name = 'calico-kube-controllers';
  if (!(await collectComponent(context, 'Deployment', namespace, name))) return;
  const object = namespacedRef('Deployment', namespace, name);
  const pods = await collectPods(context, { object, namespace, selector: `k8s-app=${name}` });
  await Promise.all(
    pods
      .slice(0, 2)
      .flatMap((pod) => [
        collectLog(context, pod, name),
        collectEvents(context, namespacedRef('Pod', pod.namespace, pod.name)),
      ]),
  );
}

/** Reads kube-proxy's DaemonSet and Pods, the events and logs of those that are not Ready. It may also run outside of Kubernetes. */
export async function collectKubeProxy(context: Context): Promise<void> {
  if (!(await collectComponent(context, 'DaemonSet', 'kube-system', 'kube-proxy'))) return;
  const object = namespacedRef('DaemonSet', 'kube-system', 'kube-proxy');
  const pods = await collectPods(context, { object, namespace: 'kube-system', selector: 'k8s-app=kube-proxy' });
  // On a node without kubelet nobody writes statuses; its Pods are not Ready for that reason.
  const dead = new Set(unreadyNames((await context.shared.nodes) ?? []));
  const sick = pods.filter((pod) => !podReady(pod) && !dead.has(pod.nodeName ?? '')).slice(0, 3);
  await Promise.all([
    collectPodEvents(context, sick, sick.length),
    ...sick.map((pod) => collectLog(context, pod, 'kube-proxy')),
  ]);
}
