/** What the endpoints' own Pods listen on, for rules that ask why a connect on the Pod's own node is refused (P3). */
import type { Listener } from '../../core/evidence/node-network.ts';
import type { Fact, Facts } from '../../core/facts.ts';
import { type BackendProbe, backendProbes, connects } from '../model/paths.ts';
import { serviceTarget } from '../model/target.ts';

/** A backend whose own node was refused, with the listening sockets of its Pod where they could be read. */
export interface RefusedBackend {
  readonly probe: BackendProbe;
  readonly connectFact: Extract<Fact<'node-tcp'>, { known: true }>;
  readonly listeners:
    | { readonly fact: Extract<Fact<'pod-listeners'>, { known: true }>; readonly tcp: readonly Listener[] }
    | undefined;
}

/** Backends refused on their own node (RST: the packet arrived and nobody listens), for TCP Services. */
export function refusedBackends(facts: Facts): readonly RefusedBackend[] {
  return facts.model(compute);
}

function compute(facts: Facts): RefusedBackend[] {
  if (serviceTarget(facts).port?.protocol !== 'TCP') return [];
  return backendProbes(facts)
    .filter((probe) => probe.own && probe.result.result === 'refused')
    .flatMap((probe) => {
      const connectFact = connects(facts).get(probe.from)?.fact;
      if (connectFact === undefined) return [];
      const fact = probe.backend.pod === undefined ? undefined : facts.get('pod-listeners', probe.backend.pod);
      const listeners =
        fact?.known === true ? { fact, tcp: fact.value.filter((l) => l.protocol === 'tcp') } : undefined;
      return [{ probe, connectFact, listeners }];
    });
}

/** True for sockets that only the Pod itself can reach. */
export function isLoopback(listener: Listener): boolean {
  return /^(127\.|::1$|::ffff:127\.)/.test(listener.address);
}
