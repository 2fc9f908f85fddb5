/** Which nodes are worth looking into, so that a diagnosis of one Service does not wait for words from 5,000 healthy nodes. */
import type { NodeObject } from '../../core/evidence/cluster-types.ts';
import type { Facts } from '../../core/facts.ts';
import { isReady, leaseAge, nodesByName, readyCondition } from '../model/nodes.ts';

/** kubelet renews its Lease every 10 s; one that is twice as old is late, though the node may still count as ready. */
const LEASE_SUSPECT_MS = 20_000;
/** A Ready condition that nobody took back for so long means that nobody watches: the grace period is below a minute. */
const UNWATCHED_MS = 300_000;

/** True where the node is not ready, or its kubelet has missed a sign of life. */
function isSuspect(facts: Facts, node: NodeObject): boolean {
  return !isReady(node) || (leaseAge(facts, node.name) ?? 0) > LEASE_SUSPECT_MS;
}

/** Nodes that are not ready or whose kubelet is late, by name. */
export function suspectNodes(facts: Facts): readonly NodeObject[] {
  return facts.model(computeSuspects);
}

function computeSuspects(facts: Facts): NodeObject[] {
  return [...nodesByName(facts).values()].filter((node) => isSuspect(facts, node));
}

/** Suspect nodes, the node that was asked about, and all nodes where the question is about the whole cluster. */
export function nodesToRead(facts: Facts): readonly NodeObject[] {
  return facts.model(computeToRead);
}

function computeToRead(facts: Facts): NodeObject[] {
  const { target, type } = facts.question;
  const whole = type === 'preflight' || (target.kind === 'Component' && target.name === 'cluster');
  return [...nodesByName(facts).values()].filter(
    (node) => whole || isSuspect(facts, node) || (target.kind === 'Node' && target.name === node.name),
  );
}

/** The last sign of life of a node's kubelet: its Lease or its heartbeat, whichever is later. */
export function lastSign(facts: Facts, node: NodeObject): string | undefined {
  const leases = facts.get('node-leases');
  const renewed = leases.known ? leases.value.find((lease) => lease.node === node.name)?.renewTime : undefined;
  const beat = readyCondition(node)?.lastHeartbeatTime;
  if (renewed === undefined || beat === undefined) return renewed ?? beat;
  return Date.parse(renewed) >= Date.parse(beat) ? renewed : beat;
}

/** True where the Ready condition still says True long after the node's last sign of life, by the cluster's own clock. */
export function readyButSilent(facts: Facts, node: NodeObject): boolean {
  return isReady(node) && (leaseAge(facts, node.name) ?? 0) > UNWATCHED_MS;
}
