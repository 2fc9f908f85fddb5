/** Calico as the evidence shows it: each node's chosen address, its sessions, and what its readiness says. */
import { type CalicoVersion, parseCalicoVersion } from '../../core/calico-autodetection.ts';
import type { EventObject, PodObject } from '../../core/evidence/cluster-types.ts';
import type { BirdSession } from '../../core/evidence/node-network.ts';
import type { Fact, Facts } from '../../core/facts.ts';
import { addressOf } from '../../core/ip.ts';
import { nodeRef } from '../../core/object-ref.ts';
import { internalIps, nodesByName } from './nodes.ts';
import { type KnownEvents, podsOf } from './pods.ts';

/** Node annotation with the address that Calico uses for BGP and tunnels (libcalico-go k8s/resources/node.go). */
export const CALICO_ADDRESS = 'projectcalico.org/IPv4Address';

/** One node's Calico address against its node address. */
export interface CalicoNode {
  readonly node: string;
  /** With its prefix length, `10.0.0.66/24`. */
  readonly cidr: string;
  readonly address: string;
  readonly internalIp: string;
  readonly matches: boolean;
}

/** Nodes that carry Calico's annotation, by name. Empty without Calico. */
export function calicoNodes(facts: Facts): ReadonlyMap<string, CalicoNode> {
  return facts.model(computeNodes);
}

function computeNodes(facts: Facts): Map<string, CalicoNode> {
  const out = new Map<string, CalicoNode>();
  for (const node of nodesByName(facts).values()) {
    const cidr = node.annotations[CALICO_ADDRESS];
    const ips = internalIps(node).filter((ip) => !ip.includes(':'));
    const [internalIp] = ips;
    if (cidr === undefined || internalIp === undefined) continue;
    const address = addressOf(cidr);
    out.set(node.name, { node: node.name, cidr, address, internalIp, matches: ips.includes(address) });
  }
  return out;
}

/** Nodes whose Calico address is not theirs, where that is a fault: some nodes match and some do not (facts §7 rule 7). */
export function mismatchedNodes(facts: Facts): readonly CalicoNode[] {
  const all = [...calicoNodes(facts).values()];
  return all.some((n) => n.matches) ? all.filter((n) => !n.matches) : [];
}

/** The installed version of calico-node. */
export function calicoVersion(facts: Facts): CalicoVersion | undefined {
  const install = facts.get('calico-install');
  return install.known ? parseCalicoVersion(install.value.version) : undefined;
}

/** The node whose Calico address this is. */
export function nodeOfCalicoAddress(facts: Facts, address: string): string | undefined {
  return [...calicoNodes(facts).values()].find((n) => n.address === address)?.node;
}

/** The IPv4 BGP sessions of a node; undefined where its BIRD could not be asked or does not run. */
export function birdSessions(
  facts: Facts,
  node: string,
): { fact: Extract<Fact<'node-bird'>, { known: true }>; sessions: readonly BirdSession[] } | undefined {
  const fact = facts.get('node-bird', nodeRef(node));
  if (!fact.known) return undefined;
  const v4 = fact.value.find((bird) => bird.family === 4 && bird.status === 'up');
  return v4 === undefined ? undefined : { fact, sessions: v4.sessions };
}

/** A readiness event of one calico-node Pod. */
export interface ReadinessEvent {
  readonly pod: PodObject;
  readonly event: EventObject;
  readonly events: KnownEvents;
}

/**
 * What calico-node's readiness says, newest first: the kubelet's event `Unhealthy` on the Pod. Old texts glue a log line on
 * (`…10.0.0.662020-05-27 03:45:40`), so peers are read by `peersNotEstablished`, never by splitting.
 */
export function calicoReadiness(facts: Facts): readonly ReadinessEvent[] {
  return facts.model(computeReadiness);
}

function computeReadiness(facts: Facts): ReadinessEvent[] {
  const out: ReadinessEvent[] = [];
  for (const { pod, events } of podsOf(facts, isCalicoNodePod)) {
    if (events === undefined) continue;
    for (const event of events.value)
      if (event.message.includes('calico/node is not ready')) out.push({ pod, event, events });
  }
  return out.sort((a, b) => ((a.event.lastTime ?? '') < (b.event.lastTime ?? '') ? 1 : -1));
}

/** calico-node's Pods carry this label in manifest and operator installs alike. */
export function isCalicoNodePod(pod: PodObject): boolean {
  return pod.labels['k8s-app'] === 'calico-node';
}

/** The peers in `BIRD is not ready: BGP not established with a[,b…]`; stops before a year that old texts glue on. */
export function peersNotEstablished(message: string): string[] {
  const list = /BGP not established with ([0-9a-f.:,\s]+)/i.exec(message)?.[1] ?? '';
  return list.split(',').flatMap((part) => {
    const text = part.trim();
    const ip =
      /^((?:\d{1,3}\.){3}\d{1,3}?)(?=20\d\d(?:-|$)|$|\D)/.exec(text)?.[1] ?? /^[0-9a-f:]*:[0-9a-f:]+$/i.exec(text)?.[0];
    return ip === undefined ? [] : [ip];
  });
}

/** How an IP pool's packets travel between nodes. Without a pool that fits: unknown. */
export type Encapsulation = 'ipip' | 'vxlan' | 'none';

/** The encapsulation of the pools in use: `ipip` and `vxlan` in any mode but Never. */
export function encapsulations(facts: Facts): ReadonlySet<Encapsulation> {
  const pools = facts.get('calico-ip-pools');
  const out = new Set<Encapsulation>();
  if (!pools.known) return out;
  for (const pool of pools.value) {
    if (pool.disabled) continue;
    if (pool.ipipMode !== 'Never' && pool.ipipMode !== '') out.add('ipip');
    else if (pool.vxlanMode !== 'Never' && pool.vxlanMode !== '') out.add('vxlan');
    else out.add('none');
  }
  return out;
}

/**
 * True where pod routes come from BGP, so that a broken session breaks them: IPIP before v3.33 unless Felix programs the
 * routes, and pools without encapsulation; VXLAN needs no BGP (facts §2.6).
 */
export function routesNeedBgp(facts: Facts): boolean {
  const modes = encapsulations(facts);
  if (modes.size === 0) return false;
  const felix = facts.get('calico-felix-config');
  const felixRoutes = felix.known && /^Enabled/.test(felix.value.programClusterRoutes ?? '');
  const version = calicoVersion(facts);
  const ipipByFelix = felixRoutes || (version !== undefined && (version.major > 3 || version.minor >= 33));
  return modes.has('none') || (modes.has('ipip') && !ipipByFelix);
}

/** The readiness message itself: old versions put a log line before it, or glue one to its end. */
export function readinessText(message: string): string {
  const own = /calico\/node is not ready.*?(?=20\d\d-\d\d-\d\d \d\d:|$)/s.exec(message)?.[0] ?? message;
  return own.trim().slice(0, 200);
}
