/** Cause: kube-proxy is well and its rules are gone from the node: something flushed them (N28). */
import { proof } from '../../core/facts.ts';
import { nodeRef } from '../../core/object-ref.ts';
import { defineRule } from '../../core/rule.ts';
import { splitLink } from '../links.ts';
import { serviceTarget } from '../model/target.ts';
import { healthy, proxyViews } from './view.ts';

export const proxyRulesFlushed = defineRule({
  id: 'proxy-rules-flushed',
  role: 'cause',
  severity: 'critical',
  summary: "a node from which kube-proxy's rules were flushed",
  needs: ['services', 'endpoints', 'nodes', 'node-tcp', 'node-service-proxy', 'node-kube-proxy'],
  texts: {
    found:
      'kube-proxy runs on {node}, and not one of its rules is there. Something flushed them: a firewall reload, nft flush ruleset, or iptables -F.',
    empty: '{node} has no Service entry at all. {other} has {count}.',
    health: 'kube-proxy on {node} answers its health check with {status}.',
    restart:
      'Restart kube-proxy on {node} to write the rules again, and keep the firewall from flushing everything at its next reload. hostPort rules of the CNI come back only when its Pods restart.',
  },
  explains: { 'node-port-unreachable': splitLink, 'service-unreachable': splitLink },
  judge(facts, say) {
    const { port } = serviceTarget(facts);
    const views = proxyViews(facts);
    const full = views.find((v) => (v.rules?.value.totalEntries ?? 0) > 0);
    if (port?.nodePort === undefined || full === undefined) return;
    for (const view of views) {
      if (
        view.rules === undefined ||
        view.rules.value.totalEntries > 0 ||
        healthy(view) !== true ||
        view.entry.state === 'works'
      )
        continue;
      const { node } = view.entry;
      const status = view.health?.value.healthz.status ?? 200;
      say.find({
        object: nodeRef(node),
        confidence: 'confirmed',
        text: 'found',
        data: { node },
        because: [
          proof(
            view.rules,
            'empty',
            { node, other: full.entry.node, count: full.rules?.value.totalEntries ?? 0 },
            `iptables-save | grep -c KUBE; nft list ruleset | grep -c kube-proxy; ipvsadm -Ln   # on ${node}`,
          ),
          ...(view.health === undefined
            ? []
            : [
                proof(
                  view.health,
                  'health' as const,
                  { node, status },
                  `curl -s http://127.0.0.1:10256/healthz   # on ${node}`,
                ),
              ]),
        ],
        scope: { nodes: [node] },
        advice: [{ text: 'restart', data: { node } }],
        remediations: [{ id: 'restart-kube-proxy', params: { node } }],
      });
    }
  },
});
