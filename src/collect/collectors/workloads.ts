/** The workload asked about: itself, its owners, its Pods, their events and the last words of those that are not well. */
import type { PodObject, Workload } from '../../core/evidence/workload.ts';
import { compareText, namespacedRef, nodeRef, type ObjectRef } from '../../core/object-ref.ts';
import type { Target } from '../../core/question.ts';
import type { Context } from '../context.ts';
import { getOrUndefined, listAll, selectorText } from '../lists.ts';
import { podReady, toPod } from '../objects/pod.ts';
import { toWorkload } from '../objects/workload.ts';
import { collectEvents, collectLog, collectPodEvents, collectPods } from './pods.ts';
import { WORKLOAD_PATHS } from './target.ts';

const EVENTS = 10;
const SPOKEN = 3;
const CONTAINERS = 3;
const SICK_WORKLOADS = 10;
const REPLICA_SETS = 3;
const MEMORY_NODES = 3;
const NOT_STARTED = ['ContainerCreating', 'PodInitializing'];

/** Reads the Pods of the workload asked about; of a namespace, all of its Pods. */
export async function readWorkloadPods(context: Context): Promise<readonly PodObject[]> {
  const { target } = (await context.shared.target).question;
  const { kind, namespace, name = '' } = target;
  if (kind === 'Namespace') return await collectPods(context, { object: { kind, name }, namespace: name });
  if (namespace === undefined) return [];
  const object = namespacedRef(kind, namespace, name);
  if (kind === 'Pod') return await readOnePod(context, object, namespace);
  const workload = await collectOne(context, kind, namespace, name);
  if (workload === undefined || Object.keys(workload.selector).length === 0) return [];
  return await collectPods(context, { object, namespace, selector: selectorText(workload.selector) });
}

async function readOnePod({ cluster, gather, signal }: Context, object: ObjectRef, namespace: string) {
  const command = `kubectl -n ${namespace} get pod ${object.name} -o yaml`;
  const value = await gather.read({ kind: 'pods', object, command }, async () => {
    const raw = await getOrUndefined(cluster, `/api/v1/namespaces/${namespace}/pods/${object.name}`, signal);
    return { total: raw === undefined ? 0 : 1, pods: raw === undefined ? [] : [toPod(raw)] };
  });
  return value?.pods ?? [];
}

/** Reads what stands around the Pods: owners, ReplicaSets, events, logs. */
export async function collectWorkload(context: Context): Promise<void> {
  const [{ question }, pods] = await Promise.all([context.shared.target, context.shared.targetPods]);
  const { kind, namespace, name = '' } = question.target;
  const sick = pods.filter((pod) => !podReady(pod) && pod.phase !== 'Succeeded');
  const around =
    kind === 'Namespace'
      ? collectSickWorkloads(context, name)
      : namespace === undefined
        ? Promise.resolve()
        : collectAround(context, { kind, namespace, name }, pods);
  await Promise.all([
    around,
    collectPodEvents(context, kind === 'Namespace' ? sick : pods, EVENTS),
    collectLastWords(context, kind === 'Pod' ? pods : sick),
    collectMemoryKills(context, pods),
  ]);
}

interface Named {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

async function collectAround(
  context: Context,
  { kind, namespace, name }: Named,
  pods: readonly PodObject[],
): Promise<void> {
  const own = kind === 'Pod' ? Promise.resolve() : collectEvents(context, namespacedRef(kind, namespace, name));
  const [owner] = pods[0]?.owners ?? [];
  await Promise.all([
    own,
    kind === 'Deployment' ? collectReplicaSets(context, namespace, name) : undefined,
    kind === 'Pod' && owner !== undefined ? collectOwners(context, namespace, owner) : undefined,
  ]);
}

/** Up the chain: a Pod's ReplicaSet, and the Deployment above it. */
async function collectOwners(
  context: Context,
  namespace: string,
  owner: { kind: string; name: string },
): Promise<void> {
  let at: { kind: string; name: string } | undefined = owner;
  for (let depth = 0; depth < 3 && at !== undefined; depth++) {
    const { kind, name }: { kind: string; name: string } = at;
    const events = collectEvents(context, namespacedRef(kind, namespace, name));
    const workload: Workload | undefined = await collectOne(context, kind, namespace, name);
    await events;
    at = workload?.owners[0];
  }
}

/** Reads one workload by kind and name; undefined where it is of a kind that is not known here, or is not there. */
async function collectOne(
  context: Context,
  kind: string,
  namespace: string,
  name: string,
): Promise<Workload | undefined> {
  const served = WORKLOAD_PATHS[kind as Target['kind']];
  if (served === undefined || kind === 'Pod') return undefined;
  const [group, plural] = served;
  const object = namespacedRef(kind, namespace, name);
  const command = `kubectl -n ${namespace} get ${kind.toLowerCase()} ${name} -o yaml`;
  return await context.gather.read({ kind: 'workload', object, command }, async () => {
    const path = `${group}/namespaces/${namespace}/${plural}/${name}`;
    const raw = await getOrUndefined(context.cluster, path, context.signal);
    return raw === undefined ? undefined : toWorkload(kind, raw);
  });
}

/** The Deployment's ReplicaSets that want Pods: it is they whose Pods are refused, and their events say why. */
async function collectReplicaSets(context: Context, namespace: string, name: string): Promise<void> {
  const sets = await listWorkloads(context, 'ReplicaSet', namespace);
  const own = sets.filter(
    (set) => set.desired > 0 && set.owners.some((owner) => owner.kind === 'Deployment' && owner.name === name),
  );
  own.sort((a, b) => compareText(b.createdAt ?? '', a.createdAt ?? ''));
  await Promise.all(own.slice(0, REPLICA_SETS).map((set) => keepWithEvents(context, set)));
}

async function collectSickWorkloads(context: Context, namespace: string): Promise<void> {
  const lists = await Promise.all(
    ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job'].map((kind) =>
      listWorkloads(context, kind, namespace),
    ),
  );
  const sick = lists.flat().filter(isSick);
  await Promise.all(sick.slice(0, SICK_WORKLOADS).map((workload) => keepWithEvents(context, workload)));
}

/** A Job that goes on is no fault; its Pods tell how it goes. */
function isSick({ kind, ready, desired, conditions }: Workload): boolean {
  if (kind === 'Job') return conditions.some(({ type, status }) => type === 'Failed' && status === 'True');
  return ready < desired;
}

async function listWorkloads({ cluster, signal }: Context, kind: string, namespace: string): Promise<Workload[]> {
  const [group, plural] = WORKLOAD_PATHS[kind as Target['kind']] ?? ['', ''];
  const spec = {
    path: `${group}/namespaces/${namespace}/${plural}`,
    parse: (raw: unknown) => toWorkload(kind, raw),
    max: 500,
  };
  // A list that cannot be read names no object that could be kept as unavailable; the Pods' own evidence stays.
  const listed = await listAll(cluster, spec, signal).catch(() => undefined);
  return listed?.items ?? [];
}

async function keepWithEvents(context: Context, workload: Workload): Promise<void> {
  const { kind, namespace, name } = workload;
  const object = namespacedRef(kind, namespace, name);
  const command = `kubectl -n ${namespace} get ${kind.toLowerCase()} ${name} -o yaml`;
  context.gather.collected({ kind: 'workload', object, command }, workload);
  await collectEvents(context, object);
}

/** Reads the last words of the first few Pods that are not well. */
export async function collectLastWords(context: Context, pods: readonly PodObject[]): Promise<void> {
  await Promise.all(pods.slice(0, SPOKEN).flatMap((pod) => lastWords(context, pod)));
}

/** Where a container was killed for its memory, the node's events tell whether the node itself had run out of it. */
async function collectMemoryKills(context: Context, pods: readonly PodObject[]): Promise<void> {
  const killed = pods.filter(({ statuses }) =>
    statuses.some(({ state, lastState }) => [state, lastState].some(({ reason }) => reason === 'OOMKilled')),
  );
  const nodes = [...new Set(killed.flatMap(({ nodeName }) => nodeName ?? []))].sort(compareText);
  await Promise.all(nodes.slice(0, MEMORY_NODES).map((node) => collectEvents(context, nodeRef(node), 'default')));
}

/** Logs of a Pod's containers, and of their former lives where they have crashed; of init containers, where they fail. */
function lastWords(context: Context, pod: PodObject): Promise<void>[] {
  if (pod.nodeName === undefined) return [];
  const failed = pod.statuses.filter(({ init, state, lastState }) => {
    return init && [state, lastState].some((one) => one.state === 'terminated' && one.exitCode !== 0);
  });
  return [...failed, ...pod.containers].slice(0, CONTAINERS).flatMap(({ name }) => {
    const status = pod.statuses.find((entry) => entry.name === name);
    const started = status !== undefined && !NOT_STARTED.includes(status.state.reason ?? '');
    const crashed = status !== undefined && status.lastState.state === 'terminated';
    return [
      ...(started ? [collectLog(context, pod, name)] : []),
      ...(crashed ? [collectLog(context, pod, name, true)] : []),
    ];
  });
}
