/** How a TCP connect ends, from a node's own network namespace: nodes, Pods, ClusterIPs and NodePorts. */
import { digest, within } from './address.ts';
import type { SimBackends } from './endpoints.ts';
import { nodeOf } from './lookups.ts';
import { type ClusterModel, isRunning, type SimNode, type SimPod } from './model.ts';
import { lookup } from './routes.ts';
import { listeningPorts } from './sockets.ts';
import type { Delivery, World } from './world.ts';

export type Outcome = 'open' | 'refused' | 'timeout' | 'no-route';
export interface ConnectAnswer {
  result: Outcome;
  ms: number;
  detail?: string;
}

/** Finds out how connects end; the indexes are built once. */
export interface Reach {
  connect(from: SimNode, address: string, port: number): ConnectAnswer;
  /** A host that is no node, on the LAN of this node: what a client outside sees. */
  outside(to: SimNode, address: string, port: number): ConnectAnswer;
}

/** Indexes a world by addresses and ports. */
export function reachOf(world: World): Reach {
  const { model } = world;
  const { backends } = world;
  const pods = new Map<string, SimPod>();
  for (const pod of model.pods) if (pod.ip !== undefined && !pod.hostNetwork) pods.set(pod.ip, pod);
  const byNodePort = new Map<number, SimBackends>();
  const byClusterIp = new Map<string, SimBackends>();
  const tunnels = new Map<string, SimNode>();
  if (model.calico.encapsulation !== 'none') for (const node of model.nodes) tunnels.set(node.tunnelAddress, node);
  const serviceIps = new Set(backends.map((one) => one.service.clusterIP));
  for (const one of backends) {
    if (one.port.nodePort !== undefined) byNodePort.set(one.port.nodePort, one);
    byClusterIp.set(`${one.service.clusterIP}:${one.port.port}`, one);
  }

  const listening = new Map<string, Set<number>>();
  const listens = (node: SimNode): Set<number> => {
    const known = listening.get(node.name) ?? new Set(listeningPorts(world, node));
    listening.set(node.name, known);
    return known;
  };

  const toPod = (from: SimNode, ip: string, port: number): Outcome => podOutcome(world, pods, from, ip, port);

  const toService = (from: SimNode, one: SimBackends, forwarded: boolean, key: string): Outcome => {
    const pickable = one.endpoints;
    const chosen = pickable[Number.parseInt(digest(key).slice(0, 6), 16) % Math.max(1, pickable.length)];
    if (chosen === undefined) return 'refused';
    if (forwarded && from.faults.ipForwardOff === true && chosen.ip !== from.internalIp) return 'timeout';
    if (chosen.pod === undefined || chosen.pod.hostNetwork) return toNode(from, chosen.ip, chosen.port);
    return toPod(from, chosen.ip, chosen.port);
  };

  const toNode = (from: SimNode, address: string, port: number): Outcome => {
    const way = world.deliver(from, address);
    if (way.ok && from.name !== way.node.name && port === 179 && from.faults.bgpPortBlocked === true) return 'timeout';
    return way.ok ? arrive(way, from.name === way.node.name, address, port) : undelivered(way);
  };

  const arrive = (way: Delivery & { ok: true }, local: boolean, address: string, port: number): Outcome => {
    const node = way.node;
    if (!local && filtered(node, port)) return 'timeout';
    const one = byNodePort.get(port);
    if (one === undefined || !programmed(model, node) || !serves(model, node, address)) {
      return listens(node).has(port) ? 'open' : 'refused';
    }
    const mine = one.endpoints.filter((endpoint) => endpoint.node === node.name);
    // kube-proxy short-circuits local traffic to all endpoints; what comes from outside must stay here.
    const stays = one.service.externalTrafficPolicy === 'Local' && !local && one.endpoints.length > 0;
    if (!stays) return toService(node, one, !local, `${node.name}${port}`);
    if (mine.length === 0) return model.proxy.mode === 'ipvs' ? 'refused' : 'timeout';
    return toService(node, { ...one, endpoints: mine }, true, `${node.name}${port}`);
  };

  const toTunnel = (from: SimNode, there: SimNode, address: string, port: number): Outcome => {
    const local = there.name === from.name;
    if (!there.containersRun) return undelivered(world.deliver(from, address));
    const lost = local ? undefined : crossing(world, from, there, address);
    return lost ?? arrive({ ok: true, node: there, nic: 'tunl0' }, local, address, port);
  };

  const connect = (from: SimNode, address: string, port: number): Outcome => {
    if (serviceIps.has(address)) {
      const one = byClusterIp.get(`${address}:${port}`);
      if (!programmed(model, from)) return undelivered(world.deliver(from, address));
      return one === undefined ? 'refused' : toService(from, one, false, `${from.name}${address}${port}`);
    }
    const there = tunnels.get(address);
    if (there !== undefined) return toTunnel(from, there, address, port);
    return pods.has(address) ? toPod(from, address, port) : toNode(from, address, port);
  };

  return {
    connect: (from, address, port) => answer(connect(from, address, port)),
    outside(to, address, port) {
      return answer(arrive({ ok: true, node: to, nic: '' }, false, address, port));
    },
  };
}

/** The node's own firewall, which strikes what comes from other machines. */
function filtered(node: SimNode, port: number): boolean {
  return node.faults.firewallDrops?.includes(port) === true || (port === 179 && node.faults.bgpPortBlocked === true);
}

/** Whether the service proxy has its rules on this node. */
export function programmed(model: ClusterModel, node: SimNode): boolean {
  const bad = node.faults.proxyFlushed === true || node.faults.kubeProxyDown === true;
  return model.nodes.includes(node) && node.containersRun && !bad;
}

/** Whether NodePorts are served on this address: nftables takes only the primary one unless told otherwise. */
export function serves(model: ClusterModel, node: SimNode, address: string): boolean {
  const wanted = node.nodePortAddresses ?? model.proxy.nodePortAddresses;
  if (address.startsWith('127.')) return model.proxy.mode === 'iptables';
  if (wanted.length === 0 && model.proxy.mode === 'nftables') return address === node.internalIp;
  if (wanted.includes('primary')) return address === node.internalIp;
  return wanted.length === 0 || wanted.some((cidr) => within(cidr, address));
}

function podOutcome(world: World, pods: Map<string, SimPod>, from: SimNode, ip: string, port: number): Outcome {
  const pod = pods.get(ip);
  if (pod?.node === undefined) return 'timeout';
  const there = nodeOf(world.model, pod.node);
  if (there.name !== from.name) {
    const failure = crossing(world, from, there, ip);
    if (failure !== undefined) return failure;
  }
  if (!there.containersRun) return 'timeout';
  const sockets = pod.containers.filter(isRunning).flatMap((container) => container.listens);
  const heard = sockets.some((one) => one.port === port && (one.address === '0.0.0.0' || one.address === ip));
  return heard ? 'open' : 'refused';
}

/** Whether a packet for a Pod gets from one node to another and the answer back; undefined where it does. */
function crossing(world: World, from: SimNode, there: SimNode, ip: string): Outcome | undefined {
  const route = lookup(world, from, ip);
  if (route === undefined) return 'no-route';
  if (route.to === 'default') return undelivered(world.deliver(from, ip));
  if (!arrives(world, from, there) || !there.containersRun) return 'timeout';
  // What goes on to a Pod is forwarded there; the tunnel's own address is not.
  if (there.faults.ipForwardOff === true && ip !== there.tunnelAddress) return 'timeout';
  if (world.model.calico.encapsulation === 'none') return undefined;
  // The answer goes to the address of this node's tunnel, inside packets to this node's BGP address.
  const back = lookup(world, there, from.tunnelAddress);
  if (world.model.calico.encapsulation === 'vxlan' && [from, there].some(spoilsChecksums)) return 'timeout';
  const open = from.faults.encapsulationBlocked === undefined && there.faults.encapsulationBlocked === undefined;
  const returns = back !== undefined && back.to !== 'default' && arrives(world, there, from);
  return open && returns ? undefined : 'timeout';
}

function spoilsChecksums(node: SimNode): boolean {
  return node.faults.txChecksumBroken === true && node.txChecksum !== 'off';
}

function arrives(world: World, from: SimNode, there: SimNode): boolean {
  const address = world.bgpAddress(there);
  const way = address === undefined ? undefined : world.deliver(from, address);
  return way?.ok === true && way.node.name === there.name;
}

function undelivered(way: Delivery): Outcome {
  if (way.ok) return 'refused';
  return way.why === 'unreachable' ? 'no-route' : 'timeout';
}

function answer(result: Outcome): ConnectAnswer {
  if (result === 'no-route') return { result, ms: 1, detail: 'EHOSTUNREACH' };
  if (result === 'timeout') return { result, ms: 2000 };
  return { result, ms: 1 };
}
