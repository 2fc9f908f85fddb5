/** Cause: two nodes claim one Calico address: a bridge's or a VIP was chosen, or a machine was cloned. */

import { proof } from '../../core/facts.ts';
import { groupBy } from '../../core/group.ts';
import { nodeRef } from '../../core/object-ref.ts';
import { defineRule } from '../../core/rule.ts';
import { calicoNodes } from '../model/calico.ts';
import { isStale } from '../model/nodes.ts';
import { bgpLinks, likelyPair } from './bgp-links.ts';

export const calicoNodeIpConflict = defineRule({
  id: 'calico-node-ip-conflict',
  role: 'cause',
  severity: 'critical',
  summary: 'two nodes with one Calico address',
  needs: ['nodes', 'node-leases'],
  texts: {
    found:
      'Calico uses {address} on {nodes}. One address can belong to one node only: the others reach just one of them.',
    annotation: 'Node {node}: projectcalico.org/IPv4Address is {address}, its InternalIP is {internal}.',
    fix: 'Choose an autodetection method that gives each node its own InternalIP. The address is often that of a bridge or of a virtual IP that moves between nodes.',
  },
  explains: {
    ...bgpLinks,
    'pod-network-broken': likelyPair,
    // Two nodes on one wrong address: the conflict is the sharper word for the same fault.
    'calico-node-ip-mismatch': { when: (cause, effect) => (cause.scope.nodes ?? []).includes(effect.object.name) },
  },
  judge(facts, say) {
    const nodes = facts.get('nodes');
    if (!nodes.known) return;
    const living = [...calicoNodes(facts).values()].filter((n) => !isStale(facts, n.node));
    for (const [address, holders] of groupBy(living, (n) => n.address)) {
      if (holders.length < 2) continue;
      const names = holders.map((h) => h.node);
      const culprit = holders.find((h) => !h.matches) ?? holders[0];
      if (culprit === undefined) continue;
      const others = nodes.value.nodes.map((n) => n.name);
      say.find({
        object: nodeRef(culprit.node),
        confidence: 'confirmed',
        text: 'found',
        data: { address, nodes: names },
        because: holders
          .slice(0, 4)
          .map((h) =>
            proof(
              nodes,
              'annotation',
              { node: h.node, address: h.cidr, internal: h.internalIp },
              `kubectl get node ${h.node} -o jsonpath='{.metadata.annotations.projectcalico\\.org/IPv4Address}'`,
            ),
          ),
        scope: { nodes: names, pairs: names.flatMap((a) => others.filter((b) => b !== a).map((b) => [a, b] as const)) },
        advice: [{ text: 'fix', data: {} }],
        // Machines with one InternalIP (a clone) have nothing better to choose.
        ...(culprit.matches ? {} : { remediations: [{ id: 'set-calico-ip-autodetection', params: {} }] }),
      });
    }
  },
});
