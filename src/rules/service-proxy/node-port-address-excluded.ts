/** Cause: NodePorts are served on some of the node's addresses only, and the one in use is not among them (N29). */
import { proof } from '../../core/facts.ts';
import { cidrContains } from '../../core/ip.ts';
import { nodeRef } from '../../core/object-ref.ts';
import { defineRule } from '../../core/rule.ts';
import { splitLink } from '../links.ts';
import { serviceTarget } from '../model/target.ts';
import { proxyViews } from './view.ts';

export const nodePortAddressExcluded = defineRule({
  id: 'node-port-address-excluded',
  role: 'cause',
  severity: 'critical',
  summary: 'an address on which NodePorts are not served',
  needs: ['services', 'endpoints', 'nodes', 'node-tcp', 'node-service-proxy', 'kube-proxy-config'],
  texts: {
    found: '{node} does not serve NodePorts on {address}: kube-proxy serves them on {served} only.',
    config: 'ConfigMap kube-proxy: nodePortAddresses is {served}.',
    set: 'nftables on {node}: NodePorts are served on {served}.',
    widen:
      'Add the address to nodePortAddresses and restart kube-proxy; or use another address of the node. In nftables mode the default is the primary node address alone.',
  },
  explains: { 'node-port-unreachable': splitLink },
  judge(facts, say) {
    const { port } = serviceTarget(facts);
    const config = facts.get('kube-proxy-config');
    if (port?.nodePort === undefined) return;
    for (const view of proxyViews(facts)) {
      const { node, address, state } = view.entry;
      if (state === 'works' || state === 'unknown') continue;
      const live = view.rules?.value.nodePortAddresses ?? [];
      const configured = config.known ? config.value.nodePortAddresses.filter((a) => a.includes('/')) : [];
      const byRules = live.length > 0 && !live.some((a) => cidrContains(a, address));
      const byConfig = configured.length > 0 && !configured.some((a) => cidrContains(a, address));
      if (!byRules && !byConfig) continue;
      const served = byRules ? live : configured;
      say.find({
        object: nodeRef(node),
        confidence: 'confirmed',
        text: 'found',
        data: { node, address, served },
        because: [
          ...(byRules && view.rules !== undefined
            ? [
                proof(
                  view.rules,
                  'set' as const,
                  { node, served },
                  `nft list set ip kube-proxy nodeport-ips   # on ${node}`,
                ),
              ]
            : []),
          ...(byConfig && config.known ? [proof(config, 'config' as const, { served })] : []),
        ],
        scope: { nodes: [node] },
        advice: [{ text: 'widen', data: {} }],
        remediations: [{ id: 'set-node-port-addresses', params: {} }],
      });
    }
  },
});
