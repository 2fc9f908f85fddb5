/** The registry of evidence: each kind, the schema of its value, and who reads it. Sorted by kind. */
import { z } from 'zod';
import * as admission from './admission.ts';
import * as calico from './calico.ts';
import * as cluster from './cluster.ts';
import * as controlPlane from './control-plane.ts';
import * as network from './node-network.ts';
import * as system from './node-system.ts';
import * as storage from './storage.ts';
import * as workload from './workload.ts';

/** Kinds that a collector reads through the API server. */
export const CLUSTER_SCHEMAS = {
  'api-health': controlPlane.ApiHealth,
  'calico-bgp-config': calico.CalicoBgpConfig,
  'calico-bgp-peers': calico.CalicoBgpPeers,
  'calico-block-affinities': calico.CalicoBlockAffinities,
  'calico-felix-config': calico.CalicoFelixConfig,
  'calico-install': calico.CalicoInstall,
  'calico-ip-pools': calico.CalicoIpPools,
  endpoints: cluster.Endpoints,
  events: workload.Events,
  'kube-proxy-config': cluster.KubeProxyConfig,
  'leader-leases': controlPlane.LeaderLeases,
  'limit-ranges': admission.LimitRanges,
  'network-ranges': cluster.NetworkRanges,
  'node-leases': cluster.NodeLeases,
  nodes: cluster.Nodes,
  'persistent-volume': storage.PersistentVolume,
  'persistent-volume-claim': storage.PersistentVolumeClaim,
  'persistent-volumes': storage.PersistentVolumes,
  'pod-log': workload.PodLog,
  pods: workload.Pods,
  'resource-quotas': admission.ResourceQuotas,
  'server-version': cluster.ServerVersion,
  'service-account': admission.ServiceAccountFound,
  services: cluster.Services,
  'services-without-endpoints': cluster.ServicesWithoutEndpoints,
  'storage-classes': storage.StorageClasses,
  workload: workload.Workload,
} as const;

/** Kinds that the agent reads on a node. Object: the Node, for `pod-listeners` the Pod. */
export const NODE_SCHEMAS = {
  'node-bird': network.NodeBird,
  'node-cgroup': system.NodeCgroup,
  'node-clock': system.NodeClock,
  'node-cni': system.NodeCni,
  'node-conntrack': network.NodeConntrack,
  'node-disk': system.NodeDisk,
  'node-firewall': network.NodeFirewall,
  'node-interfaces': network.NodeInterfaces,
  'node-journal': system.NodeJournal,
  'node-kube-proxy': network.NodeKubeProxy,
  'node-listeners': network.Listeners,
  'node-memory': system.NodeMemory,
  'node-neighbours': network.NodeNeighbours,
  'node-pressure': system.NodePressure,
  'node-route-get': network.NodeRouteGet,
  'node-routes': network.NodeRoutes,
  'node-rules': network.NodeRules,
  'node-service-proxy': network.NodeServiceProxy,
  'node-swap': system.NodeSwap,
  'node-sysctls': network.NodeSysctls,
  'node-tcp': network.NodeTcp,
  'node-units': system.NodeUnits,
  'pod-listeners': network.Listeners,
} as const;

export const EVIDENCE_SCHEMAS = { ...CLUSTER_SCHEMAS, ...NODE_SCHEMAS } as const;
export type ClusterKind = keyof typeof CLUSTER_SCHEMAS;
export type NodeKind = keyof typeof NODE_SCHEMAS;
export type EvidenceKind = keyof typeof EVIDENCE_SCHEMAS;
export type EvidenceValue<K extends EvidenceKind> = z.infer<(typeof EVIDENCE_SCHEMAS)[K]>;

export const EVIDENCE_KINDS = Object.keys(EVIDENCE_SCHEMAS) as readonly EvidenceKind[];
export const NODE_KINDS = Object.keys(NODE_SCHEMAS) as readonly NodeKind[];

/** True for kinds that only an agent can read. */
export function isNodeKind(kind: EvidenceKind): kind is NodeKind {
  return kind in NODE_SCHEMAS;
}
