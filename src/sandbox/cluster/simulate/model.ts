/** The model of a cluster that the simulator turns into objects, logs and hosts. Times are RFC 3339 in UTC, addresses IPv4. */
import type { KubeObject } from '../api/types.ts';

/** A network segment. A packet for an address that its gateway does not know is dropped, or answered as unreachable. */
export interface Lan {
  name: string;
  cidr: string;
  /** Without one nothing leaves this segment. */
  gateway?: string;
  unknown: 'drop' | 'unreachable';
}

export interface Nic {
  name: string;
  ifindex: number;
  lan: string;
  /** The first is the primary one; `brd` is left out for addresses added by keepalived. */
  addresses: { cidr: string; secondary?: boolean }[];
  mtu?: number;
}

export type SwapSource = 'gpt-auto' | 'fstab' | 'unit';

export interface SimSwap {
  device: string;
  sizeKi: number;
  usedKi: number;
  active: boolean;
  source: SwapSource;
  /** Lines of /etc/fstab that are about swap, commented or not. */
  fstab: string[];
  masked?: boolean;
  /** The line is commented and systemd has read the file again: its generator makes no unit any more. */
  unitGone?: boolean;
}

/** What is wrong on one node. */
export interface NodeFaults {
  ipForwardOff?: boolean;
  /** Something wiped the proxy's rules; kube-proxy believes that they are there. */
  proxyFlushed?: boolean;
  /** kube-proxy has not run since boot: no rules, no health check. */
  kubeProxyDown?: boolean;
  /** Block routes to these nodes are missing although the session that brought them is up. */
  routesMissingTo?: string[];
  /** Packets of the encapsulation neither leave nor arrive: by a rule of the host, or by something between the nodes. */
  encapsulationBlocked?: 'by-host' | 'outside';
  /** The host's own firewall drops these TCP ports. */
  firewallDrops?: number[];
  /** TCP 179 is filtered on this node. */
  bgpPortBlocked?: boolean;
  /** The NIC spoils checksums of packets inside VXLAN while it computes them itself: TCP across the tunnel hangs. */
  txChecksumBroken?: boolean;
  /** The bird process is not running. */
  birdDown?: boolean;
  /** kubelet's client certificate has expired; it starts again with a new one. */
  certificateExpired?: boolean;
}

export interface SimNode {
  name: string;
  /** As the machine calls itself in its journal. */
  hostname: string;
  created: string;
  controlPlane: boolean;
  nics: Nic[];
  internalIp: string;
  gateway: string;
  bootedAt: string;
  kubelet: {
    state: 'running' | 'crash-loop' | 'stopped';
    since: string;
    pid: number;
    /** What the API server last heard, where the kubelet does not run. */
    lastHeartbeat?: string;
    lastRenew?: string;
    unknownSince?: string;
    /** Journal lines, oldest first; made up where absent. */
    journal?: { time: string; source: string; pid?: number; text: string }[];
  };
  /** False after a reboot with a dead kubelet: nothing of Kubernetes runs there. */
  containersRun: boolean;
  agent: boolean;
  os: string;
  kernel: string;
  runtime: string;
  cpu: number;
  memoryKi: number;
  allocatableMemoryKi: number;
  /** Bytes; worked out where absent. */
  allocatableDisk?: number;
  diskKi: number;
  systemInfo?: { machineID: string; systemUUID: string; bootID: string };
  cgroup: 1 | 2;
  systemd: number;
  timeZone: string;
  utcOffsetMinutes: number;
  swap?: SimSwap;
  /** Files that were written by somebody, over those that are worked out. */
  files?: Record<string, string>;
  /** The unit of the container runtime is not active. */
  runtimeDown?: boolean;
  /** kube-proxy is the machine's own unit here, and no Pod. */
  kubeProxyUnit?: boolean;
  /** TX checksum offload of the VXLAN device; the kernel's own choice is on. */
  txChecksum?: 'on' | 'off';
  /** With which kube-proxy was started here, where that is not what the cluster's settings say. */
  nodePortAddresses?: string[];
  faults: NodeFaults;
  labels?: Record<string, string>;
  taints?: { key: string; value?: string; effect: string; timeAdded?: string }[];
  /** The /26 of its pods and the address of its tunnel. */
  block: string;
  tunnelAddress: string;
  /** When calico-node last started: its choice of address dates from then. */
  calicoStarted: string;
  /** How calico-node runs here, where that differs from the cluster's settings. */
  calicoNode?: CalicoNode;
}

/** One calico-node: what it was started with, and what is known of its address from before. */
export interface CalicoNode {
  env: Record<string, string>;
  version: string;
  /** What the Node's annotation says from an earlier start; it stays where a later start finds no address. */
  annotation?: string;
  /** Why BIRD does not run in it. */
  down?: 'stopped' | 'crashed';
}

export interface Calico {
  version: string;
  install: 'manifest' | 'operator';
  namespace: string;
  /** Environment of calico-node; `IP_AUTODETECTION_METHOD` absent is first-found. */
  env: Record<string, string>;
  pool: string;
  encapsulation: 'ipip' | 'vxlan' | 'none';
  meshEnabled: boolean;
  asNumber: number;
  controllersVersion?: string;
  /** The rest of calico-node's applied manifest, where it matters. */
  established: string;
}

export interface SimPort {
  name?: string;
  port: number;
  targetPort: number | string;
  nodePort?: number;
}

export interface SimService {
  namespace: string;
  name: string;
  type: 'ClusterIP' | 'NodePort';
  clusterIP: string;
  selector?: Record<string, string>;
  ports: SimPort[];
  externalTrafficPolicy?: 'Cluster' | 'Local';
  labels?: Record<string, string>;
  created: string;
}

export interface SimContainer {
  name: string;
  image: string;
  imageID?: string;
  containerID?: string;
  /** The process's name. */
  process: string;
  command?: string[];
  env?: Record<string, string>;
  ports: { name?: string; containerPort: number }[];
  /** Sockets in the Pod's network namespace; `0.0.0.0` for all addresses. */
  listens: { address: string; port: number }[];
  requests?: Record<string, string>;
  readiness?: { exec?: string[]; httpGet?: { path: string; port: number }; tcpPort?: number };
  restarts: number;
  startedAt?: string;
  /** Not running now: why. */
  waiting?: { reason: string; message: string };
  /** Of the former life of a restarted container. */
  last?: { startedAt: string; finishedAt: string; exitCode: number; reason: string };
}

export type PodRole =
  | 'calico-node'
  | 'calico-kube-controllers'
  | 'kube-proxy'
  | 'coredns'
  | 'etcd'
  | 'kube-apiserver'
  | 'kube-controller-manager'
  | 'kube-scheduler'
  | 'app';

export interface SimPod {
  namespace: string;
  name: string;
  role: PodRole;
  node?: string;
  ip?: string;
  hostNetwork: boolean;
  labels: Record<string, string>;
  annotations?: Record<string, string>;
  owner?: { kind: 'ReplicaSet' | 'DaemonSet' | 'StatefulSet' | 'Node'; name: string };
  created: string;
  started?: string;
  containers: SimContainer[];
  /** As the kubelet last reported it; calico-node's is worked out. */
  ready: boolean;
  phase: 'Running' | 'Pending';
  pending?: { reason: string; message: string };
  tolerateAll?: boolean;
  /** The Secret with the token of its service account, mounted where Pods look for it. */
  tokenSecret?: string;
  /** Where it differs from the one made of its name: a Pod that came after another of that name. */
  uid?: string;
  /** The spec of the template that it was made from; made up from the rest where absent. */
  spec?: Record<string, unknown>;
  /** Deleted, and waiting for its kubelet: the end of its grace period. */
  terminating?: { at: string; graceSeconds: number };
}

export interface SimEvent {
  namespace: string;
  about: { kind: string; name: string };
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
  count: number;
  first: string;
  last: string;
  component: string;
  host?: string;
}

export interface Leader {
  component: string;
  holder: string;
  acquired: string;
  renewed: string;
  transitions: number;
}

/** A whole cluster at one moment. */
export interface ClusterModel {
  name: string;
  now: string;
  kubernetes: string;
  serviceCidr: string;
  /** Where kubeconfigs point to. */
  controlPlaneEndpoint: string;
  proxy: { mode: 'ipvs' | 'iptables' | 'nftables'; nodePortAddresses: string[]; namespace: string };
  calico: Calico;
  lans: Lan[];
  nodes: SimNode[];
  services: SimService[];
  pods: SimPod[];
  events: SimEvent[];
  leaders: Leader[];
  /** Added as they are. */
  extraObjects: KubeObject[];
  logs: Record<string, string>;
}

/** Whether a NIC of this node carries the address. */
export function nicWith(node: SimNode, ip: string): Nic | undefined {
  return node.nics.find((nic) => nic.addresses.some((address) => address.cidr.split('/')[0] === ip));
}

/** All addresses of a node, its NICs in order. */
export function addressesOf(node: SimNode): string[] {
  return node.nics.flatMap((nic) => nic.addresses.map((address) => address.cidr.split('/')[0] ?? ''));
}

/** Whether a container of a started Pod runs; one that waits listens on nothing. */
export function isRunning(container: SimContainer): boolean {
  return container.waiting === undefined;
}
