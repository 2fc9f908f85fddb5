/** Claims of the Pods that do not start, the claim or volume asked about, and what they could be bound to. */
import type { PersistentVolumeClaim } from '../../core/evidence/storage.ts';
import type { PodObject } from '../../core/evidence/workload.ts';
import { namespacedRef } from '../../core/object-ref.ts';
import type { Context } from '../context.ts';
import { getOrUndefined, listAll } from '../lists.ts';
import { podReady } from '../objects/pod.ts';
import { toClaim, toStorageClass, toVolume } from '../objects/storage.ts';
import { collectEvents, collectPodEvents, collectPods } from './pods.ts';

const CLAIMS = 10;
const VOLUMES = 500;
const EVENTS = 5;

/** Reads the claims of Pods that are not ready, a few of them. */
export async function collectClaimsOfPods(context: Context): Promise<void> {
  const pods = await context.shared.targetPods;
  const wanted = new Map<string, { namespace: string; name: string }>();
  for (const pod of pods) {
    if (podReady(pod) || pod.phase === 'Succeeded' || pod.phase === 'Failed') continue;
    for (const name of pod.claims ?? []) wanted.set(`${pod.namespace}/${name}`, { namespace: pod.namespace, name });
  }
  const chosen = [...wanted.keys()]
    .sort()
    .slice(0, CLAIMS)
    .flatMap((key) => wanted.get(key) ?? []);
  const claims = await Promise.all(chosen.map(({ namespace, name }) => collectClaim(context, namespace, name)));
  await collectAround(
    context,
    claims.filter((claim) => claim !== undefined),
  );
}

/** Reads the claim or the volume asked about, what stands behind it, and the Pods that use the claim. */
export async function collectStorageTarget(context: Context): Promise<void> {
  const { target } = (await context.shared.target).question;
  const { kind, namespace, name = '' } = target;
  if (kind === 'PersistentVolumeClaim' && namespace !== undefined) {
    const claim = await collectClaim(context, namespace, name);
    await Promise.all([collectAround(context, claim === undefined ? [] : [claim]), collectEventsOfUsers(context)]);
  }
  if (kind === 'PersistentVolume') await collectVolumeTarget(context, name);
}

/** The Pods that mount the claim asked about: one list of its namespace, of which the others are not kept. */
export async function readClaimPods(context: Context): Promise<readonly PodObject[]> {
  const { kind, namespace, name = '' } = (await context.shared.target).question.target;
  if (kind !== 'PersistentVolumeClaim' || namespace === undefined) return [];
  const object = namespacedRef(kind, namespace, name);
  return await collectPods(context, { object, namespace, only: (pod) => pod.claims?.includes(name) === true });
}

async function collectEventsOfUsers(context: Context): Promise<void> {
  await collectPodEvents(context, await context.shared.targetPods, EVENTS);
}

async function collectVolumeTarget(context: Context, name: string): Promise<void> {
  const volume = await collectVolume(context, name);
  const object = { kind: 'PersistentVolume', name };
  const claim = volume?.claim;
  await Promise.all([
    collectEvents(context, object, 'default'),
    collectClasses(context),
    claim === undefined ? undefined : collectClaim(context, claim.namespace, claim.name),
  ]);
}

/** A claim that is not bound needs its events, the classes, and where no class provisions, the volumes that there are. */
async function collectAround(context: Context, claims: readonly PersistentVolumeClaim[]): Promise<void> {
  const open = claims.filter((claim) => claim.phase !== 'Bound');
  const bound = claims.filter((claim) => claim.phase === 'Bound');
  await Promise.all([
    ...open.map((claim) => collectEvents(context, namespacedRef('PersistentVolumeClaim', claim.namespace, claim.name))),
    ...bound.slice(0, EVENTS).map((claim) => claim.volumeName && collectVolume(context, claim.volumeName)),
    open.length === 0 ? undefined : collectClasses(context),
    open.length === 0 ? undefined : collectVolumes(context),
  ]);
}

async function collectClaim({ cluster, gather, signal }: Context, namespace: string, name: string) {
  const object = namespacedRef('PersistentVolumeClaim', namespace, name);
  const command = `kubectl -n ${namespace} get pvc ${name} -o yaml`;
  return await gather.read({ kind: 'persistent-volume-claim', object, command }, async () => {
    const path = `/api/v1/namespaces/${namespace}/persistentvolumeclaims/${name}`;
    const raw = await getOrUndefined(cluster, path, signal);
    return raw === undefined ? undefined : toClaim(raw);
  });
}

async function collectVolume({ cluster, gather, signal }: Context, name: string) {
  const command = `kubectl get pv ${name} -o yaml`;
  const object = { kind: 'PersistentVolume', name };
  return await gather.read({ kind: 'persistent-volume', object, command }, async () => {
    const raw = await getOrUndefined(cluster, `/api/v1/persistentvolumes/${name}`, signal);
    return raw === undefined ? undefined : toVolume(raw);
  });
}

async function collectVolumes({ cluster, gather, signal }: Context): Promise<void> {
  await gather.read({ kind: 'persistent-volumes', command: 'kubectl get pv' }, async () => {
    const spec = { path: '/api/v1/persistentvolumes', parse: toVolume, max: VOLUMES };
    const { total, items } = await listAll(cluster, spec, signal);
    return { total, volumes: items };
  });
}

async function collectClasses({ cluster, gather, signal }: Context): Promise<void> {
  await gather.read({ kind: 'storage-classes', command: 'kubectl get storageclasses' }, async () => {
    const spec = { path: '/apis/storage.k8s.io/v1/storageclasses', parse: toStorageClass, max: VOLUMES };
    return (await listAll(cluster, spec, signal)).items;
  });
}
