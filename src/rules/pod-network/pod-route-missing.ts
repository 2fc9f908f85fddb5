/** Cause: a node has no route to the block of a Pod on another node, so the packet leaves by the default route (N46). */
import { type Fact, type Facts, proof } from '../../core/facts.ts';
import type { Finding, Proof } from '../../core/finding.ts';
import { nodeRef } from '../../core/object-ref.ts';
import { defineRule } from '../../core/rule.ts';
import { samePair } from '../calico/bgp-links.ts';
import { encapsulationOf, poolOf } from '../model/calico.ts';
import { isStale, nodeOfAddress } from '../model/nodes.ts';
import { backendProbes } from '../model/paths.ts';
import { isDefault, isTunnel, routeText, tunnelAddresses, type WayToPod, wayToPod } from '../model/pod-routes.ts';

type TextId = 'found' | 'elsewhere' | 'blocked' | 'back' | 'get' | 'table' | 'present';

export const podRouteMissing = defineRule({
  id: 'pod-route-missing',
  role: 'cause',
  severity: 'critical',
  summary: 'a node without a route to the Pods of another node',
  needs: [
    'services',
    'endpoints',
    'nodes',
    'node-leases',
    'calico-ip-pools',
    'node-bird',
    'node-routes',
    'node-route-get',
    'node-tcp',
  ],
  texts: {
    found:
      '{node} has no route to the Pods on {to}. Packets for {address} leave by the default route through {device}.',
    elsewhere:
      '{node} has no route to the Pods on {to}. Packets for {address} leave by {route}, which leads elsewhere.',
    blocked: '{node} has a route of type {type} for {address}: packets for the Pods on {to} are thrown away.',
    back: '{node} has no route back to {to}: answers of its Pods to the tunnel address {address} get lost.',
    get: 'The way a packet for {address} would leave {node}: {way}.',
    table: 'Of {count} routes on {node}, none leads to the Pods around {address}.',
    present: '{node} has a route to the Pods on {to}: {route}.',
  },
  explains: {
    'pod-network-broken': { when: samePair },
  },
  judge(facts, say) {
    for (const { from, to, ip } of failingPairs(facts)) {
      const way = wayToPod(facts, from, ip);
      if (way === undefined) continue;
      const data = { node: from, to, address: ip };
      const command = `ip route show table all   # on ${from}`;
      if (way.state === 'present' && way.route !== undefined) {
        const text = routeText(way.route);
        const because = [proof(way.table, 'present' as const, { ...data, route: text }, command)];
        say.clear({ object: nodeRef(from), text: 'present', data: { ...data, route: text }, because });
      }
      const lost =
        way.state === 'missing' || way.state === 'discarded'
          ? { at: from, other: to, ip, way }
          : back(facts, from, to, way);
      if (lost !== undefined) say.find(findingOf(facts, lost, lost.at === from ? undefined : from));
    }
  },
});

interface Lost {
  readonly at: string;
  readonly other: string;
  readonly ip: string;
  readonly way: WayToPod;
}

/** Each pair of nodes across which a Pod did not answer, once, with the Pod's address. */
function failingPairs(facts: Facts): { from: string; to: string; ip: string }[] {
  const out = new Map<string, { from: string; to: string; ip: string }>();
  for (const { from, own, result, backend } of backendProbes(facts)) {
    const to = backend.node;
    if (own || result.result === 'open' || to === undefined || isStale(facts, to)) continue;
    if (nodeOfAddress(facts, backend.ip) !== undefined || out.has(`${from} ${to}`)) continue;
    out.set(`${from} ${to}`, { from, to, ip: backend.ip });
  }
  return [...out.values()];
}

/** A packet that leaves by a tunnel is answered to the tunnel's own address: the Pod's node needs a route to it. */
function back(facts: Facts, from: string, to: string, way: WayToPod): Lost | undefined {
  if (way.state !== 'present' || !isTunnel(way.device)) return undefined;
  for (const ip of tunnelAddresses(facts, from)) {
    const home = wayToPod(facts, to, ip);
    if (home?.state === 'missing' || home?.state === 'discarded') return { at: to, other: from, ip, way: home };
  }
  return undefined;
}

function findingOf(facts: Facts, lost: Lost, asker: string | undefined) {
  const { at, other, ip, way } = lost;
  const sure = routeExpected(facts, at, ip);
  const data = { node: at, to: other, address: ip };
  const because: Proof<TextId>[] = [
    proof(way.table, 'table', { ...data, count: way.table.value.length }, `ip route show table all   # on ${at}`),
    ...lookupProof(facts.get('node-route-get', nodeRef(at)), at, ip),
  ];
  return {
    object: nodeRef(at),
    confidence: sure ? ('confirmed' as const) : ('likely' as const),
    ...(sure ? {} : { tryThis: `ip route get ${ip}   # on ${at}; and ask the network plugin who programs its routes` }),
    because,
    scope: { nodes: [asker ?? at], pairs: [[at, other] as const] } satisfies Finding['scope'],
    ...wording(way, data, asker !== undefined),
  };
}

function wording(way: WayToPod, data: { node: string; to: string; address: string }, isBack: boolean) {
  if (isBack) return { text: 'back' as const, data };
  const { route } = way;
  if (way.state === 'discarded') return { text: 'blocked' as const, data: { ...data, type: route?.type ?? '' } };
  if (route === undefined || isDefault(route))
    return { text: 'found' as const, data: { ...data, device: route?.device ?? 'no device at all' } };
  return { text: 'elsewhere' as const, data: { ...data, route: routeText(route) } };
}

function lookupProof(lookup: Fact<'node-route-get'>, node: string, ip: string): Proof<TextId>[] {
  const found = lookup.known ? lookup.value.find((l) => l.to === ip) : undefined;
  if (!lookup.known || found === undefined) return [];
  const via = found.via === undefined ? 'directly' : `via ${found.via}`;
  const way = found.error ?? (found.device === undefined ? via : `${via} dev ${found.device}`);
  return [proof(lookup, 'get', { address: ip, node, way }, `ip route get ${ip}   # on ${node}`)];
}

/**
 * True where Calico is known to program a route on each node: always for a pool that wraps packets; without wrapping a
 * router or a cloud may carry them by the default route, unless the node's own BIRD runs.
 */
function routeExpected(facts: Facts, node: string, ip: string): boolean {
  const pool = poolOf(facts, ip);
  if (pool === undefined) return false;
  if (encapsulationOf(pool) !== 'none') return true;
  const bird = facts.get('node-bird', nodeRef(node));
  const family = ip.includes(':') ? 6 : 4;
  return bird.known && bird.value.some((b) => b.family === family && b.status === 'up');
}
