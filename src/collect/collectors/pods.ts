/** Pods by what they belong to, their events and their logs. Never a list of all Pods of the cluster. */
import type { ServiceObject } from '../../core/evidence/cluster.ts';
import type { PodObject } from '../../core/evidence/workload.ts';
import { compareText, namespacedRef, nodeRef, type ObjectRef } from '../../core/object-ref.ts';
import { redactText } from '../../core/redact.ts';
import { type Context, unreadyNames } from '../context.ts';
import { listAll, selectorText } from '../lists.ts';
import { toEvent } from '../objects/event.ts';
import { podReady, toPod } from '../objects/pod.ts';
import { bounded } from '../objects/raw.ts';

/** How many Pods of one object are read, and how many of them are kept: those that are not Ready first. */
const READ = 500;
const KEPT = 200;
const LOG_LINES = 200;
const LOG_BYTES = 262_144;
const UNREADY_NODES = 10;
const BARE_SERVICES = 5;

export interface PodQuery {
  readonly object: ObjectRef;
  readonly namespace?: string;
  readonly selector?: string;
  readonly fields?: string;
  /** How many are read at most, and how many of them are kept. */
  readonly max?: number;
  readonly keep?: number;
  /** Only these are kept and counted. */
  readonly only?: (pod: PodObject) => boolean;
}

/** Lists the Pods of one object and keeps them as its evidence. */
export async function collectPods(
  { cluster, gather, signal }: Context,
  query: PodQuery,
): Promise<readonly PodObject[]> {
  const { object, namespace, selector, fields, max = READ, keep = KEPT, only } = query;
  const scope = namespace === undefined ? '-A' : `-n ${namespace}`;
  const options = [selector && `-l '${selector}'`, fields && `--field-selector ${fields}`].filter(Boolean).join(' ');
  const command = `kubectl ${scope} get pods -o wide ${options}`.trim();
  let all: PodObject[] = [];
  await gather.read({ kind: 'pods', object, command }, async () => {
    const path = namespace === undefined ? '/api/v1/pods' : `/api/v1/namespaces/${namespace}/pods`;
    const asked = {
      ...(selector === undefined ? {} : { labelSelector: selector }),
      ...(fields === undefined ? {} : { fieldSelector: fields }),
    };
    const { total, items } = await listAll(
      cluster,
      { path, parse: toPod, query: asked, max, pageSize: Math.min(max, READ) },
      signal,
    );
    all = only === undefined ? items : items.filter(only);
    return { total: only === undefined ? total : all.length, pods: kept(all, keep) };
  });
  return all;
}

/** Not Ready first where not all can be kept; by name, so that the same Pods give the same evidence. */
function kept(pods: readonly PodObject[], keep = KEPT): PodObject[] {
  const byName = [...pods].sort((a, b) => compareText(`${a.namespace}/${a.name}`, `${b.namespace}/${b.name}`));
  if (byName.length <= keep) return byName;
  return [...byName.filter((pod) => !podReady(pod)), ...byName.filter(podReady)].slice(0, keep);
}

/** The Pods of the Service asked about; where its selector matches none, those of its namespace, for the closest labels. */
export async function readTargetPods(context: Context): Promise<readonly PodObject[]> {
  const { service } = await context.shared.target;
  if (service?.selector === undefined || !context.plan.target) return [];
  const pods = await podsOfService(context, service);
  if (pods.length === 0) {
    const { namespace } = service;
    await collectPods(context, { object: { kind: 'Namespace', name: namespace }, namespace });
  }
  return pods;
}

async function podsOfService(context: Context, service: ServiceObject): Promise<readonly PodObject[]> {
  const { namespace, name, selector = {} } = service;
  const object = namespacedRef('Service', namespace, name);
  return await collectPods(context, { object, namespace, selector: selectorText(selector) });
}

/** The Pods of a few other Services without endpoints: they may be Pending. */
export async function collectPodsOfBareServices(
  context: Context,
  services: Promise<readonly ServiceObject[]>,
): Promise<void> {
  const { service: target } = await context.shared.target;
  const others = (await services).filter(
    (service) =>
      service.selector !== undefined && !(service.name === target?.name && service.namespace === target.namespace),
  );
  await Promise.all(others.slice(0, BARE_SERVICES).map((service) => podsOfService(context, service)));
}

/** Pods and events of nodes that are not Ready, found by the node's name; of the node asked about in any case. */
export async function collectNodePods(context: Context): Promise<void> {
  const nodes = (await context.shared.nodes) ?? [];
  const { kind, name } = (await context.shared.target).question.target;
  const unready = unreadyNames(nodes).slice(0, UNREADY_NODES);
  const names = new Set(kind === 'Node' && name !== undefined ? [name, ...unready] : unready);
  await Promise.all(
    [...names].flatMap((node) => [
      collectPods(context, { object: nodeRef(node), fields: `spec.nodeName=${node}` }),
      collectEvents(context, nodeRef(node), 'default'),
    ]),
  );
}

/** Reads the events about one object. */
export async function collectEvents(context: Context, object: ObjectRef, namespace = object.namespace): Promise<void> {
  const { cluster, gather, signal } = context;
  const within = namespace ?? 'default';
  const fields = `involvedObject.kind=${object.kind},involvedObject.name=${object.name}`;
  const command = `kubectl -n ${within} get events --field-selector ${fields}`;
  await gather.read({ kind: 'events', object, command }, async () => {
    const path = `/api/v1/namespaces/${within}/events`;
    const spec = { path, parse: toEvent, query: { fieldSelector: fields }, max: READ };
    const { items } = await listAll(cluster, spec, signal);
    const last = (event: (typeof items)[number]) => event.lastTime ?? event.firstTime ?? '';
    return items.sort((a, b) => compareText(last(b), last(a)) || compareText(a.message, b.message)).slice(0, 100);
  });
}

/** Reads the events of the first Pods, those that are not Ready first. */
export async function collectPodEvents(context: Context, pods: readonly PodObject[], limit: number): Promise<void> {
  const chosen = kept(pods)
    .sort((a, b) => Number(podReady(a)) - Number(podReady(b)))
    .slice(0, limit);
  await Promise.all(chosen.map((pod) => collectEvents(context, namespacedRef('Pod', pod.namespace, pod.name))));
}

/** Reads the last lines of one container's log, redacted. */
export async function collectLog(
  { cluster, gather, signal }: Context,
  pod: PodObject,
  container: string,
  previous = false,
): Promise<void> {
  const { namespace, name } = pod;
  const object = namespacedRef('Pod', namespace, name);
  const part = previous ? `${container}/previous` : container;
  const command = `kubectl -n ${namespace} logs ${name} -c ${container} --tail=${LOG_LINES}${previous ? ' --previous' : ''}`;
  await gather.read({ kind: 'pod-log', object, part, command }, async () => {
    const query = {
      container,
      tailLines: String(LOG_LINES),
      limitBytes: String(LOG_BYTES),
      ...(previous ? { previous: 'true' } : {}),
    };
    const path = `/api/v1/namespaces/${namespace}/pods/${name}/log`;
    const text = String(await cluster.read({ path, query, as: 'text' }, signal));
    // The whole at once: a private key has many lines.
    const lines = redactText(text)
      .split('\n')
      .map((line) => bounded(line.trimEnd(), 2000));
    if (lines.at(-1) === '') lines.pop();
    return { lines: lines.slice(-LOG_LINES), truncated: lines.length >= LOG_LINES || text.length >= LOG_BYTES };
  });
}
