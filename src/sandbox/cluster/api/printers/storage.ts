/** Volumes, claims and their classes as kubectl shows them. */
import { flag, items, present, text } from '../json.ts';
import type { KubeObject } from '../types.ts';
import { age, column, type Printer } from './printer.ts';

const ATTRIBUTES_CLASS_SINCE_MINOR = 29;

const SHORT_MODES: Record<string, string> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};

function accessModes(list: unknown[]): string {
  const modes = new Set(list.map(String));
  return Object.entries(SHORT_MODES)
    .filter(([mode]) => modes.has(mode))
    .map(([, short]) => short)
    .join(',');
}

function storageClass(object: KubeObject): string {
  // The annotation is the older form and wins, as in the API server's helper.
  return (
    object.metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? text(object, 'spec', 'storageClassName')
  );
}

function statusOf(object: KubeObject): string {
  return present(object, 'metadata', 'deletionTimestamp') ? 'Terminating' : text(object, 'status', 'phase');
}

/** The printer of PersistentVolumeClaims. */
export function claimPrinter(minor: number): Printer {
  const withClass = minor >= ATTRIBUTES_CLASS_SINCE_MINOR;
  return {
    columns: [
      column('Name'),
      column('Status'),
      column('Volume'),
      column('Capacity'),
      column('Access Modes'),
      column('StorageClass'),
      ...(withClass ? [column('VolumeAttributesClass')] : []),
      column('Age'),
      column('VolumeMode', 'wide'),
    ],
    cells: (claim, context) => {
      const volume = text(claim, 'spec', 'volumeName');
      return [
        claim.metadata.name,
        statusOf(claim),
        volume,
        // Both are only shown for a bound claim.
        volume === '' ? '' : text(claim, 'status', 'capacity', 'storage'),
        volume === '' ? '' : accessModes(items(claim, 'status', 'accessModes')),
        storageClass(claim),
        ...(withClass ? [text(claim, 'spec', 'volumeAttributesClassName') || '<unset>'] : []),
        age(claim, context),
        text(claim, 'spec', 'volumeMode') || '<unset>',
      ];
    },
  };
}

/** The printer of PersistentVolumes. */
export function volumePrinter(minor: number): Printer {
  const withClass = minor >= ATTRIBUTES_CLASS_SINCE_MINOR;
  return {
    columns: [
      column('Name'),
      column('Capacity'),
      column('Access Modes'),
      column('Reclaim Policy'),
      column('Status'),
      column('Claim'),
      column('StorageClass'),
      ...(withClass ? [column('VolumeAttributesClass')] : []),
      column('Reason'),
      column('Age'),
      column('VolumeMode', 'wide'),
    ],
    cells: (volume, context) => {
      const claim = text(volume, 'spec', 'claimRef', 'name');
      return [
        volume.metadata.name,
        text(volume, 'spec', 'capacity', 'storage'),
        accessModes(items(volume, 'spec', 'accessModes')),
        text(volume, 'spec', 'persistentVolumeReclaimPolicy'),
        statusOf(volume),
        claim === '' ? '' : `${text(volume, 'spec', 'claimRef', 'namespace')}/${claim}`,
        storageClass(volume),
        ...(withClass ? [text(volume, 'spec', 'volumeAttributesClassName') || '<unset>'] : []),
        text(volume, 'status', 'reason'),
        age(volume, context),
        text(volume, 'spec', 'volumeMode') || '<unset>',
      ];
    },
  };
}

/** The printer of StorageClasses; the default one is marked. */
export const storageClassPrinter: Printer = {
  columns: [
    column('Name'),
    column('Provisioner'),
    column('ReclaimPolicy'),
    column('VolumeBindingMode'),
    column('AllowVolumeExpansion'),
    column('Age'),
  ],
  cells: (storage, context) => {
    const isDefault = storage.metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true';
    return [
      isDefault ? `${storage.metadata.name} (default)` : storage.metadata.name,
      text(storage, 'provisioner'),
      text(storage, 'reclaimPolicy') || 'Delete',
      text(storage, 'volumeBindingMode') || 'Immediate',
      flag(storage, 'allowVolumeExpansion'),
      age(storage, context),
    ];
  },
};
