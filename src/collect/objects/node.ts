/** Nodes and their leases: from the API server's form to evidence. */
import { z } from 'zod';
import type { NodeObject } from '../../core/evidence/cluster.ts';
import { conditions, keep, list, opt, or, part, pruned, RawCondition, RawLabels, RawMeta } from './raw.ts';

const RawNode = z.object({
  metadata: RawMeta,
  spec: part(
    z.object({
      podCIDR: opt(z.string()),
      podCIDRs: list(z.string()),
      unschedulable: or(z.boolean(), false),
      taints: list(z.object({ key: z.string(), value: opt(z.string()), effect: z.string() })),
    }),
  ),
  status: part(
    z.object({
      addresses: list(z.object({ type: z.string(), address: z.string() })),
      conditions: list(RawCondition),
      capacity: RawLabels,
      allocatable: RawLabels,
      nodeInfo: part(
        z.object({
          kubeletVersion: opt(z.string()),
          kernelVersion: opt(z.string()),
          osImage: opt(z.string()),
          containerRuntimeVersion: opt(z.string()),
        }),
      ),
    }),
  ),
});

/** Annotations of network plugins and kubeadm: those that rules read. */
const ANNOTATIONS = [
  'projectcalico.org/',
  'flannel.alpha.coreos.com/',
  'io.cilium.',
  'network.cilium.io/',
  'kubeadm.alpha.kubernetes.io/',
  'node.alpha.kubernetes.io/',
  'k3s.io/',
  'rke2.io/',
  'alpha.kubernetes.io/provided-node-ip',
];

/** Gives a Node as evidence. @throws z.ZodError where the input is no Node. */
export function toNode(input: unknown): NodeObject {
  const { metadata, spec, status } = RawNode.parse(input);
  const info = status.nodeInfo;
  const podCIDRs = spec.podCIDRs.length === 0 && spec.podCIDR !== undefined ? [spec.podCIDR] : spec.podCIDRs;
  return pruned({
    name: metadata.name,
    createdAt: metadata.creationTimestamp,
    labels: metadata.labels,
    annotations: keep(metadata.annotations, ANNOTATIONS),
    addresses: status.addresses,
    podCIDRs,
    taints: spec.taints.map(pruned),
    unschedulable: spec.unschedulable,
    conditions: conditions(status.conditions),
    kubeletVersion: info.kubeletVersion,
    kernelVersion: info.kernelVersion,
    osImage: info.osImage,
    containerRuntime: info.containerRuntimeVersion,
    capacity: status.capacity,
    allocatable: status.allocatable,
  });
}

/** True where the Node's Ready condition is True. */
export function isReady(node: NodeObject): boolean {
  return node.conditions.some((condition) => condition.type === 'Ready' && condition.status === 'True');
}

/** The addresses at which a node's agent and ports are reached: InternalIPs, and where there is none, ExternalIPs. */
export function nodeAddresses(node: NodeObject): string[] {
  const of = (type: string) => node.addresses.filter((entry) => entry.type === type).map((entry) => entry.address);
  const internal = of('InternalIP');
  return internal.length > 0 ? internal : of('ExternalIP');
}

/** Calico's own addresses of a node for BGP, without the prefix length (facts §2.2). */
export function calicoAddresses(node: NodeObject): string[] {
  return ['projectcalico.org/IPv4Address', 'projectcalico.org/IPv6Address']
    .map((key) => node.annotations[key]?.split('/')[0])
    .filter((address): address is string => address !== undefined && address !== '');
}

/** The addresses of a node's tunnel devices, as Calico annotates them: what is sent there crosses the tunnel. */
export function tunnelAddresses(node: NodeObject): string[] {
  return ['IPv4IPIPTunnelAddr', 'IPv4VXLANTunnelAddr']
    .map((key) => node.annotations[`projectcalico.org/${key}`]?.split('/')[0])
    .filter((address): address is string => address !== undefined && address !== '');
}

const RawLease = z.object({
  metadata: RawMeta,
  spec: part(
    z.object({
      holderIdentity: opt(z.string()),
      leaseDurationSeconds: opt(z.number()),
      renewTime: opt(z.string()),
      leaseTransitions: opt(z.number()),
    }),
  ),
});

/** Gives a Lease, pruned. @throws z.ZodError where the input is no Lease. */
export function toLease(input: unknown) {
  const { metadata, spec } = RawLease.parse(input);
  return pruned({
    name: metadata.name,
    holder: spec.holderIdentity,
    renewTime: spec.renewTime,
    durationSeconds: spec.leaseDurationSeconds,
    transitions: spec.leaseTransitions,
  });
}
