/** Finds what the question is about: fills in the namespace or the node's name, or says what could have been meant. */
import { UserError } from '../../core/errors.ts';
import { nearest } from '../../core/nearest.ts';
import { compareText } from '../../core/object-ref.ts';
import type { Target } from '../../core/question.ts';
import type { Context, FoundTarget } from '../context.ts';
import { getOrUndefined, type Listed, listAll } from '../lists.ts';
import { calicoAddresses } from '../objects/node.ts';
import { type RawMeta, toMeta } from '../objects/raw.ts';
import { ambiguous } from './ambiguous.ts';
import { resolveService } from './services.ts';

/** Where each kind of workload is served; the same in every version since v1.16. */
export const WORKLOAD_PATHS: Readonly<Partial<Record<Target['kind'], readonly [group: string, plural: string]>>> = {
  Pod: ['/api/v1', 'pods'],
  Deployment: ['/apis/apps/v1', 'deployments'],
  ReplicaSet: ['/apis/apps/v1', 'replicasets'],
  StatefulSet: ['/apis/apps/v1', 'statefulsets'],
  DaemonSet: ['/apis/apps/v1', 'daemonsets'],
  Job: ['/apis/batch/v1', 'jobs'],
};

const TARGET_PATHS: typeof WORKLOAD_PATHS = {
  ...WORKLOAD_PATHS,
  PersistentVolumeClaim: ['/api/v1', 'persistentvolumeclaims'],
};

/** Names are suggested from no more than this many objects. */
const SUGGEST_FROM = 500;

/**
 * Resolves the target. What cannot be looked up stays as it was asked: the reason stands among the items.
 * @throws UserError `…-not-found` or `name-ambiguous`, with candidates in its data.
 */
export async function resolveTarget(context: Context): Promise<FoundTarget> {
  const { kind } = context.question.target;
  if (kind === 'NodePort' || kind === 'Service') return await resolveService(context);
  if (kind === 'Node') return await resolveNode(context);
  if (kind === 'Component') return { question: context.question };
  if (kind === 'Namespace') return await resolveNamespace(context);
  if (kind === 'PersistentVolume') return await resolveVolume(context);
  return await resolveWorkload(context);
}

async function resolveNode({ question, shared }: Context): Promise<FoundTarget> {
  const nodes = await shared.nodes;
  const { name = '' } = question.target;
  if (nodes === undefined) return { question };
  const node =
    nodes.find((entry) => entry.name === name) ??
    nodes.find((entry) => entry.addresses.some((a) => a.address === name) || calicoAddresses(entry).includes(name));
  if (node === undefined) {
    const near = nearest(
      name,
      nodes.map((entry) => entry.name),
      5,
    );
    throw notFound('node', 'Node', name, near, 'kubectl get nodes lists them.');
  }
  return { question: { ...question, target: { ...question.target, name: node.name } } };
}

async function resolveNamespace(context: Context): Promise<FoundTarget> {
  const { question, cluster, signal } = context;
  const { name = '' } = question.target;
  const raw = await quiet(getOrUndefined(cluster, `/api/v1/namespaces/${name}`, signal));
  if (raw === 'unknown' || raw !== undefined) return { question };
  const listed = await quiet(
    listAll(cluster, { path: '/api/v1/namespaces', parse: toMeta, max: SUGGEST_FROM }, signal),
  );
  const names = listed === 'unknown' ? [] : listed.items.map((entry) => entry.name);
  throw notFound('namespace', 'Namespace', name, nearest(name, names, 5), 'kubectl get namespaces lists them.');
}

async function resolveVolume({ question, cluster, signal }: Context): Promise<FoundTarget> {
  const { name = '' } = question.target;
  const raw = await quiet(getOrUndefined(cluster, `/api/v1/persistentvolumes/${name}`, signal));
  if (raw === 'unknown' || raw !== undefined) return { question };
  const spec = { path: '/api/v1/persistentvolumes', parse: toMeta, max: SUGGEST_FROM };
  const listed = await quiet(listAll(cluster, spec, signal));
  const names = listed === 'unknown' ? [] : listed.items.map((entry) => entry.name);
  throw notFound('workload', 'PersistentVolume', name, nearest(name, names, 5), 'kubectl get pv lists them.');
}

async function resolveWorkload(context: Context): Promise<FoundTarget> {
  const { question, cluster, signal } = context;
  const { kind, namespace, name = '' } = question.target;
  const [group, plural] = TARGET_PATHS[kind] ?? ['/apis/apps/v1', 'deployments'];
  if (namespace !== undefined) {
    const raw = await quiet(getOrUndefined(cluster, `${group}/namespaces/${namespace}/${plural}/${name}`, signal));
    if (raw === undefined) throw await workloadNotFound(context, group, plural);
    return { question };
  }
  const query = { fieldSelector: `metadata.name=${name}` };
  const listed = await quiet(listAll(cluster, { path: `${group}/${plural}`, parse: toMeta, query, max: 20 }, signal));
  if (listed === 'unknown') return { question };
  const namespaces = listed.items.map((entry) => entry.namespace ?? '').sort(compareText);
  const [only, ...more] = namespaces;
  if (only === undefined) throw await workloadNotFound(context, group, plural);
  if (more.length > 0) throw ambiguous(kind, name, namespaces);
  return { question: { ...question, target: { ...question.target, namespace: only } } };
}

/** Without a namespace Pods are not listed for suggestions: that would be all of them. */
async function workloadNotFound(
  { question, cluster, signal }: Context,
  group: string,
  plural: string,
): Promise<UserError> {
  const { kind, namespace, name = '' } = question.target;
  const path = namespace === undefined ? `${group}/${plural}` : `${group}/namespaces/${namespace}/${plural}`;
  const wanted = namespace !== undefined || kind !== 'Pod';
  const spec = { path, parse: toMeta, max: SUGGEST_FROM };
  const listed: Listed<RawMeta> | 'unknown' = wanted ? await quiet(listAll(cluster, spec, signal)) : 'unknown';
  const all = listed === 'unknown' ? [] : listed.items;
  const near = nearest(
    name,
    all.map((meta) => meta.name),
    5,
  );
  const full = all.filter((meta) => near.includes(meta.name)).map((meta) => `${meta.namespace ?? ''}/${meta.name}`);
  const where = namespace === undefined ? '-A' : `-n ${namespace}`;
  const shown = namespace === undefined ? name : `${namespace}/${name}`;
  return notFound('workload', kind, shown, full.slice(0, 5), `kubectl get ${plural} ${where} lists them.`);
}

function notFound(
  code: string,
  kind: string,
  name: string,
  candidates: readonly string[],
  otherwise: string,
): UserError {
  const hint = candidates.length === 0 ? otherwise : `Did you mean ${candidates.join(', ')}?`;
  return new UserError(`${code}-not-found`, `There is no ${kind} ${name}. ${hint}`, {
    kind,
    name,
    candidates: candidates.join(', '),
  });
}

/** What could not be read is not known to be missing. */
async function quiet<T>(work: Promise<T>): Promise<T | 'unknown'> {
  return await work.catch(() => 'unknown' as const);
}
