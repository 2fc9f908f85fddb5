/** Cause, no fault: a NodePort tried on localhost. ipvs, nftables and IPv6 do not serve it there by design (N30). */
import { proof } from '../../core/facts.ts';
import { defineRule } from '../../core/rule.ts';
import { serviceTarget } from '../model/target.ts';

const LOCALHOST = /^(localhost|127(\.\d+){3}|::1)$/i;

export const nodePortOnLocalhost = defineRule({
  id: 'node-port-on-localhost',
  role: 'cause',
  severity: 'warning',
  summary: 'a NodePort tried on localhost, where it is not served',
  needs: ['services', 'kube-proxy-config'],
  texts: {
    found:
      'NodePort {port} was tried on {at}. In mode {mode} kube-proxy does not serve NodePorts on localhost. That is no fault: use the address of a node.',
    mode: 'kube-proxy runs in mode {mode}.',
  },
  explains: { 'node-port-unreachable': { when: (_cause, effect) => effect.confidence === 'likely', proves: true } },
  judge(facts, say) {
    const { at } = facts.question;
    const { ref, port } = serviceTarget(facts);
    const config = facts.get('kube-proxy-config');
    if (at === undefined || !LOCALHOST.test(at) || ref === undefined || port?.nodePort === undefined || !config.known)
      return;
    const mode = config.value.mode === '' ? 'iptables' : config.value.mode;
    const served = mode === 'iptables' && at !== '::1' && config.value.localhostNodePorts !== false;
    if (served) return;
    const data = { port: port.nodePort, at, mode };
    say.find({
      object: ref,
      confidence: 'confirmed',
      text: 'found',
      data,
      because: [proof(config, 'mode', data)],
      scope: {},
    });
  },
});
