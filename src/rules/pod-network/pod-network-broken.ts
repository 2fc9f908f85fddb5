/** Symptom: a node cannot reach Pods on another node, though the Pods' own node can (probes P2 and P3 of facts §4.2). */
import { proof } from '../../core/facts.ts';
import { groupBy } from '../../core/group.ts';
import { nodeRef } from '../../core/object-ref.ts';
import { defineRule } from '../../core/rule.ts';
import { serviceLinks } from '../links.ts';
import { isStale } from '../model/nodes.ts';
import { type BackendProbe, backendProbes, connects, underlay } from '../model/paths.ts';

export const podNetworkBroken = defineRule({
  id: 'pod-network-broken',
  role: 'symptom',
  severity: 'critical',
  summary: 'a node that cannot reach Pods on other nodes',
  needs: ['services', 'endpoints', 'nodes', 'node-leases', 'node-tcp'],
  texts: {
    found: '{from} cannot reach Pods on {to}: a connect to {address} ends in {result}.',
    cut: 'Connect from {from} to {address}: {result}.',
    own: 'The same connect from {node}, where the Pod runs: open. The application answers.',
    underlay: '{from} does reach the node {to} itself: the network below is whole.',
  },
  explains: serviceLinks,
  judge(facts, say) {
    const probes = backendProbes(facts);
    const answering = new Set(probes.filter((p) => p.result.result === 'open').map((p) => p.backend.ip));
    const byNode = groupBy(
      // Only Pods that somebody reaches: a Pod that nobody reaches is a fault of its own.
      probes.filter(
        (p) => !p.own && p.result.result !== 'open' && answering.has(p.backend.ip) && p.backend.node !== undefined,
      ),
      (p) => p.from,
    );
    for (const [from, cut] of byNode) {
      const [first] = cut;
      const fact = connects(facts).get(from)?.fact;
      if (first === undefined || fact === undefined) continue;
      const targets = [...new Set(cut.flatMap((p) => p.backend.node ?? []))]
        .filter((node) => !isStale(facts, node))
        .sort();
      if (targets.length === 0) continue;
      const own = probes.find((p) => p.own && p.backend.ip === first.backend.ip && p.result.result === 'open');
      const ownFact = own === undefined ? undefined : connects(facts).get(own.from)?.fact;
      const address = addressOf(first);
      say.find({
        object: nodeRef(from),
        confidence: 'confirmed',
        text: 'found',
        data: { from, to: targets, address, result: first.result.result },
        because: [
          proof(fact, 'cut', { from, address, result: first.result.result }, connectCommand(first)),
          ...(own === undefined || ownFact === undefined
            ? []
            : [proof(ownFact, 'own', { node: own.from }, connectCommand(own))]),
          ...targets
            .slice(0, 1)
            .flatMap((to) => (underlay(facts, from, to) === true ? [proof(fact, 'underlay', { from, to })] : [])),
        ],
        scope: { nodes: [from], pairs: targets.map((to) => [from, to] as const) },
      });
    }
  },
});

function addressOf(probe: BackendProbe): string {
  return probe.backend.ip.includes(':')
    ? `[${probe.backend.ip}]:${probe.backend.port}`
    : `${probe.backend.ip}:${probe.backend.port}`;
}

function connectCommand(probe: BackendProbe): string {
  return `nc -vz -w 2 ${probe.backend.ip} ${probe.backend.port}   # on ${probe.from}`;
}
