/** Cause: the node's kernel does not forward IPv4 packets, so they end there on their way to or from a Pod (N35). */
import { type Facts, proof } from '../../core/facts.ts';
import type { Finding } from '../../core/finding.ts';
import { nodeRef } from '../../core/object-ref.ts';
import { defineRule } from '../../core/rule.ts';
import { serviceLinks } from '../links.ts';
import { internalIps, nodesByName } from '../model/nodes.ts';
import { type Entry, entries } from '../model/paths.ts';
import { backends } from '../model/target.ts';

export const ipForwardOff = defineRule({
  id: 'ip-forward-off',
  role: 'cause',
  severity: 'critical',
  summary: 'a node whose kernel does not forward packets',
  needs: ['services', 'endpoints', 'nodes', 'node-interfaces', 'node-tcp', 'node-sysctls'],
  texts: {
    found:
      'net.ipv4.ip_forward is 0 on {node}: the node drops every packet that is not for itself, so none passes on to a Pod.',
    sysctl: 'net.ipv4.ip_forward on {node} is {value}.',
    fix: 'Set it to 1, and in a file under /etc/sysctl.d as well. Look for what sets it to 0: restarting Calico or kube-proxy hides the fault until that runs again.',
  },
  explains: {
    ...serviceLinks,
    // A Pod's own node must pass packets on from the wire to the Pod.
    'pod-network-broken': { when: endsAtThisNode },
  },
  judge(facts, say) {
    const seen = new Set<string>();
    for (const entry of entries(facts)) {
      const { node } = entry;
      const sysctls = facts.get('node-sysctls', nodeRef(node));
      const value = sysctls.known ? sysctls.value['net.ipv4.ip_forward'] : undefined;
      if (!sysctls.known || value !== '0' || seen.has(node) || !forwards(facts, entry)) continue;
      seen.add(node);
      say.find({
        object: nodeRef(node),
        confidence: 'confirmed',
        text: 'found',
        data: { node },
        because: [proof(sysctls, 'sysctl', { node, value }, `sysctl net.ipv4.ip_forward   # on ${node}`)],
        scope: { nodes: [node] },
        advice: [{ text: 'fix', data: {}, command: 'sysctl -w net.ipv4.ip_forward=1' }],
        remediations: [{ id: 'set-sysctl', params: { node, name: 'net.ipv4.ip_forward', value: 1 } }],
      });
    }
  },
});

function endsAtThisNode(cause: Finding, effect: Finding): boolean {
  const pairs = effect.scope.pairs ?? [];
  return pairs.length > 0 && pairs.every(([, to]) => cause.scope.nodes?.includes(to));
}

/** True where packets for the Service must pass through this node: as a way in, or as the home of a Pod with its own network. */
function forwards(facts: Facts, entry: Entry): boolean {
  const all = backends(facts).filter((b) => !b.ip.includes(':'));
  const node = nodesByName(facts).get(entry.node);
  const own = new Set(node === undefined ? [] : internalIps(node));
  if (all.some((b) => b.node === entry.node && !own.has(b.ip))) return true;
  // As a way in it passes on whatever is not at its own address: a Pod on the host's network here takes it directly.
  return entry.state !== 'works' && all.some((b) => !own.has(b.ip));
}
