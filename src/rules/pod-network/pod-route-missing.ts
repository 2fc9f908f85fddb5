/** Cause: a node has no route to the block of a Pod on another node, so the packet leaves by the default route (N46). */
import { type Fact, type Facts, proof } from '../../core/facts.ts';
import type { Proof } from '../../core/finding.ts';
import { groupBy } from '../../core/group.ts';
import { nodeRef } from '../../core/object-ref.ts';
import { defineRule } from '../../core/rule.ts';
import { samePair } from '../calico/bgp-links.ts';
import { pairSession } from '../calico/sessions.ts';
import { bgpNeeded, encapsulationOf, poolOf } from '../model/calico.ts';
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
    'calico-install',
    'calico-felix-config',
    'pods',
    'events',
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
    const lost: Lost[] = [];
    for (const { from, to, ip } of failingPairs(facts)) {
      const way = wayToPod(facts, from, ip);
      if (way === undefined) continue;
      if (way.state === 'present' && way.route !== undefined) {
        const data = { node: from, to, address: ip, route: routeText(way.route) };
        const because = [proof(way.table, 'present' as const, data, `ip route show table all   # on ${from}`)];
        say.clear({ object: nodeRef(from), text: 'present', data, because });
      }
      const gone = way.state === 'missing' || way.state === 'discarded';
      const one = gone ? { at: from, other: to, ip, way, asker: undefined } : back(facts, from, to, way);
      if (one !== undefined) lost.push(one);
    }
    // A node without routes is one fault, however many nodes it cannot reach.
    for (const group of groupBy(lost, (l) => `${l.at} ${wordOf(l)}`).values()) {
      const draft = findingOf(facts, group);
      if (draft !== undefined) say.find(draft);
    }
  },
});

interface Lost {
  readonly at: string;
  readonly other: string;
  readonly ip: string;
  readonly way: WayToPod;
  /** The node whose answers get lost, where the way back is what is missing. */
  readonly asker: string | undefined;
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
    if (home?.state === 'missing' || home?.state === 'discarded')
      return { at: to, other: from, ip, way: home, asker: from };
  }
  return undefined;
}

function wordOf({ asker, way }: Lost): 'back' | 'blocked' | 'found' | 'elsewhere' {
  if (asker !== undefined) return 'back';
  if (way.state === 'discarded') return 'blocked';
  return way.route === undefined || isDefault(way.route) ? 'found' : 'elsewhere';
}

function findingOf(facts: Facts, group: readonly Lost[]) {
  const [first] = group;
  if (first === undefined) return undefined;
  const { at, ip, way, asker } = first;
  // What BGP brings and did not is another's fault unless the session is seen to be up; then it is this node's own.
  const sure = group.some(
    (l) =>
      routeExpected(facts, at, l.ip) && (bgpNeeded(facts) === false || pairSession(facts, at, l.other) !== 'unknown'),
  );
  const ask =
    bgpNeeded(facts) === false
      ? `ip route get ${ip}   # on ${at}; and ask the network plugin who programs its routes`
      : `birdcl show protocols   # in calico-node on ${at}`;
  const data = { node: at, to: [...new Set(group.map((l) => l.other))].sort(), address: ip };
  const because: Proof<TextId>[] = [
    proof(way.table, 'table', { ...data, count: way.table.value.length }, `ip route show table all   # on ${at}`),
    ...lookupProof(facts.get('node-route-get', nodeRef(at)), at, ip),
  ];
  const { route } = way;
  const device = route?.device ?? 'no device at all';
  return {
    object: nodeRef(at),
    confidence: sure ? ('confirmed' as const) : ('likely' as const),
    ...(sure ? {} : { tryThis: ask }),
    text: wordOf(first),
    data: { ...data, device, type: route?.type ?? '', route: route === undefined ? '' : routeText(route) },
    because,
    scope: {
      nodes: asker === undefined ? [at] : [...new Set(group.flatMap((l) => l.asker ?? []))],
      pairs: group.map((l) => [at, l.other] as const),
    },
  };
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
