/** Cause: the host's own firewall on an entry node drops or rejects the NodePort (N41). */
import { type Facts, proof } from '../../core/facts.ts';
import { nodeRef } from '../../core/object-ref.ts';
import { defineRule } from '../../core/rule.ts';
import { splitLink } from '../links.ts';
import { serviceTarget } from '../model/target.ts';
import { clusterIpWorks, type ProxyView, reachesBackends, suspects } from './view.ts';

export const hostFirewallDropsNodePort = defineRule({
  id: 'host-firewall-drops-node-port',
  role: 'cause',
  severity: 'critical',
  summary: 'a host firewall that drops the NodePort',
  needs: ['services', 'endpoints', 'nodes', 'node-tcp', 'node-service-proxy', 'node-kube-proxy', 'node-firewall'],
  texts: {
    found: 'The firewall of {node} drops NodePort {port}: {rule}.',
    suspected:
      'Everything behind NodePort {port} works on {node}, and connects from outside fail. Its host firewall ({managers}) is active and the likely reason.',
    rule: 'Firewall rule on {node} ({chain}): {rule}',
    policy: 'Chain {chain} on {node} has policy {policy}.',
    inner: '{node} itself reaches the endpoints and the ClusterIP.',
    allow: 'Allow TCP 30000-32767 on the node, from where clients come.',
  },
  explains: { 'node-port-unreachable': splitLink },
  judge(facts, say) {
    const { port } = serviceTarget(facts);
    if (port?.nodePort === undefined) return;
    for (const view of suspects(facts)) {
      const node = view.entry.node;
      // Missing or wrong rules of the proxy, or a broken inner way, are other faults.
      if (view.right === false || reachesBackends(facts, node) !== true || clusterIpWorks(facts, node) === false)
        continue;
      const firewall = facts.get('node-firewall', nodeRef(node));
      if (!firewall.known) continue;
      const hit = firewall.value.denials.find(
        (d) =>
          deniesPort(d.ports, d.rule, port.nodePort ?? 0) &&
          (d.protocol ?? 'tcp').toLowerCase().includes(port.protocol.toLowerCase()),
      );
      const managers = firewall.value.managers.filter((m) => m.active).map((m) => m.name);
      const data = { node, port: port.nodePort };
      const common = {
        object: nodeRef(node),
        scope: { nodes: [node] },
        advice: [{ text: 'allow' as const, data: {} }],
      };
      if (hit !== undefined) {
        const rule = proof(
          firewall,
          'rule',
          { node, chain: hit.chain, rule: hit.rule.slice(0, 200) },
          `iptables-save; nft list ruleset   # on ${node}`,
        );
        say.find({
          ...common,
          confidence: 'confirmed',
          text: 'found',
          data: { ...data, rule: hit.rule.slice(0, 200) },
          because: [rule, ...innerProof(facts, view)],
        });
      } else if (managers.length > 0 && view.entry.state === 'fails') {
        const tryThis = `iptables-save | grep -E 'DROP|REJECT'; firewall-cmd --list-all   # on ${node}`;
        say.find({
          ...common,
          confidence: 'likely',
          text: 'suspected',
          data: { ...data, managers },
          because: innerProof(facts, view),
          tryThis,
        });
      }
    }
  },
});

function innerProof(facts: Facts, view: ProxyView) {
  const { node } = view.entry;
  const tcp = facts.get('node-tcp', nodeRef(node));
  return tcp.known ? [proof(tcp, 'inner' as const, { node })] : [];
}

/** True where the rule names the port, alone, in a list or in a range. A rule without ports is too general to blame. */
export function deniesPort(ports: string | undefined, rule: string, port: number): boolean {
  const text = ports ?? /--dports?\s+(\S+)/.exec(rule)?.[1] ?? '';
  return text.split(',').some((part) => {
    const [from, to] = part.split(/[:-]/).map(Number);
    return from !== undefined && !Number.isNaN(from) && port >= from && port <= (to ?? from);
  });
}
