/** Cause: a method was set, and IP is not "autodetect": a node that has an address keeps it, and the method is ignored. */
import { proof } from '../../core/facts.ts';
import { namespacedRef } from '../../core/object-ref.ts';
import { defineRule } from '../../core/rule.ts';
import { mismatchedNodes } from '../model/calico.ts';

export const calicoAutodetectionIgnored = defineRule({
  id: 'calico-autodetection-ignored',
  role: 'cause',
  severity: 'critical',
  summary: 'an autodetection method that Calico ignores',
  needs: ['calico-install', 'nodes'],
  texts: {
    found:
      'IP_AUTODETECTION_METHOD is {method}, and IP is {ip}. So Calico keeps the address that {nodes} already have, and never looks at the method.',
    env: 'DaemonSet {daemonset}: IP is {ip}, IP_AUTODETECTION_METHOD is {method}.',
    annotation: 'Node {node} kept {address}; its InternalIP is {internal}.',
    set: 'Set IP to autodetect as well. calico-node then looks again at its next start.',
  },
  explains: {
    'calico-node-ip-mismatch': { when: (cause, effect) => (cause.scope.nodes ?? []).includes(effect.object.name) },
  },
  judge(facts, say) {
    const install = facts.get('calico-install');
    const nodes = facts.get('nodes');
    if (!install.known || !nodes.known || install.value.kind !== 'manifest') return;
    const { env, envFrom, namespace } = install.value;
    const method = env['IP_AUTODETECTION_METHOD'] ?? '';
    const ip = env['IP'] ?? '';
    // A value that comes from elsewhere is not known: silence, not a guess.
    if (method === '' || method === 'first-found' || ip === 'autodetect' || 'IP' in envFrom) return;
    const wrong = mismatchedNodes(facts);
    const [first] = wrong;
    if (first === undefined) return;
    const daemonset = `${namespace ?? 'kube-system'}/calico-node`;
    const command = `kubectl get daemonset -n ${namespace ?? 'kube-system'} calico-node -o yaml`;
    const data = { method, ip: ip === '' ? 'not set' : ip, nodes: wrong.map((n) => n.node), daemonset };
    say.find({
      object: namespacedRef('DaemonSet', namespace ?? 'kube-system', 'calico-node'),
      confidence: 'confirmed',
      text: 'found',
      data,
      because: [
        proof(install, 'env', data, command),
        proof(nodes, 'annotation', { node: first.node, address: first.cidr, internal: first.internalIp }),
      ],
      scope: { nodes: wrong.map((n) => n.node) },
      advice: [
        {
          text: 'set',
          data: {},
          command: `kubectl set env daemonset/calico-node -n ${namespace ?? 'kube-system'} -c calico-node IP=autodetect`,
        },
      ],
    });
  },
});
