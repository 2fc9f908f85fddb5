/** The rules of the family, sorted by id. */
import type { Rule } from '../../core/rule.ts';
import { pvFailed, pvReclaimFailed } from './pv-failed.ts';
import { pvcMissing } from './pvc-missing.ts';
import { pvcPending } from './pvc-pending.ts';
import { pvcProvisioningFailed } from './pvc-provisioning-failed.ts';
import { pvcStorageClassMissing } from './pvc-storage-class-missing.ts';
import { volumeMountFailed } from './volume-mount-failed.ts';
import { BY_HAND_RULES } from './volumes-by-hand.ts';

export const STORAGE_RULES: readonly Rule[] = [
  ...BY_HAND_RULES,
  pvFailed,
  pvReclaimFailed,
  pvcMissing,
  pvcPending,
  pvcProvisioningFailed,
  pvcStorageClassMissing,
  volumeMountFailed,
].sort((a, b) => (a.id < b.id ? -1 : 1));
