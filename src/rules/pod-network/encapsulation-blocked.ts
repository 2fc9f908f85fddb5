/** Cause: packets in a tunnel between two nodes get lost, while the nodes reach each other (N47, N48, facts §2.6). */
import type { Facts } from '../../core/facts.ts';
import { CLUSTER, nodeRef, type ObjectRef } from '../../core/object-ref.ts';
import { defineRule } from '../../core/rule.ts';
import { samePair } from '../calico/bgp-links.ts';
import { type LostTunnel, lostTunnels, openTunnels, proofsOf } from './tunnel-probes.ts';

export const encapsulationBlocked = defineRule({
  id: 'encapsulation-blocked',
  role: 'cause',
  severity: 'critical',
  summary: 'a tunnel between nodes that loses packets',
  needs: [
    'services',
    'endpoints',
    'nodes',
    'node-leases',
    'pods',
    'events',
    'calico-install',
    'calico-ip-pools',
    'calico-felix-config',
    'node-bird',
    'node-firewall',
    'node-routes',
    'node-route-get',
    'node-sysctls',
    'node-tcp',
  ],
  texts: {
    found:
      'Packets for Pods on {to} leave {from} through the tunnel {device} and get lost: {carrier} does not pass between the nodes, which do reach each other.',
    suspected:
      'Packets for Pods on {to} leave {from} through the tunnel {device}, and no answer comes back, while the nodes do reach each other. {carrier} may be blocked between them.',
    route: '{from} has a route for {address} through the tunnel: {route}.',
    lost: 'Connect from {from} to {address}: no answer.',
    tunnel:
      "Connect from {from} to the tunnel's own address on {to}, {address}: no answer. No policy for Pods applies there.",
    node: 'Connect from {from} to the node address of {to}, {address}: {result}.',
    denial: 'The firewall of {node} drops it: {rule}',
    allow: 'Let {carrier} pass between all nodes: in the host firewalls, in security groups, and in the hypervisor.',
    offload:
      'For VXLAN look at checksums as well: where tcpdump on {to} shows the packets arriving with a bad checksum, turn the offload off instead.',
    works: 'The tunnel from {from} to {to} carries packets: its address there answers.',
  },
  explains: { 'pod-network-broken': { when: samePair } },
  judge(facts, say) {
    for (const { from, to, proof } of openTunnels(facts)) {
      say.clear({ object: nodeRef(from), text: 'works', data: { from, to }, because: [proof('works', { from, to })] });
    }
    const all = lostTunnels(facts);
    for (const sure of [true, false]) {
      const lost = all.filter((tunnel) => tunnel.sure === sure);
      const [first] = lost;
      if (first === undefined) continue;
      const { from, to, carrier, device, ip } = first;
      const sniff = `tcpdump -ni any ${first.filter}   # on ${to}, during: nc -vz -w 2 ${ip} 10250 on ${from}`;
      say.find({
        object: culprit(facts, lost),
        confidence: sure ? 'confirmed' : 'likely',
        ...(sure ? {} : { tryThis: sniff }),
        text: sure ? 'found' : 'suspected',
        data: { from: names(lost, 'from'), to: names(lost, 'to'), device, carrier },
        because: proofsOf(facts, first),
        scope: { nodes: names(lost, 'from'), pairs: lost.map((t) => [t.from, t.to] as const) },
        advice: [
          { text: 'allow', data: { carrier } },
          ...(first.vxlan && !first.denied
            ? [{ text: 'offload' as const, data: { to }, command: `ethtool -K ${device} tx-checksum-ip-generic off` }]
            : []),
        ],
      });
    }
  },
});

function names(lost: readonly LostTunnel[], end: 'from' | 'to'): string[] {
  return [...new Set(lost.map((tunnel) => tunnel[end]))].sort();
}

/** The node that all lost tunnels share; the one that asked where there is but one pair; else the cluster's network. */
function culprit(facts: Facts, lost: readonly LostTunnel[]): ObjectRef {
  const [first] = lost;
  if (first === undefined) return CLUSTER;
  const pairs = lost.map((t) => [t.from, t.to]);
  const shared = [first.from, first.to].filter((node) => pairs.every((pair) => pair.includes(node)));
  // What else is seen to carry packets speaks for a node.
  const carrying = new Set(openTunnels(facts).flatMap((t) => [t.from, t.to]));
  const node = shared.find((name) => !carrying.has(name)) ?? shared[0];
  return node === undefined ? CLUSTER : nodeRef(node);
}
