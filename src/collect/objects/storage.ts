/** Claims, volumes and storage classes: from the API server's form to evidence. */
import { z } from 'zod';
import type { PersistentVolume, PersistentVolumeClaim, StorageClass } from '../../core/evidence/storage.ts';
import { redactText } from '../../core/redact.ts';
import { bounded, conditions, filled, list, opt, or, part, pruned, RawCondition, RawLabels, RawMeta } from './raw.ts';

const CLASS = 'volume.beta.kubernetes.io/storage-class';
const DEFAULTS = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
] as const;

const RawClaim = z.object({
  metadata: RawMeta,
  spec: part(
    z.object({
      storageClassName: opt(z.string()),
      volumeName: opt(z.string()),
      volumeMode: opt(z.string()),
      accessModes: list(z.string()),
      resources: part(z.object({ requests: RawLabels })),
      selector: opt(z.object({ matchLabels: RawLabels })),
    }),
  ),
  status: part(z.object({ phase: or(z.string(), 'Pending'), capacity: RawLabels, conditions: list(RawCondition) })),
});

/** Gives a claim as evidence. @throws z.ZodError where the input is none. */
export function toClaim(input: unknown): PersistentVolumeClaim {
  const { metadata, spec, status } = RawClaim.parse(input);
  return pruned({
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    createdAt: metadata.creationTimestamp,
    deletionTime: metadata.deletionTimestamp,
    phase: status.phase,
    storageClass: spec.storageClassName ?? metadata.annotations[CLASS],
    volumeName: spec.volumeName === '' ? undefined : spec.volumeName,
    accessModes: spec.accessModes,
    volumeMode: spec.volumeMode,
    request: spec.resources.requests['storage'],
    capacity: status.capacity['storage'],
    selector: filled(spec.selector?.matchLabels ?? {}),
    conditions: conditions(status.conditions),
  });
}

/** What holds the data, as far as it says where to look; options and Secrets' names are left out. */
const RawSource = opt(
  z.object({ driver: opt(z.string()), server: opt(z.string()), path: opt(z.string()), fsType: opt(z.string()) }),
);
const SOURCES = [
  'csi',
  'nfs',
  'hostPath',
  'local',
  'iscsi',
  'fc',
  'rbd',
  'cephfs',
  'glusterfs',
  'awsElasticBlockStore',
  'gcePersistentDisk',
  'azureDisk',
  'azureFile',
  'cinder',
  'vsphereVolume',
  'flexVolume',
] as const;

const RawVolume = z.object({
  metadata: RawMeta,
  spec: z.looseObject({
    storageClassName: opt(z.string()),
    volumeMode: opt(z.string()),
    accessModes: list(z.string()),
    capacity: RawLabels,
    persistentVolumeReclaimPolicy: opt(z.string()),
    claimRef: opt(z.object({ namespace: opt(z.string()), name: opt(z.string()) })),
  }),
  status: part(z.object({ phase: or(z.string(), 'Pending'), reason: opt(z.string()), message: opt(z.string()) })),
});

/** Gives a volume as evidence. @throws z.ZodError where the input is none. */
export function toVolume(input: unknown): PersistentVolume {
  const { metadata, spec, status } = RawVolume.parse(input);
  const source = SOURCES.find((name) => spec[name] !== undefined && spec[name] !== null);
  const { name: claim, namespace } = spec.claimRef ?? {};
  return pruned({
    name: metadata.name,
    createdAt: metadata.creationTimestamp,
    phase: status.phase,
    reason: status.reason,
    message: status.message === undefined ? undefined : bounded(redactText(status.message), 1000),
    storageClass: spec.storageClassName ?? metadata.annotations[CLASS],
    accessModes: spec.accessModes,
    volumeMode: spec.volumeMode,
    capacity: spec.capacity['storage'],
    reclaimPolicy: spec.persistentVolumeReclaimPolicy,
    claim: claim === undefined ? undefined : { namespace: namespace ?? '', name: claim },
    source,
    detail: source === undefined ? undefined : detailOf(spec[source]),
    labels: Object.fromEntries(Object.entries(metadata.labels).slice(0, 50)),
  });
}

function detailOf(raw: unknown): string | undefined {
  const source = RawSource.safeParse(raw).data;
  if (source === undefined) return undefined;
  const { driver, server, path } = source;
  const text = driver ?? [server, path].filter((word) => word !== undefined).join(':');
  return text === '' ? undefined : bounded(text, 300);
}

const RawClass = z.object({
  metadata: RawMeta,
  provisioner: or(z.string(), ''),
  volumeBindingMode: opt(z.string()),
  reclaimPolicy: opt(z.string()),
});

/** Gives a storage class as evidence; its parameters may name Secrets and are left out. @throws z.ZodError */
export function toStorageClass(input: unknown): StorageClass {
  const { metadata, provisioner, volumeBindingMode, reclaimPolicy } = RawClass.parse(input);
  return pruned({
    name: metadata.name,
    provisioner,
    bindingMode: volumeBindingMode,
    reclaimPolicy,
    isDefault: DEFAULTS.some((key) => metadata.annotations[key] === 'true'),
  });
}
