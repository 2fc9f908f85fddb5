/** Nodes as rules need them: by name and address, ready or not, and how fresh their word is. */
import type { Condition, NodeObject } from '../../core/evidence/cluster-types.ts';
import type { Facts } from '../../core/facts.ts';

/** kubelet renews its Lease every 10 s; Kubernetes itself calls 40 s late (v1.36 nodeLeaseDurationSeconds). */
export const LEASE_LATE_MS = 40_000;

/** All nodes of the evidence by name; empty where nodes could not be listed. */
export function nodesByName(facts: Facts): ReadonlyMap<string, NodeObject> {
  return facts.model(computeNodes);
}

function computeNodes(facts: Facts): Map<string, NodeObject> {
  const nodes = facts.get('nodes');
  if (!nodes.known) return new Map();
  return new Map([...nodes.value.nodes].sort((a, b) => (a.name < b.name ? -1 : 1)).map((node) => [node.name, node]));
}

/** The InternalIP addresses of a node. */
export function internalIps(node: NodeObject): string[] {
  return node.addresses.filter((a) => a.type === 'InternalIP').map((a) => a.address);
}

/** The addresses at which a node is reached: its InternalIPs, and where it has none, its ExternalIPs. */
export function reachedAt(node: NodeObject): string[] {
  const internal = internalIps(node);
  return internal.length > 0 ? internal : node.addresses.filter((a) => a.type === 'ExternalIP').map((a) => a.address);
}

/** The Ready condition, found by type and never by place. */
export function readyCondition(node: NodeObject): Condition | undefined {
  return node.conditions.find((c) => c.type === 'Ready');
}

/** True where the Ready condition is True. A node without one is not ready. */
export function isReady(node: NodeObject): boolean {
  return readyCondition(node)?.status === 'True';
}

/** Age of a node's Lease in milliseconds by the cluster's own clock; undefined where there is none. */
export function leaseAge(facts: Facts, node: string): number | undefined {
  const leases = facts.get('node-leases');
  if (!leases.known) return undefined;
  const renewed = leases.value.find((lease) => lease.node === node)?.renewTime;
  return renewed === undefined ? undefined : Math.max(0, facts.model(clusterNow) - Date.parse(renewed));
}

/** "Now" by the cluster's own clock, in milliseconds; undefined where no node's Lease tells it. */
export function clusterTime(facts: Facts): number | undefined {
  const leases = facts.get('node-leases');
  return leases.known && leases.value.some((lease) => lease.renewTime !== undefined)
    ? facts.model(clusterNow)
    : undefined;
}

/**
 * "Now" as the nodes' Leases show it. Where even the newest is late, our clock is ahead of the cluster's (or nobody renews):
 * that must not make every node look dead. The Ready condition still tells a cluster whose kubelets are all silent.
 */
function clusterNow(facts: Facts): number {
  const leases = facts.get('node-leases');
  const times = leases.known
    ? leases.value.flatMap((lease) => (lease.renewTime === undefined ? [] : [Date.parse(lease.renewTime)]))
    : [];
  const newest = Math.max(...times.filter((time) => !Number.isNaN(time)), 0);
  return newest > 0 && facts.now - newest > LEASE_LATE_MS ? newest : facts.now;
}

/** True where the node's own word about its Pods is old: a late Lease, or a Ready condition that the control plane set to Unknown. */
export function isStale(facts: Facts, node: string): boolean {
  const age = leaseAge(facts, node);
  if (age !== undefined && age > LEASE_LATE_MS) return true;
  const object = nodesByName(facts).get(node);
  return object !== undefined && readyCondition(object)?.status === 'Unknown';
}

/** The node that holds an address as one of its own (any type of address). */
export function nodeOfAddress(facts: Facts, address: string): string | undefined {
  return facts.model(computeAddressIndex).get(address);
}

function computeAddressIndex(facts: Facts): Map<string, string> {
  const index = new Map<string, string>();
  for (const node of nodesByName(facts).values()) {
    for (const { address, type } of node.addresses) if (type.endsWith('IP')) index.set(address, node.name);
  }
  return index;
}
