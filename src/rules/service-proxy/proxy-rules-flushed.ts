/** Cause: kube-proxy is well and its rules are gone from the node: something flushed them (N28). */
import { type Facts, proof } from '../../core/facts.ts';
import { nodeRef } from '../../core/object-ref.ts';
import { defineRule } from '../../core/rule.ts';
import { serviceLinks } from '../links.ts';
import { backends, serviceTarget } from '../model/target.ts';
import { clusterIpWorks, fails, healthy, type ProxyView, proxyViews, reachesBackends } from './view.ts';

export const proxyRulesFlushed = defineRule({
  id: 'proxy-rules-flushed',
  role: 'cause',
  severity: 'critical',
  summary: "a node from which kube-proxy's rules were flushed",
  needs: ['services', 'endpoints', 'nodes', 'node-interfaces', 'node-tcp', 'node-service-proxy', 'node-kube-proxy'],
  texts: {
    found:
      'kube-proxy runs on {node}, and not one of its rules is there. Something flushed them: a firewall reload, nft flush ruleset, or iptables -F.',
    empty: '{node} has no Service entry at all. {other} has {count}.',
    alone: '{node} has no Service entry at all, though {service} has {count} ready {count:endpoint|endpoints}.',
    health: 'kube-proxy on {node} answers its health check with {status}.',
    restart:
      'Restart kube-proxy on {node} to write the rules again, and keep the firewall from flushing everything at its next reload. hostPort rules of the CNI come back only when its Pods restart.',
  },
  explains: serviceLinks,
  judge(facts, say) {
    const { service, port } = serviceTarget(facts);
    if (service === undefined || port?.nodePort === undefined) return;
    for (const view of proxyViews(facts)) {
      if (!isFlushed(facts, view) || view.rules === undefined) continue;
      const { node } = view.entry;
      // Reaching no endpoint either, the node has another fault, and the entry would fail with rules too.
      const sure = reachesBackends(facts, node) === true && clusterIpWorks(facts, node) !== true;
      const command = `iptables-save | grep -c KUBE; nft list ruleset | grep -c kube-proxy; ipvsadm -Ln   # on ${node}`;
      say.find({
        object: nodeRef(node),
        text: 'found',
        data: { node },
        because: [compared(facts, view, view.rules, command), ...health(view)],
        scope: { nodes: [node] },
        advice: [{ text: 'restart', data: { node } }],
        remediations: [{ id: 'restart-kube-proxy', params: { node } }],
        ...(sure ? { confidence: 'confirmed' } : { confidence: 'likely', tryThis: command }),
      });
    }
  },
});

/** kube-proxy is well, the node should forward and fails, its tables are empty, and they are not empty by design. */
function isFlushed(facts: Facts, view: ProxyView): boolean {
  if (view.rules === undefined || view.rules.value.totalEntries > 0) return false;
  if (healthy(view) !== true || !view.expected || !fails(view)) return false;
  // Cilium answers on 10256 and has no KUBE rules on any node: only another node's rules, or kube-proxy's own word, tell.
  return view.health?.value.mode !== undefined || fullView(facts) !== undefined;
}

function fullView(facts: Facts): ProxyView | undefined {
  return proxyViews(facts).find((view) => (view.rules?.value.totalEntries ?? 0) > 0);
}

function compared(facts: Facts, view: ProxyView, rules: NonNullable<ProxyView['rules']>, command: string) {
  const { node } = view.entry;
  const full = fullView(facts);
  const { service } = serviceTarget(facts);
  if (full === undefined) {
    const data = { node, service: `${service?.namespace}/${service?.name}`, count: backends(facts).length };
    return proof(rules, 'alone' as const, data, command);
  }
  const data = { node, other: full.entry.node, count: full.rules?.value.totalEntries ?? 0 };
  return proof(rules, 'empty' as const, data, command);
}

function health(view: ProxyView) {
  const status = view.health?.value.healthz.status;
  if (view.health === undefined || status === undefined) return [];
  const { node } = view.entry;
  return [
    proof(view.health, 'health' as const, { node, status }, `curl -s http://127.0.0.1:10256/healthz   # on ${node}`),
  ];
}
