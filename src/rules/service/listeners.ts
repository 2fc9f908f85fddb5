/** What the endpoints' own Pods listen on, for rules that ask why a connect on the Pod's own node is refused (P3). */
import type { PodObject } from '../../core/evidence/cluster-types.ts';
import type { Listener } from '../../core/evidence/node-network.ts';
import type { Fact, Facts } from '../../core/facts.ts';
import { namespacedRef, type ObjectRef, refText } from '../../core/object-ref.ts';
import { type BackendProbe, backendProbes, connects } from '../model/paths.ts';
import { serviceTarget } from '../model/target.ts';
import { topOwner } from '../workload/owners.ts';

/**
 * What is wrong in the Pod. `loopback`: it listens on the port, for itself only. `other-port`: nobody listens on the port,
 * somebody does on another that the Pod's own spec does not contradict. `silent`: the port that the Pod itself declares
 * has no listener, or there is none at all. `unseen`: its sockets are unknown. `none`: it does listen.
 */
export type ListenerFault = 'loopback' | 'other-port' | 'silent' | 'unseen' | 'none';

/** A backend whose own node was refused, with what its Pod listens on where that could be read. */
export interface RefusedBackend {
  readonly probe: BackendProbe;
  readonly connectFact: Extract<Fact<'node-tcp'>, { known: true }>;
  readonly pod: ObjectRef;
  /** Who stands above the Pod: what a person would change. */
  readonly owner: ObjectRef;
  readonly fault: ListenerFault;
  readonly fact: Extract<Fact<'pod-listeners'>, { known: true }> | undefined;
  readonly tcp: readonly Listener[];
  /** Ports that the Pod's containers declare or its probes use. */
  readonly declared: ReadonlySet<number>;
}

/** Backends refused on their own node (RST: the packet arrived and nobody listens), for TCP Services. */
export function refusedBackends(facts: Facts): readonly RefusedBackend[] {
  return facts.model(compute);
}

function compute(facts: Facts): RefusedBackend[] {
  return backendProbes(facts)
    .filter((probe) => probe.own && probe.result.result === 'refused')
    .flatMap((probe) => {
      const connectFact = connects(facts).get(probe.from)?.fact;
      const ref = probe.backend.pod;
      if (connectFact === undefined || ref === undefined) return [];
      const pod = podOf(facts, ref);
      const fact = facts.get('pod-listeners', ref);
      const tcp = fact.known ? fact.value.filter((l) => l.protocol === 'tcp') : [];
      const declared = declaredPorts(pod);
      const seen = { port: probe.backend.port, tcp, declared, hostNetwork: pod?.hostNetwork === true };
      const fault = fact.known ? faultOf(seen) : 'unseen';
      const owner = pod === undefined ? ref : topOwner(pod);
      return [{ probe, connectFact, pod: ref, owner, fault, fact: fact.known ? fact : undefined, tcp, declared }];
    });
}

function podOf(facts: Facts, ref: ObjectRef): PodObject | undefined {
  const service = serviceTarget(facts).ref;
  const list = service === undefined ? undefined : facts.get('pods', service);
  if (list?.known !== true) return undefined;
  return list.value.pods.find((pod) => refText(namespacedRef('Pod', pod.namespace, pod.name)) === refText(ref));
}

/** containerPort is only information; it tells whose mistake it is where nobody listens on the port. */
function declaredPorts(pod: PodObject | undefined): Set<number> {
  const containers = pod?.containers ?? [];
  const probes = containers.flatMap((c) => [c.readinessProbe?.port, c.livenessProbe?.port, c.startupProbe?.port]);
  return new Set([
    ...containers.flatMap((c) => c.ports.map((p) => p.containerPort)),
    ...probes.filter((p): p is number => typeof p === 'number'),
  ]);
}

interface Seen {
  readonly port: number;
  readonly tcp: readonly Listener[];
  readonly declared: ReadonlySet<number>;
  readonly hostNetwork: boolean;
}

function faultOf({ port, tcp, declared, hostNetwork }: Seen): ListenerFault {
  const here = tcp.filter((l) => l.port === port);
  if (here.length > 0) return here.every(isLoopback) ? 'loopback' : 'none';
  // On the host's network every daemon of the node listens too: only a port that the Pod declares can be meant.
  const open = tcp.filter((l) => !isLoopback(l) && (!hostNetwork || declared.has(l.port)));
  return open.length === 0 || declared.has(port) ? 'silent' : 'other-port';
}

/**
 * True where the Service sends to the wrong port: nobody answers on it in any Pod, and where sockets could be read,
 * all of them listen elsewhere. One Pod of several that answers shows that the port is right.
 */
export function sendsElsewhere(facts: Facts): boolean {
  const refused = refusedBackends(facts);
  const faults = new Set(refused.map((r) => r.fault));
  const answered = backendProbes(facts).some((p) => p.result.result === 'open');
  return (
    !answered && faults.has('other-port') && !faults.has('silent') && !faults.has('loopback') && !faults.has('none')
  );
}

/** Refused backends of one owner with the same kind of fault. */
export function byOwnerOf(refused: readonly RefusedBackend[]): RefusedBackend[][] {
  const groups = new Map<string, RefusedBackend[]>();
  for (const one of refused) {
    const key = refText(one.owner);
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.keys()].sort().flatMap((key) => [groups.get(key) ?? []]);
}

/** True for sockets that only the Pod itself can reach. */
export function isLoopback(listener: Listener): boolean {
  return /^(127\.|::1$|::ffff:127\.)/.test(listener.address);
}

/** `ip:port` of a backend, IPv6 in brackets. */
export function targetText(backend: { readonly ip: string; readonly port: number }): string {
  return backend.ip.includes(':') ? `[${backend.ip}]:${backend.port}` : `${backend.ip}:${backend.port}`;
}
