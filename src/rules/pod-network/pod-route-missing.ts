/** Cause: a node has no route to the block of a Pod on another node, so the packet leaves by the default route (N46). */
import type { NodeRoute } from '../../core/evidence/node-network.ts';
import { type Fact, type Facts, proof } from '../../core/facts.ts';
import { cidrContains, parseCidr } from '../../core/ip.ts';
import { nodeRef } from '../../core/object-ref.ts';
import { defineRule } from '../../core/rule.ts';
import { sameObjectLink } from '../links.ts';
import { birdSessions, routesNeedBgp } from '../model/calico.ts';
import { type BackendProbe, backendProbes } from '../model/paths.ts';

export const podRouteMissing = defineRule({
  id: 'pod-route-missing',
  role: 'cause',
  severity: 'critical',
  summary: 'a node without a route to the Pods of another node',
  needs: [
    'services',
    'endpoints',
    'nodes',
    'calico-install',
    'calico-felix-config',
    'calico-ip-pools',
    'node-bird',
    'node-routes',
    'node-route-get',
    'node-tcp',
  ],
  texts: {
    found:
      '{node} has no route to the Pods on {to}. Packets for {address} leave by the default route through {device}.',
    blocked: '{node} has a route of type {type} for {address}: packets for the Pods on {to} are thrown away.',
    get: 'The way a packet for {address} would leave {node}: {way}.',
    table: 'Of {count} routes on {node}, none but the default covers {address}.',
    present: '{node} has a route to the Pods on {to}: {route}.',
  },
  explains: { 'pod-network-broken': sameObjectLink },
  judge(facts, say) {
    const seen = new Set<string>();
    for (const probe of backendProbes(facts)) {
      const to = probe.backend.node;
      if (probe.own || probe.result.result === 'open' || to === undefined || seen.has(`${probe.from} ${to}`)) continue;
      seen.add(`${probe.from} ${to}`);
      const table = facts.get('node-routes', nodeRef(probe.from));
      const lookup = facts.get('node-route-get', nodeRef(probe.from));
      if (!table.known) continue;
      const route = longestMatch(table.value, probe.backend.ip);
      const data = { node: probe.from, to, address: probe.backend.ip };
      if (route !== undefined && route.destination !== 'default' && route.type === 'unicast') {
        say.clear({
          object: nodeRef(probe.from),
          text: 'present',
          data: { ...data, route: routeText(route) },
          because: [],
        });
        continue;
      }
      const because = [
        proof(
          table,
          'table' as const,
          { ...data, count: table.value.length },
          `ip route show table all   # on ${probe.from}`,
        ),
        ...lookupProof(lookup, probe),
      ];
      const discarded = route !== undefined && ['blackhole', 'unreachable', 'prohibit'].includes(route.type);
      const sure = routesExpected(facts, probe);
      const common = {
        object: nodeRef(probe.from),
        confidence: sure ? ('confirmed' as const) : ('likely' as const),
        ...(sure
          ? {}
          : {
              tryThis: `birdcl show protocols   # in calico-node on ${probe.from}; or ask the network plugin who programs routes`,
            }),
        because,
        scope: { nodes: [probe.from], pairs: [[probe.from, to] as const] },
      };
      if (discarded) say.find({ ...common, text: 'blocked', data: { ...data, type: route.type } });
      else say.find({ ...common, text: 'found', data: { ...data, device: route?.device ?? 'no device at all' } });
    }
  },
});

function lookupProof(lookup: Fact<'node-route-get'>, probe: BackendProbe) {
  if (!lookup.known) return [];
  const found = lookup.value.find((l) => l.to === probe.backend.ip);
  if (found === undefined) return [];
  const way =
    found.error ??
    [found.via === undefined ? 'directly' : `via ${found.via}`, found.device === undefined ? '' : `dev ${found.device}`]
      .join(' ')
      .trim();
  const data = { address: probe.backend.ip, node: probe.from, way };
  return [proof(lookup, 'get' as const, data, `ip route get ${probe.backend.ip}   # on ${probe.from}`)];
}

/**
 * True where the network plugin is known to program a route for each block, and the state of what programs it is known:
 * clouds route Pods outside the node (the default route is then right), and with BGP the session decides.
 */
function routesExpected(facts: Facts, probe: BackendProbe): boolean {
  const pools = facts.get('calico-ip-pools');
  if (!pools.known || !pools.value.some((pool) => cidrContains(pool.cidr, probe.backend.ip))) return false;
  return !routesNeedBgp(facts) || birdSessions(facts, probe.from) !== undefined;
}

/** The kernel's choice in the main table: the longest prefix; routes of other tables (local, rules) are left alone. */
export function longestMatch(routes: readonly NodeRoute[], ip: string): NodeRoute | undefined {
  let best: { route: NodeRoute; bits: number } | undefined;
  for (const route of routes) {
    if (route.table !== undefined && route.table !== 'main') continue;
    const bits = matchBits(route, ip);
    if (bits !== undefined && (best === undefined || bits > best.bits)) best = { route, bits };
  }
  return best?.route;
}

function matchBits(route: NodeRoute, ip: string): number | undefined {
  if (route.destination === 'default') return ip.includes(':') === (route.via?.includes(':') ?? false) ? 0 : undefined;
  const cidr = parseCidr(route.destination);
  return cidr !== undefined && cidrContains(cidr, ip) ? cidr.bits : undefined;
}

function routeText(route: NodeRoute): string {
  return [
    route.destination,
    route.via === undefined ? '' : `via ${route.via}`,
    route.device === undefined ? '' : `dev ${route.device}`,
    route.protocol === undefined ? '' : `proto ${route.protocol}`,
  ]
    .filter((part) => part !== '')
    .join(' ');
}

/** True where the node's route to an address is a specific one (not the default); undefined where its table is unknown. */
export function hasSpecificRoute(facts: Facts, node: string, ip: string): boolean | undefined {
  const table = facts.get('node-routes', nodeRef(node));
  if (!table.known) return undefined;
  const route = longestMatch(table.value, ip);
  return route !== undefined && route.destination !== 'default' && route.type === 'unicast';
}
