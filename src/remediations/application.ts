/** Remediations of what people run: Services, workloads, Pods, and where they are scheduled. Sorted by id. */
import type { Remediation } from '../core/remediation.ts';

export const APPLICATION: readonly Remediation[] = [];
