/** Cause, no fault: a NodePort tried on localhost. ipvs, nftables and IPv6 do not serve it there by design (N30). */
import { type Fact, type Facts, proof } from '../../core/facts.ts';
import { cidrContains } from '../../core/ip.ts';
import { defineRule } from '../../core/rule.ts';
import { serviceTarget } from '../model/target.ts';

const LOCALHOST = /^(localhost|127(\.\d+){3}|::1)$/i;

export const nodePortOnLocalhost = defineRule({
  id: 'node-port-on-localhost',
  role: 'cause',
  severity: 'warning',
  summary: 'a NodePort tried on localhost, where it is not served',
  needs: ['services', 'kube-proxy-config', 'node-kube-proxy'],
  texts: {
    found:
      'NodePort {port} was tried on {at}. In mode {mode} kube-proxy does not serve NodePorts there. That is no fault: use the address of a node.',
    off: 'NodePort {port} was tried on {at}, and kube-proxy is set not to serve NodePorts there. That is no fault: use the address of a node.',
    mode: 'kube-proxy runs in mode {mode}.',
    settings: 'kube-proxy: localhostNodePorts is {localhost}, nodePortAddresses is {addresses}.',
  },
  explains: { 'node-port-unreachable': { when: (_cause, effect) => effect.confidence === 'likely', proves: true } },
  judge(facts, say) {
    const { at } = facts.question;
    const { ref, port } = serviceTarget(facts);
    if (at === undefined || !LOCALHOST.test(at) || ref === undefined || port?.nodePort === undefined) return;
    const fact = modeOf(facts);
    if (fact === undefined) return;
    const data = { port: port.nodePort, at, mode: fact.mode };
    if (fact.mode !== 'iptables' || at === '::1') {
      const because = [proof(fact.fact, 'mode' as const, data)];
      say.find({ object: ref, confidence: 'confirmed', text: 'found', data, because, scope: {} });
      return;
    }
    const config = facts.get('kube-proxy-config');
    if (!config.known || !isOff(config.value)) return;
    const settings = {
      localhost: config.value.localhostNodePorts === false ? 'false' : 'true',
      addresses: config.value.nodePortAddresses.length === 0 ? ['-'] : config.value.nodePortAddresses,
    };
    const because = [proof(config, 'settings' as const, settings)];
    say.find({ object: ref, confidence: 'confirmed', text: 'off', data, because, scope: {} });
  },
});

type Known = Extract<Fact<'kube-proxy-config' | 'node-kube-proxy'>, { known: true }>;

/** What a kube-proxy says of itself; else its configuration, where an empty mode is iptables. */
function modeOf(facts: Facts): { mode: string; fact: Known } | undefined {
  for (const node of facts.all('node-kube-proxy'))
    if (node.known && node.value.mode !== undefined) return { mode: node.value.mode, fact: node };
  const config = facts.get('kube-proxy-config');
  if (!config.known) return undefined;
  return { mode: config.value.mode === '' ? 'iptables' : config.value.mode, fact: config };
}

function isOff(config: { localhostNodePorts?: boolean | undefined; nodePortAddresses: readonly string[] }): boolean {
  const v4 = config.nodePortAddresses.filter((cidr) => !cidr.includes(':'));
  return config.localhostNodePorts === false || (v4.length > 0 && !v4.some((cidr) => cidrContains(cidr, '127.0.0.1')));
}
