/** The faults that the generator can place. Each name is that of the rule that must find it. */
import { addressAt, prefixOf } from './address.ts';
import type { Subject } from './generate-workloads.ts';
import type { ClusterModel, SimNode, SimPod } from './model.ts';
import type { Random } from './random.ts';

export const FAULT_NAMES = [
  'app-listens-on-loopback',
  'app-not-listening',
  'calico-bgp-no-peers',
  'calico-bgp-port-blocked',
  'calico-bird-not-running',
  'calico-node-ip-mismatch',
  'encapsulation-blocked',
  'external-traffic-policy-local',
  'host-firewall-drops-node-port',
  'ip-forward-off',
  'kube-proxy-down',
  'kubelet-swap-on',
  'pod-route-missing',
  'proxy-rules-flushed',
  'service-selector-mismatch',
  'service-target-port-wrong',
] as const;
export type FaultName = (typeof FAULT_NAMES)[number];

/** Names and range of a NIC to be added. */
export interface Added {
  added: string;
  second: string;
}

export interface Placed {
  nodes: string[];
  question?: string[];
  object?: { kind: string; namespace?: string; name: string };
}

/** Places a fault in the model, so that the subject's NodePort fails by it, and says where it is. */
export function strike(r: Random, model: ClusterModel, subject: Subject, fault: FaultName, added: Added): Placed {
  const place = OF_SERVICE[fault];
  if (place !== undefined) return place(r, model, subject);
  const homes = new Set(subject.pods.map((pod) => pod.node));
  const away = model.nodes.filter((node) => !homes.has(node.name));
  const struck =
    fault === 'calico-node-ip-mismatch'
      ? r.some(away, r.int(1, Math.max(1, Math.floor(away.length / 2))))
      : [r.pick(away)];
  struck.forEach((node, index) => strikeNode(r, model, subject, fault, node, index, added));
  const nodes = struck.map((node) => node.name);
  const first = nodes[0] ?? '';
  const question = fault === 'kubelet-swap-on' ? { question: ['diagnose', 'node', first] } : {};
  return { nodes, ...question, object: { kind: 'Node', name: first } };
}

type Place = (r: Random, model: ClusterModel, subject: Subject) => Placed;

const service = (subject: Subject): Placed => ({
  nodes: [],
  object: { kind: 'Service', namespace: subject.service.namespace, name: subject.service.name },
});

const deployment = (subject: Subject): Placed => {
  const set = subject.pods[0]?.owner?.name ?? '';
  return {
    nodes: [],
    object: { kind: 'Deployment', namespace: subject.service.namespace, name: set.slice(0, set.lastIndexOf('-')) },
  };
};

const OF_SERVICE: Partial<Record<FaultName, Place>> = {
  'external-traffic-policy-local': (_, __, subject) => {
    subject.service.externalTrafficPolicy = 'Local';
    return service(subject);
  },
  'service-selector-mismatch': (r, _, subject) => {
    const [key = 'app', value = ''] = Object.entries(subject.service.selector ?? {})[0] ?? [];
    subject.service.selector = { [key]: r.pick([`${value}s`, `${value}-v2`, `${value}-server`, value.slice(0, -1)]) };
    return service(subject);
  },
  'service-target-port-wrong': (r, _, subject) => {
    const listening = subject.pods[0]?.containers[0]?.listens[0]?.port ?? 0;
    const port = subject.service.ports[0];
    if (port !== undefined) port.targetPort = r.pick([listening + 1, 8888, 18_080].filter((one) => one !== listening));
    return service(subject);
  },
  'app-listens-on-loopback': (_, __, subject) => {
    for (const pod of subject.pods) for (const socket of pod.containers[0]?.listens ?? []) socket.address = '127.0.0.1';
    return deployment(subject);
  },
  'app-not-listening': (_, __, subject) => {
    for (const pod of subject.pods) pod.containers[0]?.listens.splice(0);
    return deployment(subject);
  },
  'calico-bgp-no-peers': (_, model) => {
    model.calico.meshEnabled = false;
    return { nodes: [], object: { kind: 'BGPConfiguration', name: 'default' } };
  },
};

function strikeNode(
  r: Random,
  model: ClusterModel,
  subject: Subject,
  fault: FaultName,
  node: SimNode,
  index: number,
  added: Added,
): void {
  switch (fault) {
    case 'calico-node-ip-mismatch':
      node.nics.push({
        name: added.added,
        ifindex: Math.max(...node.nics.map((nic) => nic.ifindex)) + 1,
        lan: 'second',
        addresses: [{ cidr: `${addressAt(added.second, 60 + index)}/${prefixOf(added.second)}` }],
      });
      return;
    case 'kubelet-swap-on':
      swap(r, model, node);
      return;
    case 'kube-proxy-down':
      node.faults.kubeProxyDown = true;
      crash(model, node);
      return;
    case 'pod-route-missing':
      node.faults.routesMissingTo = subject.pods.flatMap((pod) => (pod.node === undefined ? [] : [pod.node]));
      return;
    case 'encapsulation-blocked':
      node.faults.encapsulationBlocked = r.pick(['by-host', 'outside']);
      return;
    case 'host-firewall-drops-node-port':
      node.faults.firewallDrops = [subject.nodePort];
      return;
    default:
      Object.assign(node.faults, FLAGS[fault]);
  }
}

const FLAGS: Partial<Record<FaultName, SimNode['faults']>> = {
  'ip-forward-off': { ipForwardOff: true },
  'proxy-rules-flushed': { proxyFlushed: true },
  'calico-bgp-port-blocked': { bgpPortBlocked: true },
  'calico-bird-not-running': { birdDown: true },
};

/** Rebooted half an hour to a day ago with swap on: no kubelet, hence nothing that it would have started. */
function swap(r: Random, model: ClusterModel, node: SimNode): void {
  const ago = r.int(30, 1440) * 60_000;
  const time = (after: number): string => new Date(Date.parse(model.now) - ago + after).toISOString();
  node.bootedAt = time(0);
  node.containersRun = false;
  node.swap = {
    device: r.pick(['/dev/sda3', '/dev/vda5']),
    sizeKi: r.int(1, 32) * 1_048_572,
    usedKi: 0,
    active: true,
    source: r.pick(['gpt-auto', 'fstab', 'unit'] as const),
    fstab: [],
  };
  if (node.swap.source === 'gpt-auto') node.swap.device = '/dev/sda3';
  if (node.swap.source === 'fstab') node.swap.fstab = [`${node.swap.device} none swap sw 0 0`];
  node.kubelet = {
    state: 'crash-loop',
    since: new Date(Date.parse(model.now) - 6000).toISOString(),
    pid: r.int(40_000, 90_000),
    lastHeartbeat: time(-190_000),
    lastRenew: time(-62_000),
    unknownSince: time(-20_000),
  };
}

function crash(model: ClusterModel, node: SimNode): void {
  const pod = model.pods.find((one: SimPod) => one.role === 'kube-proxy' && one.node === node.name);
  const container = pod?.containers[0];
  if (pod === undefined || container === undefined) return;
  pod.ready = false;
  container.restarts = 41;
  container.waiting = {
    reason: 'CrashLoopBackOff',
    message: `back-off 5m0s restarting failed container=kube-proxy pod=${pod.name}_${pod.namespace}`,
  };
}
