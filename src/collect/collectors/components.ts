/** The components that carry packets: calico-node, calico-kube-controllers and kube-proxy, with Pods, events and logs. */
import type { PodObject, Workload } from '../../core/evidence/workload.ts';
import { namespacedRef, nodeRef } from '../../core/object-ref.ts';
import { namedNodes, suspects } from '../agents/choose-nodes.ts';
import { type Context, unreadyNames } from '../context.ts';
import { getOrUndefined } from '../lists.ts';
import { podReady } from '../objects/pod.ts';
import { toWorkload } from '../objects/workload.ts';
import { collectEvents, collectLog, collectPodEvents, collectPods } from './pods.ts';

const EVENTS = 10;
/** Logs of calico-node are read from its sick Pods, and from all of them on a cluster of a handful of nodes. */
const LOGS = 6;
/** On a large cluster: how many of a DaemonSet's Pods are kept, how many are searched for sick ones, nodes looked at by name. */
const HANDFUL = 50;
const SEARCHED = 500;
const IMPORTANT = 8;

/** Reads a workload of kind DaemonSet or Deployment by name; undefined where there is none. */
async function collectComponent(
  context: Context,
  kind: string,
  namespace: string,
  name: string,
): Promise<Workload | undefined> {
  const object = namespacedRef(kind, namespace, name);
  const command = `kubectl -n ${namespace} get ${kind.toLowerCase()} ${name} -o yaml`;
  return await context.gather.read({ kind: 'workload', object, command }, async () => {
    const path = `/apis/apps/v1/namespaces/${namespace}/${kind.toLowerCase()}s/${name}`;
    const raw = await getOrUndefined(context.cluster, path, context.signal);
    return raw === undefined ? undefined : toWorkload(kind, raw);
  });
}

/** Reads calico-node's DaemonSet and Pods; gives the Pods. */
export async function readCalicoPods(context: Context): Promise<readonly PodObject[]> {
  const install = await context.shared.calico;
  if (install === undefined || install.kind === 'none' || !context.plan.calico) return [];
  const namespace = install.namespace ?? (install.kind === 'operator' ? 'calico-system' : 'kube-system');
  const [pods, important] = await Promise.all([
    collectDaemonSet(context, namespace, 'calico-node'),
    collectOnImportantNodes(context, namespace),
  ]);
  return [...new Map([...pods, ...important].map((pod) => [pod.name, pod])).values()];
}

/**
 * Reads a DaemonSet and its Pods. On a large cluster where all of them are ready a handful stands for the rest: the
 * DaemonSet itself counts them.
 */
async function collectDaemonSet(context: Context, namespace: string, name: string): Promise<readonly PodObject[]> {
  const object = namespacedRef('DaemonSet', namespace, name);
  const query = { object, namespace, selector: `k8s-app=${name}` };
  const nodes = (await context.shared.nodes) ?? [];
  if (nodes.length <= context.nodeLimit) {
    const [pods] = await Promise.all([
      collectPods(context, query),
      collectComponent(context, 'DaemonSet', namespace, name),
    ]);
    return pods;
  }
  const set = await collectComponent(context, 'DaemonSet', namespace, name);
  const whole = set !== undefined && set.ready >= set.desired;
  return await collectPods(context, { ...query, max: whole ? HANDFUL : SEARCHED, keep: HANDFUL });
}

/** On a large cluster calico-node's Pods are not all read; those of the nodes that matter are, one by one. */
async function collectOnImportantNodes(context: Context, namespace: string): Promise<readonly PodObject[]> {
  const nodes = (await context.shared.nodes) ?? [];
  if (nodes.length <= context.nodeLimit) return [];
  const [{ question }, endpoints] = await Promise.all([context.shared.target, context.shared.endpoints]);
  const named = namedNodes({ question, nodes });
  const serving = endpoints.flatMap((endpoint) => endpoint.nodeName ?? []).sort();
  // Those of nodes that are not Ready are read with everything else on them.
  const unready = new Set(unreadyNames(nodes));
  const names = [...new Set([...named, ...suspects({ nodes, calicoPods: [] }), ...serving])];
  const chosen = names.filter((name) => !unready.has(name)).slice(0, IMPORTANT);
  const found = await Promise.all(
    chosen.map((name) => {
      const fields = `spec.nodeName=${name}`;
      return collectPods(context, { object: nodeRef(name), namespace, selector: 'k8s-app=calico-node', fields });
    }),
  );
  return found.flat();
}

/** Reads what Calico says about itself: events and logs of its Pods, and its kube-controllers. */
export async function collectCalicoWords(context: Context): Promise<void> {
  const [install, pods] = await Promise.all([context.shared.calico, context.shared.calicoPods]);
  if (install === undefined || install.kind === 'none') return;
  const namespace = install.namespace ?? 'calico-system';
  const sick = pods.filter((pod) => !podReady(pod));
  // Without a kubelet there is nobody to hand out logs.
  const dead = new Set(unreadyNames((await context.shared.nodes) ?? []));
  const live = (pods.length <= LOGS ? pods : sick).filter((pod) => !dead.has(pod.nodeName ?? ''));
  const spoken = live.slice(0, LOGS);
  await Promise.all([
    collectPodEvents(context, sick, EVENTS),
    ...spoken.map((pod) => collectLog(context, pod, 'calico-node')),
    collectKubeControllers(context, namespace),
  ]);
}

async function collectKubeControllers(context: Context, namespace: string): Promise<void> {
  const name = 'calico-kube-controllers';
  if ((await collectComponent(context, 'Deployment', namespace, name)) === undefined) return;
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
  const pods = await collectDaemonSet(context, 'kube-system', 'kube-proxy');
  // On a node without kubelet nobody writes statuses; its Pods are not Ready for that reason.
  const dead = new Set(unreadyNames((await context.shared.nodes) ?? []));
  const sick = pods.filter((pod) => !podReady(pod) && !dead.has(pod.nodeName ?? '')).slice(0, 3);
  await Promise.all([
    collectPodEvents(context, sick, sick.length),
    ...sick.map((pod) => collectLog(context, pod, 'kube-proxy')),
  ]);
}
