/** What each entry node's service proxy would do with the NodePort that was asked about, next to what it should do. */
import type { ProxyEntry } from '../../core/evidence/node-network.ts';
import type { Fact, Facts } from '../../core/facts.ts';
import { nodeRef } from '../../core/object-ref.ts';
import { backendProbes, clusterIpProbe, type Entry, entries } from '../model/paths.ts';
import { backends, serviceTarget } from '../model/target.ts';

type Known<K extends 'node-service-proxy' | 'node-kube-proxy'> = Extract<Fact<K>, { known: true }>;

/** One entry node as its service proxy sees the NodePort. */
export interface ProxyView {
  readonly entry: Entry;
  readonly rules: Known<'node-service-proxy'> | undefined;
  readonly health: Known<'node-kube-proxy'> | undefined;
  /** The entries for the NodePort on the entry's own address (or on every address). */
  readonly matching: readonly ProxyEntry[];
  /** True where a matching entry forwards, and to nothing but current endpoints. Undefined where the rules are unknown. */
  readonly right: boolean | undefined;
}

/** The views of all entries, in the order of the nodes. */
export function proxyViews(facts: Facts): readonly ProxyView[] {
  return facts.model(compute);
}

function compute(facts: Facts): ProxyView[] {
  const { port } = serviceTarget(facts);
  if (port?.nodePort === undefined) return [];
  const current = new Set(backends(facts).map((b) => `${b.ip}:${b.port}`));
  return entries(facts).map((entry) => {
    const rules = facts.get('node-service-proxy', nodeRef(entry.node));
    const health = facts.get('node-kube-proxy', nodeRef(entry.node));
    const matching = rules.known
      ? rules.value.entries.filter(
          (e) =>
            e.port === port.nodePort &&
            e.protocol.toUpperCase() === port.protocol &&
            (e.address === '*' || e.address === entry.address),
        )
      : [];
    const forwards = matching.filter((e) => e.verdict === 'forward');
    const right =
      forwards.length > 0 && forwards.every((e) => e.destinations.some((d) => current.has(`${d.ip}:${d.port}`)));
    return {
      entry,
      rules: rules.known ? rules : undefined,
      health: health.known ? health : undefined,
      matching,
      right: rules.known ? right : undefined,
    };
  });
}

/** True where the node is seen to reach an endpoint itself, so that only what lies before the Pod network can be at fault. */
export function reachesBackends(facts: Facts, node: string): boolean | undefined {
  const own = backendProbes(facts).filter((p) => p.from === node);
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
  return proxyViews(facts).filter(
    (view) =>
      view.entry.state !== 'works' &&
      view.entry.state !== 'unknown' &&
      reachesBackends(facts, view.entry.node) !== false,
  );
}
