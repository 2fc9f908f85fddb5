/** Where the five probes point (facts §4.2, the table below the probes), for symptoms that no rule explains. */
import type { Layer } from '../../core/diagnosis.ts';
import type { Facts } from '../../core/facts.ts';
import { nodesByName } from './nodes.ts';
import { backendProbes, clusterIpProbe, entries } from './paths.ts';
import { backends, serviceTarget } from './target.ts';

/** Gives the layer, or undefined where the question is not about reachability or no probe answered. */
export function layerOf(facts: Facts): Layer | undefined {
  const { service } = serviceTarget(facts);
  if (facts.question.type !== 'why-not-reachable' || service === undefined) return undefined;
  if (backends(facts).length === 0) return 'endpoints';
  const probes = backendProbes(facts);
  const ways = entries(facts).filter((entry) => entry.state !== 'unknown');
  if (probes.length === 0) return ways.length === 0 ? undefined : 'unknown';
  const failing = new Set(ways.filter((entry) => entry.state !== 'works').map((entry) => entry.node));
  if (failing.size === 0) return ways.length === 0 ? undefined : 'client';
  const own = probes.filter((p) => p.own);
  const nobody = probes.every((p) => p.result.result !== 'open');
  if (nobody)
    return own.some((p) => p.result.result === 'refused') ? 'application' : own.length > 0 ? 'policy' : 'unknown';
  return someReach(facts, failing);
}

/** Some node reaches the endpoints: compare those that fail as entries with those that fail to reach them. */
function someReach(facts: Facts, failing: ReadonlySet<string>): Layer {
  const probes = backendProbes(facts);
  const cut = new Set(probes.filter((p) => p.result.result !== 'open').map((p) => p.from));
  if ([...failing].every((node) => cut.has(node))) return 'pod-network';
  const unready = [...failing].every((name) =>
    nodesByName(facts)
      .get(name)
      ?.conditions.some((c) => c.type === 'Ready' && c.status !== 'True'),
  );
  if (unready) return 'node';
  const proxyFails = [...failing].some((node) => {
    const result = clusterIpProbe(facts, node);
    return result !== undefined && result.result !== 'open';
  });
  if (proxyFails) return 'service-proxy';
  return cut.size === 0 ? 'firewall' : 'unknown';
}
