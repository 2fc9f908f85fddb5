/** The five probes of facts §4.2, read from what the agents connected to: which entries work, from where, to what. */
import type { Path } from '../../core/diagnosis.ts';
import type { TcpResult } from '../../core/evidence/node-network.ts';
import type { Fact, Facts } from '../../core/facts.ts';
import { parseIp } from '../../core/ip.ts';
import { compareText, nodeRef } from '../../core/object-ref.ts';
import { isReady, nodeOfAddress, nodesByName, reachedAt } from './nodes.ts';
import { type Backend, backends, entryAsked, serviceTarget } from './target.ts';

/** One node's connects, by `address port`, and the fact they come from (for proofs). */
export interface NodeConnects {
  readonly node: string;
  readonly fact: Extract<Fact<'node-tcp'>, { known: true }>;
  readonly results: ReadonlyMap<string, TcpResult>;
}

/** Connects of every node whose agent answered, by node name. */
export function connects(facts: Facts): ReadonlyMap<string, NodeConnects> {
  return facts.model(computeConnects);
}

function computeConnects(facts: Facts): Map<string, NodeConnects> {
  const out = new Map<string, NodeConnects>();
  for (const fact of facts.all('node-tcp')) {
    if (!fact.known) continue;
    const results = new Map(fact.value.map((r) => [`${r.address} ${r.port}`, r]));
    out.set(fact.object.name, { node: fact.object.name, fact, results });
  }
  return out;
}

/** What `from` got when it connected to an address and port; undefined where it did not try, or was not allowed to. */
export function connectResult(facts: Facts, from: string, address: string, port: number): TcpResult | undefined {
  const result = connects(facts).get(from)?.results.get(`${address} ${port}`);
  return result === undefined || result.result === 'not-asked' || result.result === 'error' ? undefined : result;
}

/** True for an answer that shows the way is open as far as the other host: a handshake, or a refusal by it. */
export function arrives(result: TcpResult): boolean {
  return result.result === 'open' || result.result === 'refused';
}

/** One way in: an entry node's address, and who tried it. */
export interface Entry {
  readonly node: string;
  readonly address: string;
  readonly ready: boolean;
  readonly hasEndpoint: boolean;
  /** Probes from other nodes; those of the node itself only where there is no other (they bypass externalTrafficPolicy). */
  readonly probes: readonly { readonly from: string; readonly result: TcpResult }[];
  readonly state: 'works' | 'fails' | 'mixed' | 'unknown';
}

/** The entries of the target's NodePort, one for each node address that was asked about. Empty without a NodePort. */
export function entries(facts: Facts): readonly Entry[] {
  return facts.model(computeEntries);
}

function computeEntries(facts: Facts): Entry[] {
  const nodePort = serviceTarget(facts).port?.nodePort ?? facts.question.target.nodePort;
  if (nodePort === undefined) return [];
  const endpointNodes = new Set(backends(facts).map((b) => b.node));
  const asked = entryAsked(facts);
  const out: Omit<Entry, 'state'>[] = [];
  for (const node of nodesByName(facts).values()) {
    if (asked !== undefined && asked.name !== node.name) continue;
    for (const address of entryAddresses(facts, node.name)) {
      const probes = probesOf(facts, node.name, address, nodePort);
      const hasEndpoint = endpointNodes.has(node.name);
      out.push({ node: node.name, address, ready: isReady(node), hasEndpoint, probes });
    }
  }
  const cut = cutOff(out);
  return out.map((entry) => ({ ...entry, state: stateOf(facts, entry, nodePort, cut) }));
}

/**
 * Nodes that reach no entry at all, though others reach what they tried: their own way out is broken, which says nothing of
 * the entries. With one entry tried it cannot be told apart.
 */
function cutOff(ways: readonly Omit<Entry, 'state'>[]): ReadonlySet<string> {
  const tried = new Map<string, boolean[]>();
  for (const { probes } of ways) {
    const answered = probes.some((probe) => probe.result.result === 'open');
    for (const { from, result } of probes)
      if (answered) tried.set(from, [...(tried.get(from) ?? []), result.result === 'open']);
  }
  return new Set([...tried].filter(([, open]) => open.length > 1 && !open.includes(true)).map(([from]) => from));
}

function stateOf(facts: Facts, entry: Omit<Entry, 'state'>, port: number, cut: ReadonlySet<string>): Entry['state'] {
  const { node, probes } = entry;
  if (probes.length === 0 || shortCircuited(facts, node, entry.hasEndpoint, probes)) return 'unknown';
  if (provesOnlyItself(facts, node, probes)) return 'unknown';
  const open = probes.filter((p) => p.result.result === 'open').length;
  if (open > 0 && isHeldOpen(facts, node, port)) return 'fails';
  const telling = probes.filter((p) => p.result.result === 'open' || !cut.has(p.from)).length;
  if (open === 0) return 'fails';
  return open === telling ? 'works' : 'mixed';
}

/**
 * True where a handshake proves nothing: kube-proxy before v1.24 holds each NodePort by a socket of its own, which accepts
 * whoever finds no rule (facts §4.1). Only where the rest says the same: no rule, the endpoints reached, the ClusterIP dead.
 */
function isHeldOpen(facts: Facts, node: string, port: number): boolean {
  const inner = clusterIpProbe(facts, node);
  if (inner === undefined || inner.result === 'open') return false;
  if (!backendProbes(facts).some((p) => p.from === node && p.result.result === 'open')) return false;
  const sockets = facts.get('node-listeners', nodeRef(node));
  const proxy = facts.get('node-service-proxy', nodeRef(node));
  if (!sockets.known || !proxy.known) return false;
  const held = sockets.value.some(
    (l) => l.port === port && (l.process === undefined || l.process.name === 'kube-proxy'),
  );
  return held && !proxy.value.entries.some((e) => e.port === port && e.verdict === 'forward');
}

/** A node's own connects reach every endpoint whatever externalTrafficPolicy says: where it is Local they prove nothing. */
function shortCircuited(facts: Facts, node: string, hasEndpoint: boolean, probes: Entry['probes']): boolean {
  const local = serviceTarget(facts).service?.externalTrafficPolicy === 'Local';
  return local && !hasEndpoint && probes.every((probe) => probe.from === node);
}

/**
 * A node's connect to its own address passes neither its firewall nor its forwarding: open, it says nothing of the others,
 * unless it is the way that was asked about or there are no others.
 */
function provesOnlyItself(facts: Facts, node: string, probes: Entry['probes']): boolean {
  if (nodesByName(facts).size < 2 || nodeNamed(facts, facts.question.from) === node) return false;
  return probes.every((probe) => probe.from === node && probe.result.result === 'open');
}

/**
 * The address that was named, where it is this node's; else its first of the Service's family (one of each would be two
 * entries, and a Service answers on the addresses of its own families only).
 */
function entryAddresses(facts: Facts, name: string): string[] {
  const node = nodesByName(facts).get(name);
  if (node === undefined) return [];
  const { at } = facts.question;
  if (at !== undefined && parseIp(at) !== undefined && entryAsked(facts)?.name === name) return [at];
  const addresses = reachedAt(node);
  const serves6 = serviceTarget(facts).service?.clusterIPs[0]?.includes(':');
  const fitting = addresses.find((ip) => serves6 === undefined || ip.includes(':') === serves6);
  return [fitting ?? addresses[0]].filter((ip) => ip !== undefined);
}

/** True where a TCP connect says something about the target's port: for UDP and SCTP it proves nothing. */
export function connectsTell(facts: Facts): boolean {
  const protocol = serviceTarget(facts).port?.protocol ?? facts.question.target.protocol ?? 'TCP';
  return protocol === 'TCP';
}

function probesOf(facts: Facts, entry: string, address: string, port: number): Entry['probes'] {
  if (!connectsTell(facts)) return [];
  const all = [...connects(facts).keys()].sort(compareText).flatMap((from) => {
    const result = connectResult(facts, from, address, port);
    return result === undefined ? [] : [{ from, result }];
  });
  // Where the question names the node that fails, only its own connects answer it.
  const named = nodeNamed(facts, facts.question.from);
  const asked = named === undefined ? all : all.filter((probe) => probe.from === named);
  const others = asked.filter((probe) => probe.from !== entry);
  return others.length > 0 ? others : asked;
}

function nodeNamed(facts: Facts, word: string | undefined): string | undefined {
  if (word === undefined) return undefined;
  return nodesByName(facts).has(word) ? word : nodeOfAddress(facts, word);
}

/** P2 and P3: what each asked node got from each endpoint. `own` is P3, the endpoint's own node. */
export interface BackendProbe {
  readonly from: string;
  readonly backend: Backend;
  readonly result: TcpResult;
  readonly own: boolean;
}

/** Every probe of an endpoint of the target, ordered by node and address. */
export function backendProbes(facts: Facts): readonly BackendProbe[] {
  return facts.model(computeBackendProbes);
}

function computeBackendProbes(facts: Facts): BackendProbe[] {
  if (!connectsTell(facts)) return [];
  return [...connects(facts).keys()].sort(compareText).flatMap((from) =>
    backends(facts).flatMap((backend) => {
      const result = connectResult(facts, from, backend.ip, backend.port);
      return result === undefined ? [] : [{ from, backend, result, own: backend.node === from }];
    }),
  );
}

/** P5: what a node got from the Service's first ClusterIP; undefined where it did not try, and for headless Services. */
export function clusterIpProbe(facts: Facts, from: string): TcpResult | undefined {
  const { service, port } = serviceTarget(facts);
  const ip = service?.clusterIPs[0];
  if (!connectsTell(facts)) return undefined;
  return ip === undefined || port === undefined ? undefined : connectResult(facts, from, ip, port.port);
}

/** Endpoints that were tried and that nobody reached, next to others that somebody did: a part of all connects ends there. */
export function deadBackends(facts: Facts): readonly Backend[] {
  return facts.model(computeDeadBackends);
}

function computeDeadBackends(facts: Facts): Backend[] {
  const probes = backendProbes(facts);
  const key = (backend: Backend): string => `${backend.ip} ${backend.port}`;
  const tried = new Set(probes.map((p) => key(p.backend)));
  const open = new Set(probes.filter((p) => p.result.result === 'open').map((p) => key(p.backend)));
  return open.size === 0 ? [] : backends(facts).filter((b) => tried.has(key(b)) && !open.has(key(b)));
}

/** P4: true where `from` reaches any usual port of the other node's address, false where none, undefined where not tried. */
export function underlay(facts: Facts, from: string, to: string): boolean | undefined {
  const node = nodesByName(facts).get(to);
  if (node === undefined) return undefined;
  const tried = reachedAt(node).flatMap((ip) =>
    [10250, 22].flatMap((port) => connectResult(facts, from, ip, port) ?? []),
  );
  return tried.length === 0 ? undefined : tried.some(arrives);
}

/** The ways in as the report shows them. */
export function pathsOf(facts: Facts): Path[] {
  const nodePort = serviceTarget(facts).port?.nodePort ?? facts.question.target.nodePort;
  return entries(facts).flatMap((entry): Path[] => {
    const common = {
      to: `${entry.address}:${nodePort ?? 0}`,
      via: nodeRef(entry.node),
      hasEndpoint: entry.hasEndpoint,
    };
    if (entry.probes.length === 0) return [{ ...common, from: nodeRef(entry.node), result: 'unknown', ms: 0 }];
    return entry.probes.map(({ from, result }) => ({
      ...common,
      from: nodeRef(from),
      result: result.result,
      ms: result.ms,
    }));
  });
}
