/** Where the five probes point (facts §4.2, the table below the probes), for symptoms that no rule explains. */
import type { Layer } from '../../core/diagnosis.ts';
import type { Facts } from '../../core/facts.ts';
import { isReady, isStale, nodesByName } from './nodes.ts';
import {
  type BackendProbe,
  backendProbes,
  clusterIpProbe,
  connects,
  connectsTell,
  deadBackends,
  type Entry,
  entries,
  underlay,
} from './paths.ts';
import { asksAboutWays, backends, serviceTarget, targetEndpoints } from './target.ts';

/** Gives the layer, or undefined where the question is not about reachability or no probe could tell anything. */
export function layerOf(facts: Facts): Layer | undefined {
  const { service, port } = serviceTarget(facts);
  if (!asksAboutWays(facts.question) || service === undefined || port === undefined) return undefined;
  if (service.type === 'ExternalName') return 'service';
  const endpoints = targetEndpoints(facts);
  if (endpoints.known && backends(facts).length === 0) return 'endpoints';
  if (!connectsTell(facts)) return undefined;
  const probes = backendProbes(facts);
  const ways = waysIn(facts);
  if (probes.length === 0) return ways.tried ? 'unknown' : undefined;
  if (probes.every((p) => p.result.result !== 'open')) return nobody(facts, probes);
  if (ways.failing.size === 0) return withoutFailure(facts, ways);
  return someReach(facts, ways.failing);
}

interface Ways {
  readonly tried: boolean;
  /** A ready node's way in that nobody tried could be the one that fails. */
  readonly untried: boolean;
  readonly failing: ReadonlySet<string>;
}

/** The nodes through which the port fails; for a Service without NodePort, those from which its ClusterIP fails. */
function waysIn(facts: Facts): Ways {
  if (serviceTarget(facts).port?.nodePort === undefined) {
    const tried = [...connects(facts).keys()].filter((node) => clusterIpProbe(facts, node) !== undefined);
    const failing = tried.filter((node) => clusterIpProbe(facts, node)?.result !== 'open');
    return { tried: tried.length > 0, untried: false, failing: new Set(failing) };
  }
  const known = entries(facts).filter((entry) => entry.state !== 'unknown');
  const failing = known.filter((entry) => entry.state !== 'works');
  // A dead node beside a ready one that fails is a fault of its own.
  const ready = failing.filter((entry) => entry.ready);
  return {
    tried: known.length > 0,
    untried: entries(facts).some((entry) => entry.state === 'unknown' && entry.ready),
    failing: new Set((ready.length > 0 ? ready : failing).map((entry) => entry.node)),
  };
}

/** No node reaches any endpoint: a refusal comes from the Pod, silence on the Pod's own node from something before it. */
function nobody(facts: Facts, probes: readonly BackendProbe[]): Layer {
  const own = probes.filter((p) => p.own);
  const decisive = own.length > 0 ? own : probes;
  if (decisive.some((p) => p.result.result === 'refused')) return 'application';
  if (own.length > 0) return 'policy';
  const dead = (name: string | undefined): boolean => name !== undefined && !isAlive(facts, name);
  return backends(facts).every((b) => dead(b.node)) ? 'node' : 'unknown';
}

/** All ways work that were tried: what fails lies before them, or in the one endpoint that nobody reaches. */
function withoutFailure(facts: Facts, { tried, untried }: Ways): Layer | undefined {
  if (deadBackends(facts).length > 0) return oneEndpoint(facts);
  if (!tried) return undefined;
  return untried ? 'unknown' : 'client';
}

function oneEndpoint(facts: Facts): Layer {
  const dead = new Set(deadBackends(facts).map((b) => `${b.ip} ${b.port}`));
  const probes = backendProbes(facts).filter((p) => dead.has(`${p.backend.ip} ${p.backend.port}`));
  const own = probes.filter((p) => p.own);
  if ((own.length > 0 ? own : probes).some((p) => p.result.result === 'refused')) return 'application';
  if (own.length > 0) return 'policy';
  return probes.some((p) => p.backend.node !== undefined && !isAlive(facts, p.backend.node)) ? 'node' : 'unknown';
}

/** Some node reaches the endpoints: compare those that fail as entries with those that fail to reach them. */
function someReach(facts: Facts, failing: ReadonlySet<string>): Layer {
  const dead = new Set(deadBackends(facts).map((b) => `${b.ip} ${b.port}`));
  const live = backendProbes(facts).filter((p) => !dead.has(`${p.backend.ip} ${p.backend.port}`));
  const cut = new Set(live.filter((p) => p.result.result !== 'open').map((p) => p.from));
  const names = [...failing];
  if (names.every((node) => cut.has(node))) return 'pod-network';
  if (names.every((name) => !isAlive(facts, name))) return 'node';
  if (names.some((node) => cut.has(node))) return 'unknown';
  const proxied = names.flatMap((node) => clusterIpProbe(facts, node) ?? []);
  const broken = proxied.filter((result) => result.result !== 'open').length;
  if (dead.size > 0 && broken < names.length) return oneEndpoint(facts);
  if (broken > 0) return broken === proxied.length ? 'service-proxy' : 'unknown';
  if (names.every((node) => isCutOff(facts, node))) return 'node';
  return atTheDoor(entries(facts).filter((entry) => failing.has(entry.node)));
}

/** Nobody who tried reaches any usual port of the node, not only the NodePort: its host, or its network. */
function isCutOff(facts: Facts, name: string): boolean {
  const tried = [...connects(facts).keys()].filter((from) => from !== name).map((from) => underlay(facts, from, name));
  return tried.includes(false) && !tried.includes(true);
}

/** Behind the NodePort all is well: a refusal says that no rule takes the packet, silence that something drops it. */
function atTheDoor(ways: readonly Entry[]): Layer {
  const results = ways.flatMap((way) => way.probes.map((probe) => probe.result.result)).filter((r) => r !== 'open');
  return results.length > 0 && results.every((result) => result === 'refused') ? 'service-proxy' : 'firewall';
}

function isAlive(facts: Facts, name: string): boolean {
  const node = nodesByName(facts).get(name);
  return node !== undefined && isReady(node) && !isStale(facts, name);
}
