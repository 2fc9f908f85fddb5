/** What follows from a model: the addresses Calico chose, who reaches whom, which BGP sessions stand, which node is Ready. */
import { atLeast, hostOf, within } from './address.ts';
import { autodetect, type Detection } from './autodetect.ts';
import { indexBackends, type SimBackends } from './endpoints.ts';
import { linksOf } from './links.ts';
import { type ClusterModel, nicWith, type SimNode } from './model.ts';
import type { Route } from './routes.ts';

/** How a packet towards an address ends. */
export type Delivery =
  | { ok: true; node: SimNode; nic: string }
  | { ok: false; why: 'drop' | 'unreachable' | 'no-host' };

export interface Session {
  peer: SimNode;
  peerAddress: string;
  name: string;
  state: 'up' | 'start';
  info: 'Established' | 'Passive' | 'Connect' | 'Active';
  error: string;
  since: string;
}

/** A model with what is derived from it, each thing worked out once. */
export interface World {
  model: ClusterModel;
  /** Route tables by node, filled as they are asked for. */
  routes: Map<string, Route[]>;
  /** Every port of every Service with its endpoints. */
  backends: SimBackends[];
  detection(node: SimNode): Detection;
  /** Calico's address of the node with its prefix, or undefined where nothing was found. */
  bgpCidr(node: SimNode): string | undefined;
  bgpAddress(node: SimNode): string | undefined;
  deliver(from: SimNode, to: string): Delivery;
  sessions(node: SimNode): Session[];
  established(a: SimNode, b: SimNode): boolean;
  birdUp(node: SimNode): boolean;
  /** What calico-node's readinessProbe says; undefined while ready. */
  calicoNotReady(node: SimNode): string | undefined;
}

/** Works out the state of a cluster from its model. */
export function derive(model: ClusterModel): World {
  const detections = new Map<string, Detection>();
  const sessionsByNode = new Map<string, Session[]>();
  const owners = new Map<string, SimNode>();
  for (const node of model.nodes) {
    for (const nic of node.nics) for (const address of nic.addresses) owners.set(hostOf(address.cidr), node);
  }
  const world: World = {
    model,
    routes: new Map(),
    backends: indexBackends(model),
    detection(node) {
      const known = detections.get(node.name);
      if (known !== undefined) return known;
      const found = detect(model, node);
      detections.set(node.name, found);
      return found;
    },
    bgpCidr: (node) => world.detection(node).cidr ?? node.calicoNode?.annotation,
    bgpAddress(node) {
      const cidr = world.bgpCidr(node);
      return cidr === undefined ? undefined : hostOf(cidr);
    },
    deliver: (from, to) => deliver(model, owners, from, to),
    sessions(node) {
      const known = sessionsByNode.get(node.name);
      if (known !== undefined) return known;
      const found = sessionsOf(world, node);
      sessionsByNode.set(node.name, found);
      return found;
    },
    established: (a, b) => meshUp(world, a, b),
    birdUp: (node) => node.containersRun && !withoutBird(node),
    calicoNotReady: (node) => notReady(world, node),
  };
  return world;
}

function withoutBird(node: SimNode): boolean {
  return node.faults.birdDown === true || node.calicoNode?.down !== undefined;
}

function detect(model: ClusterModel, node: SimNode): Detection {
  const calico = node.calicoNode ?? model.calico;
  const wanted = calico.env['IP'] ?? '';
  if (wanted !== '' && wanted !== 'autodetect')
    return { cidr: wanted, log: `Using IPv4 address from environment: IP=${wanted}` };
  const candidates = linksOf(model, node, true).map((link) => ({
    name: link.name,
    ifindex: link.ifindex,
    cidrs: link.addresses.map((address) => address.cidr),
  }));
  return autodetect(calico, node, candidates);
}

function deliver(model: ClusterModel, owners: Map<string, SimNode>, from: SimNode, to: string): Delivery {
  const owner = owners.get(to);
  if (owner?.name === from.name) return { ok: true, node: from, nic: 'lo' };
  const connected = from.nics.find((nic) => nic.addresses.some((address) => within(address.cidr, to)));
  if (connected !== undefined) {
    if (owner !== undefined && nicWith(owner, to)?.lan === connected.lan) {
      return { ok: true, node: owner, nic: connected.name };
    }
    return { ok: false, why: 'no-host' };
  }
  const out = from.nics.find((nic) => nic.addresses.some((address) => within(address.cidr, from.gateway)));
  const lan = model.lans.find((one) => one.name === out?.lan);
  if (out === undefined || lan?.gateway === undefined) return { ok: false, why: 'unreachable' };
  const target = model.lans.find((one) => owner !== undefined && one.name === nicWith(owner, to)?.lan);
  if (owner !== undefined && target?.gateway !== undefined) return { ok: true, node: owner, nic: out.name };
  return { ok: false, why: lan.unknown === 'drop' ? 'drop' : 'unreachable' };
}

/** Calico makes each pair one-sided: the side whose peer has the greater address, compared as text, waits. */
function waits(world: World, node: SimNode, peer: SimNode): boolean {
  return (world.bgpAddress(peer) ?? '') > (world.bgpAddress(node) ?? '');
}

function meshUp(world: World, a: SimNode, b: SimNode): boolean {
  if (!world.model.calico.meshEnabled || !world.birdUp(a) || !world.birdUp(b)) return false;
  const [dialler, waiter] = waits(world, a, b) ? [b, a] : [a, b];
  return dialError(world, dialler, waiter) === undefined;
}

/** Why a connection to the peer's BGP address does not come about; undefined where it does. */
function dialError(world: World, dialler: SimNode, waiter: SimNode): string | undefined {
  const there = world.bgpAddress(waiter);
  const here = world.bgpAddress(dialler);
  if (there === undefined || here === undefined) return 'Connection timed out';
  const way = world.deliver(dialler, there);
  if (!way.ok) return way.why === 'drop' ? 'Connection timed out' : 'No route to host';
  if (way.node.name !== waiter.name) return 'Connection refused';
  if (dialler.faults.bgpPortBlocked === true || waiter.faults.bgpPortBlocked === true) return 'Connection timed out';
  if (!world.deliver(waiter, here).ok) return 'Connection timed out';
  return world.birdUp(waiter) ? undefined : 'Connection refused';
}

function sessionsOf(world: World, node: SimNode): Session[] {
  if (!world.model.calico.meshEnabled || !world.birdUp(node)) return [];
  const peers = world.model.nodes.filter((peer) => peer.name !== node.name && world.bgpAddress(peer) !== undefined);
  return peers.map((peer) => {
    const peerAddress = world.bgpAddress(peer) ?? '';
    const base = { peer, peerAddress, name: `Mesh_${peerAddress.replaceAll('.', '_')}` };
    if (meshUp(world, node, peer)) {
      const since = node.calicoStarted > peer.calicoStarted ? node.calicoStarted : peer.calicoStarted;
      return { ...base, state: 'up', info: 'Established', error: '', since };
    }
    const start = { ...base, state: 'start' as const, since: node.calicoStarted };
    if (waits(world, node, peer)) return { ...start, info: 'Passive', error: '' };
    const error = dialError(world, node, peer) ?? '';
    return { ...start, info: error === 'Connection refused' ? 'Active' : 'Connect', error: `Socket: ${error}` };
  });
}

/** Long after the start one session is enough, and no peers at all is ready too. */
function notReady(world: World, node: SimNode): string | undefined {
  if (withoutBird(node)) {
    const dir = atLeast(world.model.calico.version, '3.1.0') ? '/var/run/calico' : '/var/run/bird';
    return `calico/node is not ready: BIRD is not ready: error querying BIRD: unable to connect to BIRDv4 socket: dial unix ${dir}/bird.ctl: connect: connection refused`;
  }
  // Looked for one by one: on large clusters the whole list is needed of few nodes.
  if (world.model.nodes.some((peer) => peer.name !== node.name && meshUp(world, node, peer))) return undefined;
  const sessions = world.sessions(node);
  if (sessions.length === 0) return undefined;
  const peers = sessions.map((session) => session.peerAddress).join(',');
  return `calico/node is not ready: BIRD is not ready: BGP not established with ${peers}`;
}
