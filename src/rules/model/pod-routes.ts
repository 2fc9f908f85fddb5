/** The way from a node to a Pod on another, as its route tables say it: there, missing, or thrown away. */
import type { NodeRoute } from '../../core/evidence/node-network.ts';
import type { Fact, Facts } from '../../core/facts.ts';
import { addressOf, cidrContains, parseCidr } from '../../core/ip.ts';
import { nodeRef } from '../../core/object-ref.ts';
import { poolOf } from './calico.ts';
import { nodesByName } from './nodes.ts';

export type KnownRoutes = Extract<Fact<'node-routes'>, { known: true }>;

/** Devices that wrap packets: Calico's, flannel's, Cilium's and Weave's. */
const TUNNEL = /^(tunl\d|vxlan|flannel\.|wireguard|wg|cilium_(vxlan|geneve)|geneve|weave)/;
const DISCARDS: readonly string[] = ['blackhole', 'unreachable', 'prohibit', 'throw'];

/** True for a device that wraps packets for Pods. */
export function isTunnel(device: string | undefined): boolean {
  return device !== undefined && TUNNEL.test(device);
}

/**
 * `present`: a route made for Pods. `missing`: only the default, or a route that was not made for Pods.
 * `discarded`: a route that throws away. `unclear`: some route, and nothing tells whether it is meant for Pods.
 */
export interface WayToPod {
  readonly state: 'present' | 'missing' | 'discarded' | 'unclear';
  readonly table: KnownRoutes;
  readonly route: NodeRoute | undefined;
  readonly device: string | undefined;
}

/** How a packet for a Pod's address (or for a tunnel's) leaves a node; undefined where its routes are not known. */
export function wayToPod(facts: Facts, node: string, ip: string): WayToPod | undefined {
  const table = facts.get('node-routes', nodeRef(node));
  if (!table.known) return undefined;
  const route = longestMatch(table.value, ip);
  const way = { table, route, device: route?.device };
  const other = otherTable(facts, node, ip, table.value);
  if (other !== undefined) return { ...way, route: other, device: other.device, state: 'present' };
  if (route === undefined || isDefault(route)) return { ...way, state: 'missing' };
  if (DISCARDS.includes(route.type)) return { ...way, state: 'discarded' };
  if (route.type !== 'unicast') return { ...way, state: 'unclear' };
  return { ...way, state: madeForPods(facts, route, ip) };
}

/** Policy routing (WireGuard, VRFs) can send a packet by another table: the kernel's own answer says so. */
function otherTable(facts: Facts, node: string, ip: string, routes: readonly NodeRoute[]): NodeRoute | undefined {
  const lookup = facts.get('node-route-get', nodeRef(node));
  const found = lookup.known ? lookup.value.find((l) => l.to === ip) : undefined;
  if (found === undefined || found.error !== undefined || found.device === undefined) return undefined;
  return routes.find(
    (r) =>
      !isMain(r) &&
      r.type === 'unicast' &&
      r.device === found.device &&
      !isDefault(r) &&
      cidrContains(r.destination, ip),
  );
}

function madeForPods(facts: Facts, route: NodeRoute, ip: string): WayToPod['state'] {
  if (route.protocol === 'bird' || route.protocol === '80' || isTunnel(route.device)) return 'present';
  const own = [...nodesByName(facts).values()].flatMap((n) => n.podCIDRs).find((cidr) => cidrContains(cidr, ip));
  const range = poolOf(facts, ip)?.cidr ?? own;
  if (range === undefined) return 'unclear';
  // A route of a wider network (10.0.0.0/8 to the company), or of a LAN that the pool overlaps, is no way to a Pod.
  return inside(route.destination, range) && route.protocol !== 'kernel' ? 'present' : 'missing';
}

function inside(inner: string, outer: string): boolean {
  const a = parseCidr(inner);
  const b = parseCidr(outer);
  return a !== undefined && b !== undefined && a.bits >= b.bits && cidrContains(b, addressOf(inner));
}

/** The kernel's choice in the main table: the longest prefix. */
export function longestMatch(routes: readonly NodeRoute[], ip: string): NodeRoute | undefined {
  let best: { route: NodeRoute; bits: number } | undefined;
  for (const route of routes) {
    if (!isMain(route)) continue;
    const bits = matchBits(route, ip);
    if (bits !== undefined && (best === undefined || bits > best.bits)) best = { route, bits };
  }
  return best?.route;
}

function isMain(route: NodeRoute): boolean {
  return route.table === undefined || route.table === 'main';
}

/** True for the default route of either family. */
export function isDefault(route: NodeRoute): boolean {
  return route.destination === 'default' || parseCidr(route.destination)?.bits === 0;
}

function matchBits(route: NodeRoute, ip: string): number | undefined {
  if (route.destination === 'default') return ip.includes(':') === (route.via?.includes(':') ?? false) ? 0 : undefined;
  const cidr = parseCidr(route.destination);
  return cidr !== undefined && cidrContains(cidr, ip) ? cidr.bits : undefined;
}

/** A route as iproute2 would print its head. */
export function routeText(route: NodeRoute): string {
  const part = (word: string, value: string | undefined) => (value === undefined ? [] : [`${word} ${value}`]);
  return [
    route.destination,
    ...part('via', route.via),
    ...part('dev', route.device),
    ...part('proto', route.protocol),
  ].join(' ');
}

const TUNNEL_ADDRESSES: readonly string[] = [
  'projectcalico.org/IPv4IPIPTunnelAddr',
  'projectcalico.org/IPv4VXLANTunnelAddr',
  'projectcalico.org/IPv4WireguardInterfaceAddr',
];

/** The addresses of a node's own tunnel devices, as Calico's annotations name them. */
export function tunnelAddresses(facts: Facts, node: string): string[] {
  const annotations = nodesByName(facts).get(node)?.annotations ?? {};
  return TUNNEL_ADDRESSES.flatMap((key) => annotations[key] ?? []).map(addressOf);
}
