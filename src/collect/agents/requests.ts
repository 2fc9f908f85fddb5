/** What one node's agent is asked: its own facts, and the five probes of facts §4.2 towards the rest of the cluster. */
import { AGENT_LIMITS, type ProbeRequest } from '../../core/agent-api.ts';
import type { Endpoint, NodeObject, ServiceObject, ServicePort } from '../../core/evidence/cluster.ts';
import type { NodeKind } from '../../core/evidence/kinds.ts';
import type { PodObject } from '../../core/evidence/workload.ts';
import { parseIp } from '../../core/ip.ts';
import { calicoAddresses, isReady, nodeAddresses, tunnelAddresses } from '../objects/node.ts';
import type { Plan } from '../plan.ts';
import { spread } from './choose-nodes.ts';

/** What decides what is asked. */
export interface Aim {
  readonly plan: Plan;
  readonly asked: readonly NodeObject[];
  /** Nodes that everyone looks at: named in the question, of the endpoints, suspect. */
  readonly important: ReadonlySet<string>;
  /** The node that the question is about, for a question about one node. */
  readonly node?: string | undefined;
  readonly service?: ServiceObject | undefined;
  readonly ports: readonly ServicePort[];
  readonly endpoints: readonly Endpoint[];
  readonly pods: readonly PodObject[];
  /** The endpoints of `default/kubernetes`. */
  readonly apiServers: readonly Endpoint[];
  /** Entry addresses that the question names besides the nodes' own. */
  readonly entries: readonly string[];
  readonly bgpPort: number;
  readonly totalNodes: number;
}

export interface Target {
  readonly address: string;
  readonly port: number;
}

const NETWORK: readonly NodeKind[] = [
  'node-interfaces',
  'node-routes',
  'node-rules',
  'node-listeners',
  'node-bird',
  'node-kube-proxy',
  'node-sysctls',
  'node-conntrack',
  'node-firewall',
  'node-cni',
];
const SYSTEM: readonly NodeKind[] = [
  'node-clock',
  'node-units',
  'node-swap',
  'node-memory',
  'node-pressure',
  'node-disk',
  'node-cgroup',
];
const ENDPOINTS = 20;
const POD_LISTENERS = 10;
const PORTS = 16;
const API_SERVERS = 9;
/** On a larger cluster each node looks at the important ones and at this many of its neighbours in a fixed ring. */
const NEIGHBOURS = 20;
const ALL_SEE_ALL = 40;
const FEW_NODES = 10;
const KUBELET = 10250;
const SSH = 22;

/** Gives what is asked of one node, at most what an agent takes. */
export function requestsFor(node: NodeObject, aim: Aim): ProbeRequest[] {
  const { plan } = aim;
  const requests: ProbeRequest[] = [];
  const targets = tcpTargets(node, aim);
  const to = routeTargets(node, aim);
  const narrow = aim.totalNodes > ALL_SEE_ALL ? narrowed(targets, to) : {};
  const plain = (kinds: readonly NodeKind[]) =>
    requests.push(...kinds.map((kind) => ({ kind, params: narrow[kind] ?? {} })));
  const onlyLooks = plan.askedNodes === 'target' && node.name !== aim.node;
  if (onlyLooks) plain(['node-clock']);
  else plain(plan.askedNodes === 'control-plane' ? SYSTEM : [...NETWORK, ...SYSTEM]);
  // On a large cluster a node's neighbours are all the others: they tell something where the node itself is in question.
  const close = aim.totalNodes <= ALL_SEE_ALL || aim.important.has(node.name);
  if (!onlyLooks && close && plan.askedNodes !== 'control-plane') plain(['node-neighbours']);
  if (!onlyLooks) requests.push(...journals(node, aim));
  if (!onlyLooks && aim.service !== undefined && aim.ports.length > 0)
    requests.push(serviceProxy(aim.service, aim.ports));
  if (targets.length > 0) requests.push({ kind: 'node-tcp', params: { targets } });
  if (to.length > 0) requests.push({ kind: 'node-route-get', params: { to } });
  requests.push(...podListeners(node, aim));
  return requests.slice(0, AGENT_LIMITS.requests);
}

/** On a large cluster a node's routes and sessions are thousands: only those towards what is looked at are read. */
function narrowed(
  targets: readonly Target[],
  to: readonly string[],
): Partial<Record<NodeKind, Record<string, unknown>>> {
  const addresses = [...new Set([...to, ...targets.map((target) => target.address)])].slice(
    0,
    AGENT_LIMITS.routeTargets,
  );
  if (addresses.length === 0) return {};
  return { 'node-routes': { covering: addresses }, 'node-bird': { neighbours: addresses } };
}

/** The journal tells why something does not run, so it is read where something does not, and on small clusters anyway. */
function journals(node: NodeObject, { totalNodes, plan }: Aim): ProbeRequest[] {
  const close = !isReady(node) || plan.askedNodes === 'target';
  if (!close && totalNodes > FEW_NODES) return [];
  const of = (unit: string, lines: number): ProbeRequest => ({ kind: 'node-journal', params: { unit, lines } });
  const runtime = /^(docker|containerd|cri-o)/.exec(node.containerRuntime ?? '')?.[1];
  const units = runtime === undefined ? [] : [`${runtime === 'cri-o' ? 'crio' : runtime}.service`];
  return [of('kubelet.service', close ? 400 : 200), ...(close ? units.map((unit) => of(unit, 200)) : [])];
}

/** NodePorts by number, the Service's own ports by its addresses: by number, port 80 would be everybody's. */
function serviceProxy(service: ServiceObject, ports: readonly ServicePort[]): ProbeRequest {
  const numbers = ports.flatMap(({ nodePort, protocol }) =>
    nodePort !== undefined && ['TCP', 'UDP', 'SCTP'].includes(protocol) ? [{ port: nodePort, protocol }] : [],
  );
  const addresses = [...service.clusterIPs, ...(service.externalIPs ?? [])].filter((ip) => parseIp(ip) !== undefined);
  return { kind: 'node-service-proxy', params: { ports: numbers.slice(0, 64), clusterIPs: addresses.slice(0, 64) } };
}

/** P2 and P3, P5, P1, BGP and P4 in this order: what decides first, should there be more than an agent takes. */
export function tcpTargets(node: NodeObject, aim: Aim): Target[] {
  const others = peersOf(node, aim);
  const ports = aim.ports.filter((port) => port.protocol === 'TCP').slice(0, PORTS);
  const nodePorts = ports.flatMap((port) => port.nodePort ?? []);
  const lookedAt = [node, ...others];
  const targets: Target[] = [];
  const add = (addresses: readonly string[], numbers: readonly number[]) => {
    for (const address of addresses)
      if (parseIp(address) !== undefined) targets.push(...numbers.map((port) => ({ address, port })));
  };
  for (const { ip, port } of endpointTargets(aim)) add([ip], [port]);
  if (aim.plan.askedNodes === 'pods') for (const { ip, port } of podTargets(node, aim)) add([ip], [port]);
  add(
    aim.service?.clusterIPs ?? [],
    ports.map((port) => port.port),
  );
  add([...aim.entries, ...lookedAt.flatMap(nodeAddresses)], nodePorts);
  const bgp = others.flatMap(calicoAddresses);
  if (aim.plan.calico) add(bgp, [aim.bgpPort]);
  for (const { ip, ports: served } of aim.apiServers.slice(0, API_SERVERS))
    add(
      [ip],
      served.map((port) => port.port),
    );
  const around =
    aim.node === undefined || node.name === aim.node ? others : others.filter((other) => other.name === aim.node);
  add(around.flatMap(nodeAddresses), [KUBELET]);
  // The tunnel's far end and Calico's own address: no policy for Pods keeps kubelet's port there from answering.
  if (aim.plan.calico)
    add(
      around.flatMap((other) => [...tunnelAddresses(other), ...calicoAddresses(other)]),
      [KUBELET],
    );
  add(around.flatMap(nodeAddresses), [SSH]);
  return unique(targets).slice(0, AGENT_LIMITS.tcpTargets);
}

/** Address and port of each endpoint that stands for one of the ports asked about. */
export function endpointTargets({
  endpoints,
  ports,
}: Pick<Aim, 'endpoints' | 'ports'>): { ip: string; port: number }[] {
  const wanted = new Set(ports.filter((port) => port.protocol === 'TCP').map((port) => port.name ?? ''));
  return endpoints
    .slice(0, ENDPOINTS)
    .flatMap((entry) =>
      entry.ports
        .filter((port) => port.protocol === 'TCP' && (wanted.has(port.name ?? '') || ports.length === 0))
        .map((port) => ({ ip: entry.ip, port: port.port })),
    );
}

/** What the Pods on this node say that they listen on: their containers' ports, and those that kubelet looks at. */
function podTargets(node: NodeObject, { pods }: Aim): { ip: string; port: number }[] {
  return pods
    .filter((pod) => pod.nodeName === node.name && pod.phase === 'Running')
    .slice(0, ENDPOINTS)
    .flatMap((pod) => {
      const ports = pod.containers.flatMap(({ ports: declared, readinessProbe, livenessProbe, startupProbe }) => [
        ...declared.filter((entry) => entry.protocol === 'TCP').map((entry) => entry.containerPort),
        ...[readinessProbe, livenessProbe, startupProbe].flatMap((probe) =>
          typeof probe?.port === 'number' ? [probe.port] : [],
        ),
      ]);
      return pod.podIPs.flatMap((ip) => ports.slice(0, PORTS).map((port) => ({ ip, port })));
    });
}

function routeTargets(node: NodeObject, aim: Aim): string[] {
  const others = peersOf(node, aim);
  const pods = aim.endpoints.slice(0, ENDPOINTS).map((entry) => entry.ip);
  const bgp = others.flatMap((other) => [...calicoAddresses(other), ...nodeAddresses(other)]);
  const all = [...pods, ...(aim.plan.calico ? bgp : [])].filter((ip) => parseIp(ip) !== undefined);
  return [...new Set(all)].slice(0, AGENT_LIMITS.routeTargets);
}

/** The other nodes that this one looks at: all of a small cluster; else the important ones and its neighbours in a ring. */
export function peersOf(node: NodeObject, { asked, important }: Pick<Aim, 'asked' | 'important'>): NodeObject[] {
  const others = asked.filter((other) => other.name !== node.name);
  if (asked.length <= ALL_SEE_ALL) return others;
  const ring = [...asked].sort((a, b) => spread(a.name) - spread(b.name));
  const at = ring.findIndex((other) => other.name === node.name);
  const near = new Set<string>();
  for (let i = 1; i <= NEIGHBOURS; i++) near.add(ring[(at + i) % ring.length]?.name ?? '');
  const first = [...important].slice(0, NEIGHBOURS);
  return others.filter((other) => near.has(other.name) || first.includes(other.name));
}

function podListeners(node: NodeObject, { pods }: Aim): ProbeRequest[] {
  return pods
    .filter((pod) => pod.nodeName === node.name && pod.uid !== undefined && pod.phase === 'Running')
    .slice(0, POD_LISTENERS)
    .map(({ uid, namespace, name }) => ({ kind: 'pod-listeners', params: { podUid: uid, namespace, name } }));
}

function unique(targets: readonly Target[]): Target[] {
  return [...new Map(targets.map((target) => [`${target.address} ${target.port}`, target])).values()];
}
