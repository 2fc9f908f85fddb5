/** Nodes as plans need them: by name, their addresses, whether their kubelet lives, and what of them is not known. */
import type { Condition, NodeObject } from '../core/evidence/cluster.ts';
import type { Facts } from '../core/facts.ts';
import { compareText } from '../core/object-ref.ts';

/** kubelet renews its Lease every 10 s; Kubernetes itself calls 40 s late. */
const LEASE_LATE_MS = 40_000;

/** All nodes by name; undefined where they were not listed, or not all of them. */
export function allNodes(facts: Facts): readonly NodeObject[] | undefined {
  const nodes = facts.get('nodes');
  if (!nodes.known || nodes.value.total > nodes.value.nodes.length) return undefined;
  return [...nodes.value.nodes].sort((a, b) => compareText(a.name, b.name));
}

/** One node as it was listed. */
export function nodeOf(facts: Facts, name: string): NodeObject | undefined {
  const nodes = facts.get('nodes');
  return nodes.known ? nodes.value.nodes.find((node) => node.name === name) : undefined;
}

/** The IPv4 InternalIPs of a node, in the node's own order: Calico takes the first. */
export function internalIps4(node: NodeObject): string[] {
  return node.addresses.filter((a) => a.type === 'InternalIP' && !a.address.includes(':')).map((a) => a.address);
}

/** The Ready condition of a node. */
export function readyOf(node: NodeObject | undefined): Condition | undefined {
  return node?.conditions.find((condition) => condition.type === 'Ready');
}

/** True where the node says itself that it is ready, and its word is fresh. */
export function isReady(facts: Facts, name: string): boolean {
  return readyOf(nodeOf(facts, name))?.status === 'True' && !isSilent(facts, name);
}

/**
 * True where nobody hears from the node's kubelet: its Ready condition was set to Unknown, or its Lease is late by the
 * clock of the newest Lease. What the API server says of the node's Pods is old then, and Pods deleted there stay.
 */
export function isSilent(facts: Facts, name: string): boolean {
  if (readyOf(nodeOf(facts, name))?.status === 'Unknown') return true;
  const leases = facts.get('node-leases');
  if (!leases.known) return false;
  const renewed = (time: string | undefined) => Date.parse(time ?? '');
  const own = renewed(leases.value.find((lease) => lease.node === name)?.renewTime);
  const newest = Math.max(0, ...leases.value.map((lease) => renewed(lease.renewTime)).filter((t) => !Number.isNaN(t)));
  // Where even the newest is late our own clock is ahead: Leases are compared with each other.
  const now = facts.now - newest > LEASE_LATE_MS ? newest : facts.now;
  return !Number.isNaN(own) && now - own > LEASE_LATE_MS;
}

/** A unit of the node as systemd shows it; undefined where the agent did not say, or the unit does not exist. */
export function unitOf(facts: Facts, node: string, unit: string) {
  const units = facts.get('node-units', { kind: 'Node', name: node });
  const found = units.known ? units.value.find((one) => one.name === unit) : undefined;
  return found === undefined || found.loadState === 'not-found' ? undefined : found;
}

/** Why a fact of a node is not there, for a sentence; undefined where it is. */
export function whyUnknown(fact: { readonly known: boolean; readonly reason?: string }): string | undefined {
  return fact.known ? undefined : (fact.reason ?? 'it was not collected');
}
