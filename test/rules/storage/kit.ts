/** Small builders for the tests of storage rules: a claim that waits, a class, a volume, a Pod that mounts the claim. */
import type {
  EventObject,
  PersistentVolume,
  PersistentVolumeClaim,
  PodObject,
  StorageClass,
} from '../../../src/core/evidence/cluster-types.ts';
import type { EvidenceItem } from '../../../src/core/evidence.ts';
import { namespacedRef, type ObjectRef } from '../../../src/core/object-ref.ts';
import type { Question } from '../../../src/core/question.ts';
import { ago, known } from '../../support/evidence.ts';
import { ASK_DEPLOYMENT, pending, pod, podsOf } from '../workload/kit.ts';

export const ASK: Question = {
  type: 'diagnose',
  target: { kind: 'PersistentVolumeClaim', namespace: 'shop', name: 'data' },
};
export const ASK_WEB = ASK_DEPLOYMENT;
export const CLAIM = namespacedRef('PersistentVolumeClaim', 'shop', 'data');
export const UNBOUND = '0/2 nodes are available: 2 pod has unbound immediate PersistentVolumeClaims.';

export function claim(change: Partial<PersistentVolumeClaim> = {}): EvidenceItem {
  const value: PersistentVolumeClaim = {
    namespace: 'shop',
    name: 'data',
    createdAt: ago(3600),
    phase: 'Pending',
    storageClass: 'fast',
    accessModes: ['ReadWriteOnce'],
    request: '10Gi',
    conditions: [],
    ...change,
  };
  return known('persistent-volume-claim', value, CLAIM);
}

/** The same claim, naming no class. */
export function classless(): EvidenceItem {
  const item = claim();
  if (item.status !== 'collected') throw new Error('a claim is collected');
  const { storageClass: _, ...value } = item.value as PersistentVolumeClaim;
  return known('persistent-volume-claim', value, CLAIM);
}

export function classes(...list: readonly Partial<StorageClass>[]): EvidenceItem {
  const one = { name: 'fast', provisioner: 'csi.example.com', bindingMode: 'Immediate', isDefault: false };
  return known(
    'storage-classes',
    list.map((change) => ({ ...one, ...change })),
  );
}

export function volume(name: string, change: Partial<PersistentVolume> = {}): PersistentVolume {
  const fields = { storageClass: 'fast', accessModes: ['ReadWriteOnce'], capacity: '10Gi', labels: {} };
  return { name, phase: 'Available', ...fields, ...change };
}

export function volumes(...list: readonly PersistentVolume[]): EvidenceItem {
  return known('persistent-volumes', { total: list.length, volumes: [...list] });
}

export function said(
  reason: string,
  message: string,
  about: ObjectRef = CLAIM,
  change: Partial<EventObject> = {},
): EvidenceItem {
  const event = { type: 'Warning', reason, message, count: 7, firstTime: ago(3000), lastTime: ago(30) };
  const { kind, namespace, name } = about;
  return known(
    'events',
    [{ ...event, about: { kind, name, ...(namespace === undefined ? {} : { namespace }) }, ...change }],
    about,
  );
}

/** Pod web-5d9-a, which mounts the claim and waits for a node, with the scheduler's message. */
export function waits(message: string): EvidenceItem {
  return mounting(pending('web-5d9-a', message, { claims: ['data'] }));
}

export function mounting(...list: readonly PodObject[]): EvidenceItem {
  return podsOf({ kind: 'Namespace', name: 'shop' }, ...list);
}

/** The same Pod on n1, where it does not start. */
export function starting(change: Partial<PodObject> = {}): EvidenceItem {
  const stuck = { name: 'app', init: false, ready: false, restartCount: 0, lastState: { state: 'none' as const } };
  const state = { state: 'waiting' as const, reason: 'ContainerCreating' };
  return mounting(
    pod('web-5d9-a', {
      phase: 'Pending',
      conditions: [],
      claims: ['data'],
      statuses: [{ ...stuck, state }],
      ...change,
    }),
  );
}
export const POD = namespacedRef('Pod', 'shop', 'web-5d9-a');
