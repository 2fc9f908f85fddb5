/** Pods that kubelet evicted: when, from which node, and for want of what (pkg/kubelet/eviction/helpers.go). */
import type { PodObject } from '../../core/evidence/cluster-types.ts';
import type { Facts } from '../../core/facts.ts';
import { type SeenPod, seenPods } from '../model/pods.ts';

/** `own`: the Pod used more than it was allowed; the others are the node's. */
export type Shortage = 'disk' | 'memory' | 'pid' | 'own' | 'other';

const SHORTAGES: readonly (readonly [Shortage, RegExp])[] = [
  ['own', /exceed(s|ed) (the|its) (total )?(limit|local ephemeral)|exceeds the limit/i],
  ['memory', /low on resource: (?:\[?)memory|MemoryPressure/i],
  ['disk', /low on resource: (?:\[?)(ephemeral-storage|inodes|nodefs|imagefs|containerfs)|DiskPressure/i],
  ['pid', /low on resource: (?:\[?)pids?\b|PIDPressure/i],
];
/** An evicted Pod stays as a record for days: what is older than this is history. */
const RECENT_MS = 3600_000;

export interface Evicted {
  readonly seen: SeenPod;
  readonly node: string;
  readonly shortage: Shortage;
  readonly message: string;
  readonly at: string | undefined;
}

/** Pods that were evicted within the last hour, and the one that was asked about whenever that was. */
export function evictions(facts: Facts): readonly Evicted[] {
  return facts.model(computeEvictions);
}

function computeEvictions(facts: Facts): Evicted[] {
  const { target } = facts.question;
  return seenPods(facts).flatMap((seen) => {
    const { pod } = seen;
    if (pod.phase !== 'Failed' || pod.reason !== 'Evicted' || pod.deletionTime !== undefined) return [];
    const at = timeOf(seen);
    const asked =
      target.kind === 'Pod' && target.name === pod.name && (target.namespace ?? pod.namespace) === pod.namespace;
    const recent = at !== undefined && facts.now - Date.parse(at) <= RECENT_MS;
    if (!asked && !recent) return [];
    const message = pod.message ?? '?';
    const shortage = SHORTAGES.find(([, pattern]) => pattern.test(message))?.[0] ?? 'other';
    return [{ seen, node: pod.nodeName ?? '?', shortage, message, at }];
  });
}

/** Since v1.26 a condition dates the eviction; before, only its event does. */
function timeOf({ pod, events }: SeenPod): string | undefined {
  const condition = pod.conditions.find((one) => one.type === 'DisruptionTarget' && one.status === 'True');
  const event = (events?.value ?? []).find((one) => one.reason === 'Evicted');
  return condition?.lastTransitionTime ?? event?.lastTime ?? event?.firstTime ?? endedAt(pod);
}

function endedAt(pod: PodObject): string | undefined {
  return pod.statuses
    .flatMap(({ state }) => state.finishedAt ?? [])
    .sort()
    .at(-1);
}
