/** Cause: in ipvs mode the node has no virtual server for the entry's address, or one without destinations (N31). */
import { type Facts, proof } from '../../core/facts.ts';
import { nodeRef } from '../../core/object-ref.ts';
import { defineRule } from '../../core/rule.ts';
import { splitLink } from '../links.ts';
import { backends, serviceTarget } from '../model/target.ts';
import { excludedByConfig, healthy, type ProxyView, proxyViews } from './view.ts';

export const ipvsVirtualServerMissing = defineRule({
  id: 'ipvs-virtual-server-missing',
  role: 'cause',
  severity: 'critical',
  summary: 'an ipvs table without the NodePort',
  needs: [
    'services',
    'endpoints',
    'nodes',
    'node-interfaces',
    'node-tcp',
    'node-service-proxy',
    'node-kube-proxy',
    'kube-proxy-config',
  ],
  texts: {
    found: 'The ipvs table of {node} has no virtual server {address}:{port}. The node does not forward it.',
    empty:
      'The ipvs table of {node} has {address}:{port} without a destination, though {count} {count:endpoint is|endpoints are} ready.',
    table: 'ipvs on {node}: {total} virtual {total:server|servers}; for port {port} on {addresses}.',
    restart:
      'Restart kube-proxy on {node}. Kubernetes 1.34 and 1.35 do not look again by themselves when an address is added later.',
  },
  explains: { 'node-port-unreachable': splitLink },
  judge(facts, say) {
    const { port } = serviceTarget(facts);
    if (port?.nodePort === undefined) return;
    for (const view of proxyViews(facts)) {
      const { rules } = view;
      const { node, address } = view.entry;
      const text = missing(facts, view);
      if (rules === undefined || text === undefined) continue;
      const on = rules.value.entries.filter((e) => e.port === port.nodePort).map((e) => e.address);
      const data = { node, address, port: port.nodePort };
      const table = { ...data, total: rules.value.totalEntries, addresses: on.length === 0 ? ['-'] : on };
      say.find({
        object: nodeRef(node),
        confidence: 'confirmed',
        text,
        data: { ...data, count: backends(facts).length },
        because: [proof(rules, 'table', table, `ipvsadm -Ln   # on ${node}`)],
        scope: { nodes: [node] },
        advice: [{ text: 'restart', data: { node } }],
        remediations: [{ id: 'restart-kube-proxy', params: { node } }],
      });
    }
  },
});

/** An empty table is another fault, a dead or unhealthy kube-proxy too; and an address may be left out on purpose. */
function missing(facts: Facts, view: ProxyView): 'found' | 'empty' | undefined {
  const { rules } = view;
  if (rules === undefined || view.entry.state === 'works' || !view.expected || healthy(view) === false)
    return undefined;
  if (!rules.value.modes.includes('ipvs') || rules.value.totalEntries === 0) return undefined;
  if (excludedByConfig(facts, view.entry.address) !== undefined) return undefined;
  const here = view.matching.filter((e) => e.address === view.entry.address);
  if (view.matching.some((e) => e.verdict === 'forward')) return undefined;
  return here.length === 0 ? 'found' : here.every((e) => e.verdict === 'none') ? 'empty' : undefined;
}
