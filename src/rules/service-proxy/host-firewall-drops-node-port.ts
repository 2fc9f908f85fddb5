/** Cause: the host's own firewall on an entry node drops or rejects the NodePort (N41). */
import type { EvidenceValue } from '../../core/evidence/kinds.ts';
import { type Facts, proof } from '../../core/facts.ts';
import { nodeRef } from '../../core/object-ref.ts';
import { defineRule } from '../../core/rule.ts';
import { splitLink } from '../links.ts';
import { serviceTarget } from '../model/target.ts';
import { deniesPort } from './denials.ts';
import { clusterIpWorks, type ProxyView, reachesBackends, suspects } from './view.ts';

export const hostFirewallDropsNodePort = defineRule({
  id: 'host-firewall-drops-node-port',
  role: 'cause',
  severity: 'critical',
  summary: 'a host firewall that drops the NodePort',
  needs: [
    'services',
    'endpoints',
    'nodes',
    'node-interfaces',
    'node-tcp',
    'node-service-proxy',
    'node-kube-proxy',
    'node-firewall',
  ],
  texts: {
    found: 'The firewall of {node} drops NodePort {port}: {rule}.',
    suspected:
      'Everything behind NodePort {port} works on {node}, and connects from outside fail. Its host firewall ({managers}) is active and the likely reason.',
    'wrong-place':
      'Everything behind NodePort {port} works on {node}, and connects from outside fail. A firewall rule there names the port, but in chain {chain}, which packets for a NodePort do not pass in this proxy mode.',
    rule: 'Firewall rule on {node} ({chain}): {rule}',
    policy: 'Chain {chain} on {node} has policy {policy}.',
    inner: '{node} itself reaches the endpoints and the ClusterIP.',
    allow: 'Allow the port (or TCP 30000-32767) on {node}, from where clients come.',
  },
  explains: { 'node-port-unreachable': splitLink },
  judge(facts, say) {
    const { port } = serviceTarget(facts);
    if (port?.nodePort === undefined) return;
    for (const view of suspects(facts)) {
      const { node } = view.entry;
      const firewall = facts.get('node-firewall', nodeRef(node));
      if (!firewall.known || !isLeftOver(facts, view)) continue;
      const data = { node, port: port.nodePort };
      const common = { object: nodeRef(node), scope: { nodes: [node] }, advice: [{ text: 'allow' as const, data }] };
      const inner = innerProof(facts, view);
      const tryThis = `iptables-save | grep -E 'DROP|REJECT'; nft list ruleset; firewall-cmd --list-all   # on ${node}`;
      const hits = firewall.value.denials.filter((d) => deniesPort(d, port.nodePort ?? 0, port.protocol));
      const hit = hits.find((d) => isPassed(view, d.hook, d.chain)) ?? hits[0];
      if (hit !== undefined) {
        const shown = { ...data, chain: hit.chain, rule: hit.rule.slice(0, 200) };
        const because = [
          proof(firewall, 'rule' as const, shown, `iptables-save; nft list ruleset   # on ${node}`),
          ...inner,
        ];
        if (isPassed(view, hit.hook, hit.chain))
          say.find({ ...common, confidence: 'confirmed', text: 'found', data: shown, because });
        else say.find({ ...common, confidence: 'likely', text: 'wrong-place', data: shown, because, tryThis });
        continue;
      }
      const managers = activeManagers(firewall.value, view);
      if (managers.length === 0 || !view.entry.probes.every((p) => p.result.result !== 'refused')) continue;
      const policies = firewall.value.policies
        .filter((p) => closed(p, view))
        .map((p) => proof(firewall, 'policy' as const, { node, chain: `${p.table} ${p.chain}`, policy: p.policy }));
      const because = [...policies.slice(0, 1), ...inner];
      say.find({ ...common, confidence: 'likely', text: 'suspected', data: { ...data, managers }, because, tryThis });
    }
  },
});

/** Rules of the proxy that are not known to be wrong, and a way inside that works: then only the door is left. */
function isLeftOver(facts: Facts, view: ProxyView): boolean {
  const { node } = view.entry;
  return (
    view.expected &&
    view.state !== 'wrong' &&
    reachesBackends(facts, node) === true &&
    clusterIpWorks(facts, node) !== false
  );
}

/**
 * Whether packets for a NodePort meet the chain with that port in them. kube-proxy rewrites them in PREROUTING, so in
 * iptables and nftables mode INPUT and FORWARD see the Pod's port; in ipvs mode INPUT still sees the NodePort.
 */
function isPassed(view: ProxyView, hook: string | undefined, chain: string): boolean {
  const at = (hook ?? chain).toLowerCase();
  if (/prerouting|ingress/.test(at)) return true;
  const ipvs = view.rules?.value.modes.includes('ipvs') === true;
  return ipvs && /input/.test(at);
}

type Firewall = EvidenceValue<'node-firewall'>;

function activeManagers(firewall: Firewall, view: ProxyView): string[] {
  const active = firewall.managers.filter((m) => m.active).map((m) => m.name);
  if (active.length > 0) return active;
  return firewall.policies.filter((p) => closed(p, view)).map((p) => `${p.table} ${p.chain} ${p.policy}`);
}

function closed(policy: Firewall['policies'][number], view: ProxyView): boolean {
  return policy.policy === 'DROP' && isPassed(view, undefined, policy.chain);
}

function innerProof(facts: Facts, view: ProxyView) {
  const { node } = view.entry;
  const tcp = facts.get('node-tcp', nodeRef(node));
  return tcp.known && clusterIpWorks(facts, node) === true ? [proof(tcp, 'inner' as const, { node })] : [];
}
