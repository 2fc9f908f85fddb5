/** Cause: the node's kernel does not forward IPv4 packets, so they end there on their way to or from a Pod (N35). */
import { proof } from '../../core/facts.ts';
import { nodeRef } from '../../core/object-ref.ts';
import { defineRule } from '../../core/rule.ts';
import { splitLink } from '../links.ts';
import { entries } from '../model/paths.ts';
import { backends } from '../model/target.ts';

export const ipForwardOff = defineRule({
  id: 'ip-forward-off',
  role: 'cause',
  severity: 'critical',
  summary: 'a node whose kernel does not forward packets',
  needs: ['services', 'endpoints', 'nodes', 'node-tcp', 'node-sysctls'],
  texts: {
    found:
      'net.ipv4.ip_forward is 0 on {node}: the node drops every packet that is not for itself, so none passes on to a Pod.',
    sysctl: 'net.ipv4.ip_forward on {node} is {value}.',
    fix: 'Set it to 1, and in a file under /etc/sysctl.d as well. Look for what sets it to 0: restarting Calico or kube-proxy hides the fault until that runs again.',
    on: 'net.ipv4.ip_forward is 1 on {node}.',
  },
  explains: {
    'node-port-unreachable': splitLink,
    'service-unreachable': splitLink,
    // A Pod's own node must pass packets on from the wire to the Pod.
    'pod-network-broken': {
      when: (cause, effect) =>
        (effect.scope.pairs ?? []).length > 0 &&
        (effect.scope.pairs ?? []).every(([, to]) => cause.scope.nodes?.includes(to)),
    },
  },
  judge(facts, say) {
    const hosts = new Set(backends(facts).map((b) => b.node));
    for (const entry of entries(facts)) {
      if (entry.state === 'works' && !hosts.has(entry.node)) continue;
      const sysctls = facts.get('node-sysctls', nodeRef(entry.node));
      const value = sysctls.known ? sysctls.value['net.ipv4.ip_forward'] : undefined;
      if (!sysctls.known || value !== '0') continue;
      say.find({
        object: nodeRef(entry.node),
        confidence: 'confirmed',
        text: 'found',
        data: { node: entry.node },
        because: [
          proof(sysctls, 'sysctl', { node: entry.node, value }, `sysctl net.ipv4.ip_forward   # on ${entry.node}`),
        ],
        scope: { nodes: [entry.node] },
        advice: [{ text: 'fix', data: {}, command: 'sysctl -w net.ipv4.ip_forward=1' }],
        remediations: [{ id: 'set-sysctl', params: { node: entry.node, name: 'net.ipv4.ip_forward', value: 1 } }],
      });
    }
  },
});
