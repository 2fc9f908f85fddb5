/** Evidence from the API server about the cluster's own objects: nodes, leases, Services, endpoints, versions, ranges. */
import { z } from 'zod';

/** RFC 3339, as the API server writes it. */
export const Time = z.string().max(40);
const Labels = z.record(z.string(), z.string());

/** `GET /version`. `minor` is cleaned of vendors' marks (`18+`). */
export const ServerVersion = z.object({ version: z.string(), major: z.number(), minor: z.number() });

export const Condition = z.object({
  type: z.string(),
  status: z.string(),
  reason: z.string().optional(),
  message: z.string().optional(),
  lastHeartbeatTime: Time.optional(),
  lastTransitionTime: Time.optional(),
});
export type Condition = z.infer<typeof Condition>;

/** A Node, cut to what rules read. `annotations` holds only those of network plugins and kubeadm. */
export const NodeObject = z.object({
  name: z.string(),
  createdAt: Time.optional(),
  labels: Labels,
  annotations: Labels,
  addresses: z.array(z.object({ type: z.string(), address: z.string() })),
  podCIDRs: z.array(z.string()),
  taints: z.array(z.object({ key: z.string(), value: z.string().optional(), effect: z.string() })),
  unschedulable: z.boolean(),
  conditions: z.array(Condition),
  kubeletVersion: z.string().optional(),
  kernelVersion: z.string().optional(),
  osImage: z.string().optional(),
  containerRuntime: z.string().optional(),
  capacity: Labels,
  allocatable: Labels,
});
export type NodeObject = z.infer<typeof NodeObject>;

/** `total` counts all nodes of the cluster; `nodes` may be fewer where the cluster is larger than what is kept. */
export const Nodes = z.object({ total: z.number(), nodes: z.array(NodeObject) });

/** Lease `kube-node-lease/<node>`: kubelet's sign of life (every 10 s; 40 s is late). */
export const NodeLeases = z.array(
  z.object({ node: z.string(), renewTime: Time.optional(), durationSeconds: z.number().optional() }),
);

export const ServicePort = z.object({
  name: z.string().optional(),
  protocol: z.string(),
  port: z.number(),
  targetPort: z.union([z.number(), z.string()]),
  nodePort: z.number().optional(),
});
export type ServicePort = z.infer<typeof ServicePort>;

/** A Service, cut to what rules read. `clusterIPs` is empty for headless Services. */
export const ServiceObject = z.object({
  namespace: z.string(),
  name: z.string(),
  createdAt: Time.optional(),
  type: z.string(),
  clusterIPs: z.array(z.string()),
  externalIPs: z.array(z.string()).optional(),
  selector: Labels.optional(),
  ports: z.array(ServicePort),
  externalTrafficPolicy: z.string().optional(),
  internalTrafficPolicy: z.string().optional(),
  sessionAffinity: z.string().optional(),
  publishNotReadyAddresses: z.boolean().optional(),
  ipFamilies: z.array(z.string()).optional(),
  externalName: z.string().optional(),
  labels: Labels,
  annotations: Labels.optional(),
});
export type ServiceObject = z.infer<typeof ServiceObject>;

/** Services with a NodePort, and those of the namespace asked about; `total` counts all, `clusterIPs` samples their range. */
export const Services = z.object({
  total: z.number(),
  services: z.array(ServiceObject),
  clusterIPs: z.array(z.string()),
});

export const Endpoint = z.object({
  ip: z.string(),
  nodeName: z.string().optional(),
  ready: z.boolean(),
  serving: z.boolean(),
  terminating: z.boolean(),
  target: z.object({ kind: z.string(), namespace: z.string().optional(), name: z.string() }).optional(),
  ports: z.array(z.object({ name: z.string().optional(), port: z.number(), protocol: z.string() })),
});
export type Endpoint = z.infer<typeof Endpoint>;

/** The endpoints of one Service, from EndpointSlices, or from Endpoints on servers before v1.21. Object: the Service. */
export const Endpoints = z.object({
  source: z.enum(['Endpoints', 'EndpointSlice']),
  objects: z.number(),
  endpoints: z.array(Endpoint),
});

/** Services that have a NodePort and no ready endpoint, found in one list of Endpoints(Slices). Only on clusters small enough to list. */
export const ServicesWithoutEndpoints = z.array(
  z.object({ namespace: z.string(), name: z.string(), ports: z.array(ServicePort), selector: Labels.optional() }),
);

/** The Service range and the pod range as the cluster's own configuration states them. */
export const NetworkRanges = z.object({
  serviceCidrs: z.array(z.string()),
  podCidrs: z.array(z.string()),
  source: z.string(),
});

/** kube-proxy's configuration (ConfigMap kube-system/kube-proxy, key config.conf); empty mode means the default, iptables. */
export const KubeProxyConfig = z.object({
  mode: z.string(),
  nodePortAddresses: z.array(z.string()),
  clusterCIDR: z.string().optional(),
  localhostNodePorts: z.boolean().optional(),
});
