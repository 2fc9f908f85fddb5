/** Whether a controller that elects a leader does its work: its Lease, its Pods, and the state of the API server that both need. */
import type { PodObject } from '../../core/evidence/cluster-types.ts';
import type { EvidenceValue } from '../../core/evidence/kinds.ts';
import type { Fact, Facts } from '../../core/facts.ts';
import { clusterTime, isStale } from '../model/nodes.ts';
import { podReady } from '../model/pods.ts';
import { controlPlanePods, membersOf, sickState } from './members.ts';

export type Component = 'kube-scheduler' | 'kube-controller-manager';

/** A leader renews every 2 s and loses its lead after 15: what is older than this is not late but gone. */
const GONE_MS = 60_000;
/** A Lease this old may be left over from another way of running it. */
const LEFT_OVER_MS = 7 * 86_400_000;
/** An API server this slow makes leaders lose their Lease. */
const SLOW_MS = 2000;

/**
 * `down`: its Pods do not run; `absent`: the control plane's other Pods are there and its own are not; `silent`: the nodes
 * that ran it are not heard from; `idle`: it runs and does not lead; `unseen`: only the Lease is old.
 */
export type LeaderText = 'down' | 'absent' | 'silent' | 'idle' | 'unseen';

export interface LeaderFault {
  readonly text: LeaderText;
  readonly sure: boolean;
  readonly lease: Extract<Fact<'leader-leases'>, { known: true }> | undefined;
  readonly renewed: string | undefined;
  readonly pods: Extract<Fact<'pods'>, { known: true }> | undefined;
  readonly sick: readonly { readonly pod: PodObject; readonly state: string }[];
  readonly nodes: readonly string[];
}

type Lease = EvidenceValue<'leader-leases'>[number];

/** What is wrong with a component; undefined where it leads, or where too little is known to say so. */
export function leaderFault(facts: Facts, component: Component): LeaderFault | undefined {
  const leases = facts.get('leader-leases');
  const list = controlPlanePods(facts);
  const lease = leases.known ? leases.value.find((one) => one.component === component) : undefined;
  const age = ageOf(facts, lease);
  if (age !== undefined && age <= Math.max(GONE_MS, 4000 * (lease?.durationSeconds ?? 15))) return undefined;
  const members = list.known ? membersOf(list.value.pods, component) : [];
  const common = {
    lease: leases.known && lease !== undefined ? leases : undefined,
    renewed: lease?.renewTime,
    pods: list.known ? list : undefined,
    sick: members.flatMap((pod) => {
      const state = sickState(facts, pod);
      return state === undefined ? [] : [{ pod, state }];
    }),
    nodes: [...new Set(members.flatMap((pod) => pod.nodeName ?? []))].sort(),
  };
  const text = textOf(facts, members, age, { list, leasesKnown: leases.known });
  if (text === undefined) return undefined;
  // Whether another one leads, only the Lease tells; whether it is old, only a clock that is known to be right.
  const dated = age === undefined ? leases.known : clusterTime(facts) !== undefined;
  return { ...common, text, sure: dated && text !== 'idle' && text !== 'unseen' };
}

function ageOf(facts: Facts, lease: Lease | undefined): number | undefined {
  if (lease?.renewTime === undefined) return undefined;
  return (clusterTime(facts) ?? facts.now) - Date.parse(lease.renewTime);
}

function textOf(
  facts: Facts,
  members: readonly PodObject[],
  age: number | undefined,
  { list, leasesKnown }: { readonly list: Fact<'pods'>; readonly leasesKnown: boolean },
): LeaderText | undefined {
  const silent = members.filter((pod) => pod.nodeName !== undefined && isStale(facts, pod.nodeName));
  const well = members.filter((pod) => podReady(pod) && !silent.includes(pod));
  if (members.length > 0 && well.length === 0) {
    if (silent.length < members.length) return silent.length === 0 || age !== undefined ? 'down' : undefined;
    // A silent node may run it all the same: the old Lease says that it does not.
    return age === undefined ? undefined : 'silent';
  }
  if (age === undefined || !leasesKnown || strained(facts)) return undefined;
  if (members.length > 0) return 'idle';
  const ownHere = list.known && membersOf(list.value.pods, 'kube-apiserver').length > 0;
  if (ownHere) return 'absent';
  return age > LEFT_OVER_MS ? undefined : 'unseen';
}

/** An API server that is slow or not ready makes its clients late: they are victims then. */
function strained(facts: Facts): boolean {
  const health = facts.get('api-health');
  return health.known && (!health.value.ok || health.value.latencyMs > SLOW_MS);
}
