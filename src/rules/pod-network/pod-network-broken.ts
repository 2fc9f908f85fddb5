/** Symptom: a node cannot reach Pods on another node, though the Pods' own node can (probes P2 and P3 of facts §4.2). */
import { type Facts, proof } from '../../core/facts.ts';
import type { Proof } from '../../core/finding.ts';
import { groupBy } from '../../core/group.ts';
import { nodeRef } from '../../core/object-ref.ts';
import { defineRule } from '../../core/rule.ts';
import { serviceLinks } from '../links.ts';
import { type BackendProbe, backendProbes, connects, underlay } from '../model/paths.ts';
import { type CutProbe, cutProbes } from '../model/pod-probes.ts';

export const podNetworkBroken = defineRule({
  id: 'pod-network-broken',
  role: 'symptom',
  severity: 'critical',
  summary: 'a node that cannot reach Pods on other nodes',
  needs: [
    'services',
    'endpoints',
    'nodes',
    'node-leases',
    'node-tcp',
    'node-routes',
    'node-route-get',
    'calico-ip-pools',
  ],
  texts: {
    found: '{from} cannot reach Pods on {to}: a connect to {address} ends in {result}.',
    cut: 'Connect from {from} to {address}: {result}.',
    own: 'The same connect from {node}, where the Pod runs: open. The application answers.',
    other: 'The same connect from {node}: open. The application answers.',
    underlay: '{from} does reach the node {to} itself: the network below is whole.',
  },
  explains: serviceLinks,
  judge(facts, say) {
    for (const [from, cut] of groupBy(cutProbes(facts), (p) => p.from)) {
      const [first] = cut;
      if (first === undefined) continue;
      const to = [...new Set(cut.map((p) => p.to))].sort();
      say.find({
        object: nodeRef(from),
        confidence: 'confirmed',
        text: 'found',
        data: { from, to, address: addressOf(first), result: first.result.result },
        because: proofs(facts, first),
        scope: { nodes: [from], pairs: to.map((node) => [from, node] as const) },
      });
    }
  },
});

function proofs(facts: Facts, cut: CutProbe): Proof<'cut' | 'own' | 'other' | 'underlay'>[] {
  const { from, to } = cut;
  const fact = connects(facts).get(from)?.fact;
  if (fact === undefined) return [];
  const address = addressOf(cut);
  const open = backendProbes(facts).filter((p) => p.backend.ip === cut.backend.ip && p.result.result === 'open');
  const witness = open.find((p) => p.own) ?? open[0];
  const theirs = witness === undefined ? undefined : connects(facts).get(witness.from)?.fact;
  return [
    proof(fact, 'cut', { from, address, result: cut.result.result }, connectCommand(cut)),
    ...(witness === undefined || theirs === undefined
      ? []
      : [
          proof(
            theirs,
            witness.own ? ('own' as const) : ('other' as const),
            { node: witness.from },
            connectCommand(witness),
          ),
        ]),
    ...(underlay(facts, from, to) === true
      ? [proof(fact, 'underlay' as const, { from, to }, `ping -c 3 ${to}   # on ${from}`)]
      : []),
  ];
}

function addressOf({ backend: { ip, port } }: BackendProbe): string {
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}

function connectCommand(probe: BackendProbe): string {
  return `nc -vz -w 2 ${probe.backend.ip} ${probe.backend.port}   # on ${probe.from}`;
}
