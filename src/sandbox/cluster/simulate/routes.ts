/** A node's route table as the kernel, BIRD and Felix would have filled it, its text, and `ip route get`. */
import { broadcastOf, hostOf, networkOf, number4, prefixOf, within } from './address.ts';
import type { SimBackends } from './endpoints.ts';
import { caliName, lines, linksOf, oldTools, podsOn } from './links.ts';
import { addressesOf, type SimNode, type SimPod } from './model.ts';
import type { World } from './world.ts';

export interface Route {
  type?: 'blackhole' | 'local' | 'broadcast';
  to: string;
  via?: string;
  dev?: string;
  proto?: string;
  scope?: string;
  src?: string;
  table?: string;
  onlink?: boolean;
  linkdown?: boolean;
}

/** All routes of a node, main table first. */
export function routesOf(world: World, node: SimNode): Route[] {
  const known = world.routes.get(node.name);
  if (known !== undefined) return known;
  const routes = [...mainRoutes(world, node), ...localRoutes(world, node)];
  world.routes.set(node.name, routes);
  return routes;
}

function mainRoutes(world: World, node: SimNode): Route[] {
  const out: Route[] = [];
  const wan = node.nics.find((nic) => nic.addresses.some((address) => within(address.cidr, node.gateway)));
  if (wan !== undefined) out.push({ to: 'default', via: node.gateway, dev: wan.name, onlink: oldTools(node) });
  if (node.containersRun) out.push(...blockRoutes(world, node));
  for (const link of linksOf(world.model, node)) {
    const first = link.addresses[0];
    if (first === undefined || link.name === 'lo' || prefixOf(first.cidr) === 32) continue;
    out.push({
      to: networkOf(first.cidr),
      dev: link.name,
      proto: 'kernel',
      scope: 'link',
      src: hostOf(first.cidr),
      linkdown: link.state === 'DOWN',
    });
  }
  return out;
}

function blockRoutes(world: World, node: SimNode): Route[] {
  const { calico, nodes } = world.model;
  const out: Route[] = [];
  const felix = calico.encapsulation === 'vxlan';
  for (const peer of nodes) {
    if (peer.name === node.name || node.faults.routesMissingTo?.includes(peer.name) === true) continue;
    const gateway = world.bgpAddress(peer);
    if (gateway === undefined) continue;
    if (felix) {
      out.push({ to: peer.block, via: peer.tunnelAddress, dev: 'vxlan.calico', proto: '80', onlink: true });
    } else if (world.established(node, peer)) {
      const way = world.deliver(node, gateway);
      const dev = calico.encapsulation === 'ipip' ? 'tunl0' : way.ok ? way.nic : 'lo';
      out.push({ to: peer.block, via: gateway, dev, proto: 'bird', onlink: dev === 'tunl0' });
    }
  }
  if (felix || world.birdUp(node)) out.push({ type: 'blackhole', to: node.block, proto: felix ? '80' : 'bird' });
  for (const pod of podsOn(world.model, node)) {
    if (pod.ip !== undefined) out.push({ to: pod.ip, dev: caliName(pod), scope: 'link' });
  }
  return out;
}

function localRoutes(world: World, node: SimNode): Route[] {
  const out: Route[] = [];
  const kernel = { table: 'local', proto: 'kernel' };
  for (const link of linksOf(world.model, node)) {
    for (const { cidr } of link.addresses) {
      const src = hostOf(cidr);
      if (link.name === 'lo') out.push({ type: 'local', to: '127.0.0.0/8', dev: 'lo', scope: 'host', src, ...kernel });
      out.push({ type: 'local', to: src, dev: link.name, scope: 'host', src, ...kernel });
      const last = prefixOf(cidr) === 32 ? undefined : broadcastOf(cidr);
      if (last !== undefined) out.push({ type: 'broadcast', to: last, dev: link.name, scope: 'link', src, ...kernel });
    }
  }
  return out;
}

/** `ip route show table all`. */
export function routeText(world: World, node: SimNode): string {
  const gap = oldTools(node) ? '  ' : ' ';
  return lines(
    routesOf(world, node).map((route) => {
      const head = `${route.type === undefined ? '' : `${route.type} `}${route.to}`;
      const via = `${route.via === undefined ? '' : ` via ${route.via}`}${route.dev === undefined ? '' : ` dev ${route.dev}`}`;
      const rest: string[] = [];
      if (route.table !== undefined) rest.push(`table ${route.table}`);
      if (route.proto !== undefined) rest.push(`proto ${route.proto}`);
      if (route.scope !== undefined) rest.push(`scope ${route.scope}`);
      if (route.src !== undefined) rest.push(`src ${route.src}`);
      const tail = `${route.linkdown === true ? ' linkdown' : ''}${route.onlink === true ? ' onlink' : ''}`;
      return `${head}${via}${rest.map((part) => gap + part).join('')}${tail}${oldTools(node) ? ' ' : ''}`;
    }),
  );
}

/** A route's network as numbers, worked out once for all packets. */
interface Range {
  route: Route;
  size: number;
  network: number;
}
const ranges = new WeakMap<Route[], Range[]>();

function rangesOf(routes: Route[]): Range[] {
  const known = ranges.get(routes);
  if (known !== undefined) return known;
  const found = routes
    .filter((route) => route.to !== 'default')
    .map((route) => {
      const size = 2 ** (32 - prefixOf(route.to));
      return { route, size, network: Math.floor(number4(route.to) / size) };
    });
  ranges.set(routes, found);
  return found;
}

/** The route that a packet to this address takes: local addresses first, then the longest prefix. */
export function lookup(world: World, node: SimNode, to: string): Route | undefined {
  const routes = routesOf(world, node);
  const ip = number4(to);
  const fitting = rangesOf(routes).filter(({ size, network }) => Math.floor(ip / size) === network);
  const local = fitting.find(({ route }) => route.type === 'local');
  if (local !== undefined) return local.route;
  const matching = fitting.filter(({ route }) => route.table === undefined);
  matching.sort((a, b) => a.size - b.size);
  return matching[0]?.route ?? routes.find((route) => route.to === 'default');
}

/** `ip route get <to>`: output and exit code. */
export function routeGet(world: World, node: SimNode, to: string): { code: number; stdout: string; stderr: string } {
  const route = lookup(world, node, to);
  if (route === undefined || route.type === 'blackhole') {
    const error = route === undefined ? 'Network is unreachable' : 'Invalid argument';
    return { code: 2, stdout: '', stderr: `RTNETLINK answers: ${error}\n` };
  }
  const gap = oldTools(node) ? '  ' : ' ';
  const uid = oldTools(node) ? '' : ' uid 0';
  if (route.type === 'local') {
    return { code: 0, stdout: `local ${to} dev lo${gap}src ${to}${uid} \n    cache <local> \n`, stderr: '' };
  }
  const via = route.via === undefined ? '' : ` via ${route.via}`;
  const source = sourceOf(node, route);
  return { code: 0, stdout: `${to}${via} dev ${route.dev}${gap}src ${source}${uid} \n    cache \n`, stderr: '' };
}

function sourceOf(node: SimNode, route: Route): string {
  if (route.dev === 'tunl0' || route.dev === 'vxlan.calico') return node.tunnelAddress;
  if (route.src !== undefined) return route.src;
  const nic = node.nics.find((one) => one.name === route.dev);
  const first = nic?.addresses[0]?.cidr;
  return first === undefined ? node.internalIp : hostOf(first);
}

/** A part of a cluster. */
export interface Scope {
  nodes: SimNode[];
  pods: SimPod[];
  backends: SimBackends[];
}

/** Every address that someone may ask `ip route get` about: nodes, tunnels, Pods, ClusterIPs. */
export function interestingTargets({ nodes, pods, backends }: Scope): string[] {
  const podIps = pods.flatMap((pod) => (pod.ip === undefined || pod.hostNetwork ? [] : [pod.ip]));
  const clusterIps = backends.map((one) => one.service.clusterIP);
  return [
    ...new Set([...nodes.flatMap(addressesOf), ...podIps, ...clusterIps, ...nodes.map((node) => node.tunnelAddress)]),
  ];
}
