/** The controllers of Deployments, ReplicaSets and StatefulSets, one after the other. */
import { rememberDeployments, syncDeployments } from './deployments.ts';
import type { Life } from './life.ts';
import { syncReplicaSets } from './replica-sets.ts';
import { rememberStatefulSets, syncStatefulSets } from './stateful-sets.ts';

/** Remembers what workloads look like before anything changes. */
export function rememberWorkloads(life: Life): void {
  rememberDeployments(life);
  rememberStatefulSets(life);
}

/** One look at every workload. */
export function syncWorkloads(life: Life): void {
  syncDeployments(life);
  syncReplicaSets(life);
  syncStatefulSets(life);
}
