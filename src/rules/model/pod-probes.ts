/** P2 against P3 (facts §4.2): which nodes cannot reach a Pod that answers others. */
import type { Facts } from '../../core/facts.ts';
import { isStale, nodeOfAddress } from './nodes.ts';
import { arrives, type BackendProbe, backendProbes } from './paths.ts';
import { wayToPod } from './pod-routes.ts';

/** A probe that should have reached a Pod on another living node and did not. */
export interface CutProbe extends BackendProbe {
  readonly to: string;
}

/**
 * Probes that got no answer from a Pod which answers somebody. A refusal came from a host that was reached, unless the
 * packet had no way to the Pod and an outsider refused it. Pods on the host network are reached as nodes: left out.
 */
export function cutProbes(facts: Facts): readonly CutProbe[] {
  return facts.model(computeCut);
}

function computeCut(facts: Facts): CutProbe[] {
  const probes = backendProbes(facts);
  const answering = new Set(probes.filter((p) => p.result.result === 'open').map((p) => p.backend.ip));
  return probes.flatMap((p) => {
    const to = p.backend.node;
    if (p.own || to === undefined || isStale(facts, to) || !answering.has(p.backend.ip)) return [];
    if (nodeOfAddress(facts, p.backend.ip) !== undefined || !isLost(facts, p)) return [];
    return [{ ...p, to }];
  });
}

function isLost(facts: Facts, probe: BackendProbe): boolean {
  if (!arrives(probe.result)) return true;
  return probe.result.result === 'refused' && wayToPod(facts, probe.from, probe.backend.ip)?.state === 'missing';
}
