/** What each entry node's service proxy would do with the NodePort that was asked about, next to what it should do. */
import type { ProxyEntry } from '../../core/evidence/node-network.ts';
import type { Fact, Facts } from '../../core/facts.ts';
import { cidrContains, parseCidr, parseIp } from '../../core/ip.ts';
import { nodeRef } from '../../core/object-ref.ts';
import { backendProbes, clusterIpProbe, deadBackends, type Entry, entries } from '../model/paths.ts';
import { backends, serviceTarget, targetEndpoints } from '../model/target.ts';

type Known<K extends 'node-service-proxy' | 'node-kube-proxy'> = Extract<Fact<K>, { known: true }>;

/** One entry node as its service proxy sees the NodePort. */
export interface ProxyView {
  readonly entry: Entry;
  readonly rules: Known<'node-service-proxy'> | undefined;
  readonly health: Known<'node-kube-proxy'> | undefined;
  /** The entries for the NodePort on the entry's own address (or on every address). */
  readonly matching: readonly ProxyEntry[];
  /** Whether the node is meant to forward: not where externalTrafficPolicy is Local and it runs no endpoint, nor without any. */
  readonly expected: boolean;
  /**
   * `right`: the entries do what they should, to nothing but current endpoints. `stale`: some of their destinations are no
   * endpoints any more. `wrong`: nothing forwards that should, or only to what is gone. Undefined: the rules are unknown.
   */
  readonly state: 'right' | 'stale' | 'wrong' | undefined;
}

/** The views of all entries, in the order of the nodes. Empty without a NodePort. */
export function proxyViews(facts: Facts): readonly ProxyView[] {
  return facts.model(compute);
}

function compute(facts: Facts): ProxyView[] {
  const { port } = serviceTarget(facts);
  if (port?.nodePort === undefined) return [];
  return entries(facts).map((entry) => {
    const rules = facts.get('node-service-proxy', nodeRef(entry.node));
    const health = facts.get('node-kube-proxy', nodeRef(entry.node));
    const matching = rules.known ? matchingEntries(rules.value.entries, entry.address, port) : [];
    const expected = shouldForward(facts, entry);
    return {
      entry,
      rules: rules.known ? rules : undefined,
      health: health.known ? health : undefined,
      matching,
      expected,
      state: rules.known ? stateOf(facts, matching, expected) : undefined,
    };
  });
}

function matchingEntries(
  all: readonly ProxyEntry[],
  address: string,
  port: { nodePort?: number | undefined; protocol: string },
): ProxyEntry[] {
  return all.filter(
    (e) =>
      e.port === port.nodePort &&
      e.protocol.toUpperCase() === port.protocol &&
      (e.address === '*' || e.address === address),
  );
}

/** Endpoints that kube-proxy may use: the ready ones, and those that still serve while they shut down. */
function current(facts: Facts): Set<string> {
  const endpoints = targetEndpoints(facts);
  const all = endpoints.known ? endpoints.value.endpoints.filter((e) => e.ready || e.serving) : [];
  return new Set(all.flatMap((e) => e.ports.map((p) => `${e.ip}:${p.port}`)));
}

function shouldForward(facts: Facts, entry: Entry): boolean {
  if (backends(facts).length === 0) return false;
  return serviceTarget(facts).service?.externalTrafficPolicy !== 'Local' || entry.hasEndpoint;
}

function stateOf(facts: Facts, matching: readonly ProxyEntry[], expected: boolean): 'right' | 'stale' | 'wrong' {
  const forwards = matching.filter((e) => e.verdict === 'forward');
  if (forwards.length === 0) return expected ? 'wrong' : 'right';
  const known = current(facts);
  const destinations = forwards.flatMap((e) => e.destinations.map((d) => known.has(`${d.ip}:${d.port}`)));
  if (destinations.every((is) => is)) return 'right';
  return destinations.some((is) => is) ? 'stale' : 'wrong';
}

/** True where the entry fails although it should forward, and not because its rules are right. */
export function failsByProxy(view: ProxyView): boolean {
  return view.state === 'wrong' && view.expected && fails(view);
}

/** True where probes show the entry to fail. */
export function fails(view: ProxyView): boolean {
  return view.entry.state === 'fails' || view.entry.state === 'mixed';
}

/**
 * True where the node itself reaches an endpoint, so that only what lies before the Pod network can be at fault; endpoints
 * that nobody reaches are left out. Undefined where it did not try.
 */
export function reachesBackends(facts: Facts, node: string): boolean | undefined {
  const dead = new Set(deadBackends(facts).map((b) => b.ip));
  const own = backendProbes(facts).filter((p) => p.from === node && !dead.has(p.backend.ip));
  return own.length === 0 ? undefined : own.some((p) => p.result.result === 'open');
}

/** True where the ClusterIP answers from the node; undefined where it was not tried. */
export function clusterIpWorks(facts: Facts, node: string): boolean | undefined {
  const result = clusterIpProbe(facts, node);
  return result === undefined ? undefined : result.result === 'open';
}

/** True where kube-proxy answers as healthy, false where it says otherwise or refuses, undefined where it was not asked. */
export function healthy(view: ProxyView): boolean | undefined {
  const health = view.health?.value.healthz;
  if (health === undefined) return undefined;
  if (health.result === 'answered') return health.status === 200 || health.nodeEligible === false;
  return health.result === 'refused' ? false : undefined;
}

/** Entries that fail, and of which the endpoints are reached from the node itself: the proxy's side. */
export function suspects(facts: Facts): readonly ProxyView[] {
  return proxyViews(facts).filter((view) => fails(view) && reachesBackends(facts, view.entry.node) !== false);
}

/** The ranges that kube-proxy is set to serve NodePorts on, where they leave this address out; undefined where it is served. */
export function excludedByConfig(facts: Facts, address: string): readonly string[] | undefined {
  const config = facts.get('kube-proxy-config');
  return config.known ? without(config.value.nodePortAddresses, address) : undefined;
}

/** The addresses of nftables' set, where they leave this one out. */
export function excludedByRules(view: ProxyView): readonly string[] | undefined {
  return without(view.rules?.value.nodePortAddresses ?? [], view.entry.address);
}

/** A list with ranges of the address' own family of which none has it. A family without ranges is served on all addresses. */
function without(ranges: readonly string[], address: string): readonly string[] | undefined {
  const family = parseIp(address)?.family;
  const own = ranges.filter((range) => parseCidr(range)?.family === family);
  return own.length > 0 && !own.some((range) => cidrContains(range, address)) ? own : undefined;
}
