/** Cause: a method was set, and IP is not "autodetect": a node that has an address keeps it, and the method is ignored. */
import { supportsMethod } from '../../core/calico-autodetection.ts';
import { type Facts, proof } from '../../core/facts.ts';
import { cidrContains } from '../../core/ip.ts';
import { namespacedRef, nodeRef } from '../../core/object-ref.ts';
import { defineRule } from '../../core/rule.ts';
import { type CalicoNode, calicoVersion, mismatchedNodes } from '../model/calico.ts';

export const calicoAutodetectionIgnored = defineRule({
  id: 'calico-autodetection-ignored',
  role: 'cause',
  severity: 'critical',
  summary: 'an autodetection method that Calico ignores',
  needs: ['calico-install', 'nodes', 'node-interfaces'],
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
    const { env, envFrom } = install.value;
    const method = env['IP_AUTODETECTION_METHOD'] ?? '';
    const ip = env['IP'] ?? '';
    // A fixed address is a choice of its own; a value that comes from elsewhere is not known: silence, not a guess.
    if (method === '' || method === 'first-found' || !['', 'none'].includes(ip) || 'IP' in envFrom) return;
    const picks = mismatchedNodes(facts).map((node) => ({ node, right: picksNodeAddress(facts, method, node) }));
    // Where the method would take the wrong address too, ignoring it is not what is wrong.
    const wrong = picks.filter((p) => p.right !== false);
    const [first] = wrong;
    if (first === undefined) return;
    const namespace = install.value.namespace ?? 'kube-system';
    const names = wrong.map((p) => p.node.node);
    const data = { method, ip: ip === '' ? '""' : ip, nodes: names, daemonset: `${namespace}/calico-node` };
    const sure = wrong.every((p) => p.right === true);
    const { node, cidr, internalIp } = first.node;
    say.find({
      object: namespacedRef('DaemonSet', namespace, 'calico-node'),
      confidence: sure ? 'confirmed' : 'likely',
      ...(sure ? {} : { tryThis: `ip -br address   # on ${node}: which address would ${method} take?` }),
      text: 'found',
      data,
      because: [
        proof(install, 'env', data, `kubectl get daemonset -n ${namespace} calico-node -o yaml`),
        proof(nodes, 'annotation', { node, address: cidr, internal: internalIp }, `kubectl get node ${node} -o yaml`),
      ],
      scope: { nodes: names },
      remediations: [{ id: 'set-calico-ip-autodetection', params: {} }],
      advice: [
        {
          text: 'set',
          data: {},
          command: `kubectl set env daemonset/calico-node -n ${namespace} -c calico-node IP=autodetect`,
        },
      ],
    });
  },
});

/** Whether a method would take the node's InternalIP and not the address it has; undefined where it cannot be told. */
function picksNodeAddress(facts: Facts, method: string, node: CalicoNode): boolean | undefined {
  const [name = '', value = ''] = method.split('=');
  if (!supportsMethod(calicoVersion(facts), method)) return calicoVersion(facts) === undefined ? undefined : false;
  if (name === 'kubernetes-internal-ip') return true;
  if (name === 'cidr') {
    const inside = (ip: string) => value.split(',').some((cidr) => cidrContains(cidr, ip));
    if (!inside(node.internalIp)) return false;
    return inside(node.address) ? undefined : true;
  }
  const nics = facts.get('node-interfaces', nodeRef(node.node));
  if (name !== 'interface' || !nics.known) return undefined;
  const nicOf = (ip: string) => nics.value.find((n) => n.addresses.some((a) => a.cidr.split('/')[0] === ip))?.name;
  const right = matches(value, nicOf(node.internalIp));
  const taken = matches(value, nicOf(node.address));
  if (right === false) return false;
  return right === true && taken === false ? true : undefined;
}

/** Calico joins the expressions with `|`, unanchored. Undefined for a NIC that is not known or no expression at all. */
function matches(value: string, nic: string | undefined): boolean | undefined {
  if (nic === undefined) return undefined;
  try {
    return new RegExp(value.split(',').join('|')).test(nic);
  } catch {
    return undefined;
  }
}
