/** Cause: NodePorts are served on some of the node's addresses only, and the one in use is not among them (N29). */
import { proof } from '../../core/facts.ts';
import { nodeRef } from '../../core/object-ref.ts';
import { defineRule } from '../../core/rule.ts';
import { splitLink } from '../links.ts';
import { serviceTarget } from '../model/target.ts';
import { excludedByConfig, excludedByRules, fails, proxyViews } from './view.ts';

export const nodePortAddressExcluded = defineRule({
  id: 'node-port-address-excluded',
  role: 'cause',
  severity: 'critical',
  summary: 'an address on which NodePorts are not served',
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
    found: '{node} does not serve NodePorts on {address}: kube-proxy serves them on {served} only.',
    config: 'ConfigMap kube-proxy: nodePortAddresses is {served}.',
    set: 'nftables on {node}: NodePorts are served on {served}.',
    widen:
      'Add the address to nodePortAddresses and restart kube-proxy; or use another address of the node. In nftables mode the default is the primary node address alone.',
  },
  explains: { 'node-port-unreachable': splitLink },
  judge(facts, say) {
    const { port } = serviceTarget(facts);
    if (port?.nodePort === undefined) return;
    const config = facts.get('kube-proxy-config');
    for (const view of proxyViews(facts)) {
      if (!fails(view)) continue;
      const { node, address } = view.entry;
      const byRules = excludedByRules(view);
      // ipvs names each address that it serves; in the other modes the rule for the port says nothing about addresses.
      const named = view.matching.some((e) => e.address === address && e.verdict === 'forward');
      const byConfig = named ? undefined : excludedByConfig(facts, address);
      const served = byRules ?? byConfig;
      if (served === undefined) continue;
      // An address that is not served refuses. Silence has another reason, at least too.
      const refused = view.entry.probes.some((probe) => probe.result.result === 'refused');
      const sure = byRules !== undefined || refused;
      const command = `nft list set ip kube-proxy nodeport-ips   # on ${node}`;
      say.find({
        object: nodeRef(node),
        text: 'found',
        data: { node, address, served },
        because: [
          ...(byRules !== undefined && view.rules !== undefined
            ? [proof(view.rules, 'set' as const, { node, served: byRules }, command)]
            : []),
          ...(byConfig !== undefined && config.known ? [proof(config, 'config' as const, { served: byConfig })] : []),
        ],
        scope: { nodes: [node] },
        advice: [{ text: 'widen', data: {} }],
        remediations: [{ id: 'set-node-port-addresses', params: {} }],
        ...(sure
          ? { confidence: 'confirmed' }
          : {
              confidence: 'likely',
              tryThis: `iptables-save -t nat | grep KUBE-NODEPORTS; ipvsadm -Ln   # on ${node}`,
            }),
      });
    }
  },
});
