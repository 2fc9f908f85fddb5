/** Cause: kube-proxy runs and does not bring its rules up to date (N26). */
import { proof } from '../../core/facts.ts';
import { nodeRef } from '../../core/object-ref.ts';
import { defineRule } from '../../core/rule.ts';
import { splitLink } from '../links.ts';
import { serviceTarget } from '../model/target.ts';
import { proxyViews } from './view.ts';

export const kubeProxyNotSyncing = defineRule({
  id: 'kube-proxy-not-syncing',
  role: 'cause',
  severity: 'critical',
  summary: 'a kube-proxy that does not bring its rules up to date',
  needs: ['services', 'endpoints', 'nodes', 'node-tcp', 'node-service-proxy', 'node-kube-proxy'],
  texts: {
    found:
      'kube-proxy on {node} runs and says that it is not up to date (status {status}). It has no right rule for NodePort {port}.',
    idle: 'kube-proxy on {node} says that it is not up to date (status {status}). The rule for NodePort {port} is right so far.',
    health: 'Health check of kube-proxy on {node}: status {status}, last update {updated}.',
    rules: '{node} sends NodePort {port} to {destinations}.',
    log: "Read its log: 'Failed to execute iptables-restore', 'nftables sync failed', or refused watches say why.",
  },
  explains: { 'node-port-unreachable': splitLink, 'service-unreachable': splitLink },
  judge(facts, say) {
    const { port } = serviceTarget(facts);
    if (port?.nodePort === undefined) return;
    for (const view of proxyViews(facts)) {
      const { node } = view.entry;
      const health = view.health?.value.healthz;
      // 503 with nodeEligible false is a node on its way out: the rules are kept up to date all the same.
      if (
        view.health === undefined ||
        health?.result !== 'answered' ||
        health.status !== 503 ||
        health.nodeEligible === false
      )
        continue;
      const broken = view.right === false && view.entry.state !== 'works';
      const destinations = view.matching.flatMap((e) => e.destinations.map((d) => `${d.ip}:${d.port}`));
      const data = { node, status: 503, port: port.nodePort };
      say.find({
        object: nodeRef(node),
        ...(broken ? {} : { severity: 'warning' as const }),
        confidence: 'confirmed',
        text: broken ? 'found' : 'idle',
        data,
        because: [
          proof(
            view.health,
            'health',
            { ...data, updated: health.lastUpdated ?? 'unknown' },
            `curl -s http://127.0.0.1:10256/healthz   # on ${node}`,
          ),
          ...(view.rules === undefined
            ? []
            : [
                proof(view.rules, 'rules' as const, {
                  ...data,
                  destinations: destinations.length === 0 ? ['nowhere'] : destinations,
                }),
              ]),
        ],
        scope: broken ? { nodes: [node] } : {},
        advice: [{ text: 'log', data: {} }],
        remediations: [{ id: 'restart-kube-proxy', params: { node } }],
      });
    }
  },
});
