/** Evidence from the API server about storage: claims, volumes, classes. */
import { z } from 'zod';
import { Condition, Time } from './cluster.ts';

const Labels = z.record(z.string(), z.string());

/** A PersistentVolumeClaim. `storageClass` is undefined where the claim names none, and '' where it wants no class at all. */
export const PersistentVolumeClaim = z.object({
  namespace: z.string(),
  name: z.string(),
  createdAt: Time.optional(),
  deletionTime: Time.optional(),
  phase: z.string(),
  storageClass: z.string().optional(),
  volumeName: z.string().optional(),
  accessModes: z.array(z.string()),
  volumeMode: z.string().optional(),
  /** `spec.resources.requests.storage` and `status.capacity.storage`. */
  request: z.string().optional(),
  capacity: z.string().optional(),
  selector: Labels.optional(),
  conditions: z.array(Condition),
});
export type PersistentVolumeClaim = z.infer<typeof PersistentVolumeClaim>;

/** A PersistentVolume. `source` is the name of its field (`csi`, `nfs`, `hostPath`); `detail` its driver, server or path. */
export const PersistentVolume = z.object({
  name: z.string(),
  createdAt: Time.optional(),
  phase: z.string(),
  reason: z.string().optional(),
  message: z.string().optional(),
  storageClass: z.string().optional(),
  accessModes: z.array(z.string()),
  volumeMode: z.string().optional(),
  capacity: z.string().optional(),
  reclaimPolicy: z.string().optional(),
  claim: z.object({ namespace: z.string(), name: z.string() }).optional(),
  source: z.string().optional(),
  detail: z.string().optional(),
  labels: Labels,
});
export type PersistentVolume = z.infer<typeof PersistentVolume>;

/** Volumes that a claim without a provisioner could be bound to; fewer than `total` on a cluster with very many. */
export const PersistentVolumes = z.object({ total: z.number(), volumes: z.array(PersistentVolume) });

/** `isDefault`: by its annotation. `bindingMode`: with `WaitForFirstConsumer` a claim waits for a Pod, which is no fault. */
export const StorageClasses = z.array(
  z.object({
    name: z.string(),
    provisioner: z.string(),
    bindingMode: z.string().optional(),
    reclaimPolicy: z.string().optional(),
    isDefault: z.boolean(),
  }),
);
export type StorageClass = z.infer<typeof StorageClasses>[number];
