/** What calico-node's readiness says at this moment: old events about states that have passed are left out. */
import type { Facts } from '../../core/facts.ts';
import { calicoReadiness, peersNotEstablished, type ReadinessEvent } from '../model/calico.ts';
import { isStale } from '../model/nodes.ts';

/** kubelet writes the event at least every five minutes while it lasts; three times that is history. */
const RECENT_MS = 900_000;
/** Two events of one Pod this close stand side by side; an older one tells of a state before (Felix starting up). */
const SIDE_BY_SIDE_MS = 330_000;

/** Readiness events of this moment, of Pods on living nodes, newest first. */
export function currentReadiness(facts: Facts): readonly ReadinessEvent[] {
  return facts.model(computeCurrent);
}

function computeCurrent(facts: Facts): ReadinessEvent[] {
  const newest = new Map<string, number>();
  return calicoReadiness(facts).filter(({ pod, event }) => {
    const time = Date.parse(event.lastTime ?? '');
    if (pod.nodeName === undefined || isStale(facts, pod.nodeName) || !(facts.now - time < RECENT_MS)) return false;
    const key = `${pod.namespace}/${pod.name}`;
    const last = newest.get(key) ?? time;
    newest.set(key, last);
    return last - time < SIDE_BY_SIDE_MS;
  });
}

/** The newest current event of a node that names peers without BGP. */
export function bgpReadiness(facts: Facts, node: string): ReadinessEvent | undefined {
  return currentReadiness(facts).find(
    (r) => r.pod.nodeName === node && peersNotEstablished(r.event.message).length > 0,
  );
}
