/** Evidence from the agent about one node's network: links, routes, sockets, reachability, BIRD, service proxy, firewall. */
import { z } from 'zod';

const Port = z.number().int().min(0).max(65535);

export const NodeInterface = z.object({
  name: z.string(),
  /** Calico's first-found walks interfaces from the highest index down. */
  index: z.number(),
  state: z.string(),
  noCarrier: z.boolean(),
  mtu: z.number().optional(),
  mac: z.string().optional(),
  addresses: z.array(
    z.object({
      cidr: z.string(),
      family: z.union([z.literal(4), z.literal(6)]),
      scope: z.string().optional(),
      secondary: z.boolean(),
    }),
  ),
});
export type NodeInterface = z.infer<typeof NodeInterface>;
export const NodeInterfaces = z.array(NodeInterface);

/** One route; `destination` is `default` or a CIDR (a bare address is a /32). `protocol` as iproute2 names it (`bird`, `kernel`, `80`). */
export const NodeRoute = z.object({
  type: z.string(),
  destination: z.string(),
  via: z.string().optional(),
  device: z.string().optional(),
  protocol: z.string().optional(),
  scope: z.string().optional(),
  source: z.string().optional(),
  table: z.string().optional(),
  metric: z.number().optional(),
  onlink: z.boolean(),
});
export type NodeRoute = z.infer<typeof NodeRoute>;
export const NodeRoutes = z.array(NodeRoute);

export const NodeRules = z.array(z.object({ priority: z.number(), selector: z.string(), action: z.string() }));

/** What the kernel answers to `ip route get <to>`: the way a packet would leave. */
export const NodeRouteGet = z.array(
  z.object({
    to: z.string(),
    via: z.string().optional(),
    device: z.string().optional(),
    source: z.string().optional(),
    local: z.boolean(),
    error: z.string().optional(),
  }),
);

export const NodeNeighbours = z.array(
  z.object({ ip: z.string(), device: z.string(), mac: z.string().optional(), state: z.string() }),
);

/** A listening socket. A NodePort's socket proves only that kube-proxy (before v1.24) saw the Service. */
export const Listener = z.object({
  protocol: z.enum(['tcp', 'udp']),
  family: z.union([z.literal(4), z.literal(6)]),
  address: z.string(),
  port: Port,
  process: z.object({ pid: z.number(), name: z.string() }).optional(),
});
export type Listener = z.infer<typeof Listener>;
export const Listeners = z.array(Listener);

/**
 * One TCP connect from the node's own network namespace, no payload. `refused`: RST. `timeout`: no answer.
 * `no-route`: EHOSTUNREACH or ENETUNREACH. `not-asked`: refused by the agent's own rules (address not of the cluster, budget).
 */
export const TcpResult = z.object({
  address: z.string(),
  port: Port,
  result: z.enum(['open', 'refused', 'timeout', 'no-route', 'error', 'not-asked']),
  ms: z.number(),
  detail: z.string().optional(),
});
export type TcpResult = z.infer<typeof TcpResult>;
export const NodeTcp = z.array(TcpResult);

/** One session as `show protocols all` prints it. `info` is Established, Passive, Connect, …; `error` the text behind it. */
export const BirdSession = z.object({
  name: z.string(),
  state: z.string(),
  since: z.string(),
  info: z.string(),
  error: z.string().optional(),
  neighbour: z.string().optional(),
  sourceAddress: z.string().optional(),
});
export type BirdSession = z.infer<typeof BirdSession>;

/** BIRD over its control socket. `absent`: no socket file; `down`: a socket that nobody answers. */
export const NodeBird = z.array(
  z.object({
    family: z.union([z.literal(4), z.literal(6)]),
    status: z.enum(['up', 'down', 'absent']),
    error: z.string().optional(),
    version: z.string().optional(),
    sessions: z.array(BirdSession),
  }),
);

/**
 * What the node's service proxy would do with one address and port. `address` is `*` where the proxy matches every
 * local address. `verdict`: `forward` (to `destinations`), `reject`, `drop`, or `none` (a virtual server without destinations).
 */
export const ProxyEntry = z.object({
  address: z.string(),
  port: Port,
  protocol: z.string(),
  verdict: z.enum(['forward', 'reject', 'drop', 'none']),
  destinations: z.array(z.object({ ip: z.string(), port: Port })),
});
export type ProxyEntry = z.infer<typeof ProxyEntry>;

/** Modes seen on the node, the entries for the ports asked about, and how many Service entries there are at all (0: flushed). */
export const NodeServiceProxy = z.object({
  modes: z.array(z.enum(['ipvs', 'iptables', 'nftables'])),
  entries: z.array(ProxyEntry),
  totalEntries: z.number(),
  /** nftables only: the addresses that serve NodePorts; empty where every local address does. */
  nodePortAddresses: z.array(z.string()),
});

/** kube-proxy's `/healthz` (10256) and `/proxyMode` (10249), asked on the node itself. */
export const NodeKubeProxy = z.object({
  healthz: z.object({
    result: z.enum(['answered', 'refused', 'timeout', 'error']),
    status: z.number().optional(),
    lastUpdated: z.string().optional(),
    currentTime: z.string().optional(),
    nodeEligible: z.boolean().optional(),
    detail: z.string().optional(),
  }),
  mode: z.string().optional(),
});

/** Sysctls by dotted name; a name that does not exist on this kernel is left out. */
export const NodeSysctls = z.record(z.string(), z.string());

export const NodeConntrack = z.object({
  count: z.number(),
  max: z.number(),
  insertFailed: z.number().optional(),
  dropped: z.number().optional(),
});

/** Rules of the host's own firewall (not kube-proxy's, not the CNI's) that drop or reject, and the built-in chains' policies. */
export const NodeFirewall = z.object({
  policies: z.array(z.object({ table: z.string(), chain: z.string(), policy: z.string() })),
  denials: z.array(
    z.object({
      backend: z.string(),
      chain: z.string(),
      hook: z.string().optional(),
      rule: z.string(),
      protocol: z.string().optional(),
      ports: z.string().optional(),
      source: z.string().optional(),
    }),
  ),
  managers: z.array(z.object({ name: z.string(), active: z.boolean() })),
});
