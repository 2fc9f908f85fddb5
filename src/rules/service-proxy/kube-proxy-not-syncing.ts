/** Cause: kube-proxy runs and does not bring its rules up to date (N26). */
import { proof } from '../../core/facts.ts';
import { nodeRef } from '../../core/object-ref.ts';
import { defineRule } from '../../core/rule.ts';
import { serviceLinks } from '../links.ts';
import { serviceTarget } from '../model/target.ts';
import { failsByProxy, type ProxyView, proxyViews } from './view.ts';

export const kubeProxyNotSyncing = defineRule({
  id: 'kube-proxy-not-syncing',
  role: 'cause',
  severity: 'critical',
  summary: 'a kube-proxy that does not bring its rules up to date',
  needs: ['services', 'endpoints', 'nodes', 'node-interfaces', 'node-tcp', 'node-service-proxy', 'node-kube-proxy'],
  texts: {
    found:
      'kube-proxy on {node} runs and says that it is not up to date (status {status}). It has no right rule for NodePort {port}.',
    idle: 'kube-proxy on {node} says that it is not up to date (status {status}). The rule for NodePort {port} is right so far.',
    stale:
      'kube-proxy on {node} says that it is not up to date (status {status}). It still sends a part of NodePort {port} to what is gone.',
    beside: 'kube-proxy on {node} says that it is not up to date (status {status}).',
    health: 'Health check of kube-proxy on {node}: status {status}, last update {updated}.',
    rules: '{node} has {count} {count:entry|entries} for NodePort {port}, to {destinations}.',
    log: "Read its log: 'Failed to execute iptables-restore', 'nftables sync failed', or refused watches say why.",
  },
  explains: serviceLinks,
  judge(facts, say) {
    const { port } = serviceTarget(facts);
    if (port?.nodePort === undefined) return;
    for (const view of proxyViews(facts)) {
      const health = unsynced(view);
      if (health === undefined) continue;
      const { node } = view.entry;
      const text = wording(view);
      const struck = text === 'found' || (text === 'stale' && view.entry.state !== 'works');
      const data = { node, status: health.status, port: port.nodePort };
      const command = `curl -s http://127.0.0.1:10256/healthz   # on ${node}`;
      say.find({
        object: nodeRef(node),
        ...(struck ? {} : { severity: 'warning' as const }),
        confidence: 'confirmed',
        text,
        data,
        because: [
          proof(health.fact, 'health', { ...data, updated: health.updated }, command),
          ...rules(view, port.nodePort),
        ],
        scope: struck ? { nodes: [node] } : {},
        advice: [{ text: 'log', data: {} }],
        remediations: [{ id: 'restart-kube-proxy', params: { node } }],
      });
    }
  },
});

/** 503 with nodeEligible false is a node on its way out: the rules are kept up to date all the same. */
function unsynced(view: ProxyView) {
  const fact = view.health;
  const health = fact?.value.healthz;
  if (fact === undefined || health?.result !== 'answered' || health.status !== 503) return undefined;
  if (health.nodeEligible === false) return undefined;
  return { fact, status: health.status, updated: health.lastUpdated ?? '?' };
}

function wording(view: ProxyView): 'found' | 'stale' | 'idle' | 'beside' {
  if (failsByProxy(view)) return 'found';
  if (view.state === 'stale') return 'stale';
  return view.state === 'right' && view.expected ? 'idle' : 'beside';
}

function rules(view: ProxyView, port: number) {
  if (view.rules === undefined) return [];
  const to = view.matching.flatMap((e) => e.destinations.map((d) => `${d.ip}:${d.port}`));
  const data = { node: view.entry.node, port, count: view.matching.length, destinations: to.length === 0 ? ['-'] : to };
  return [proof(view.rules, 'rules' as const, data)];
}
