/** Deployments, ReplicaSets and StatefulSets. */
import type { Life } from './life.ts';

/** Remembers what workloads look like before anything changes. */
export function rememberWorkloads(_life: Life): void {}

/** One look at every workload. */
export function syncWorkloads(_life: Life): void {}
