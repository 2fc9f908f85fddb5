/** Cause: in ipvs mode the node has no virtual server for the entry's address, or one without destinations (N31). */
import { proof } from '../../core/facts.ts';
import { nodeRef } from '../../core/object-ref.ts';
import { defineRule } from '../../core/rule.ts';
import { splitLink } from '../links.ts';
import { backends, serviceTarget } from '../model/target.ts';
import { healthy, proxyViews } from './view.ts';

export const ipvsVirtualServerMissing = defineRule({
  id: 'ipvs-virtual-server-missing',
  role: 'cause',
  severity: 'critical',
  summary: 'an ipvs table without the NodePort',
  needs: ['services', 'endpoints', 'nodes', 'node-tcp', 'node-service-proxy', 'node-kube-proxy'],
  texts: {
    found: 'The ipvs table of {node} has no virtual server {address}:{port}. The node does not forward it.',
    empty: 'The ipvs table of {node} has {address}:{port} without a destination, though {count} endpoints are ready.',
    table: 'ipvs on {node}: {total} virtual servers; for port {port} on {addresses}.',
    restart:
      'Restart kube-proxy on {node}. Kubernetes 1.34 and 1.35 do not look again by themselves when an address is added later.',
  },
  explains: { 'node-port-unreachable': splitLink },
  judge(facts, say) {
    const { port } = serviceTarget(facts);
    if (port?.nodePort === undefined) return;
    const ready = backends(facts).length;
    for (const view of proxyViews(facts)) {
      const { node, address, state } = view.entry;
      const rules = view.rules;
      if (
        rules === undefined ||
        state === 'works' ||
        !rules.value.modes.includes('ipvs') ||
        rules.value.totalEntries === 0 ||
        healthy(view) === false
      )
        continue;
      const here = view.matching[0];
      const empty = here?.verdict === 'none' && ready > 0;
      if (here !== undefined && !empty) continue;
      const addresses = rules.value.entries.filter((e) => e.port === port.nodePort).map((e) => e.address);
      const data = { node, address, port: port.nodePort };
      say.find({
        object: nodeRef(node),
        confidence: 'confirmed',
        text: empty ? 'empty' : 'found',
        data: { ...data, count: ready },
        because: [
          proof(
            rules,
            'table',
            {
              ...data,
              total: rules.value.totalEntries,
              addresses: addresses.length === 0 ? ['no address'] : addresses,
            },
            `ipvsadm -Ln   # on ${node}`,
          ),
        ],
        scope: { nodes: [node] },
        advice: [{ text: 'restart', data: { node } }],
        remediations: [{ id: 'restart-kube-proxy', params: { node } }],
      });
    }
  },
});
