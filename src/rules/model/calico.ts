/** Calico as the evidence shows it: each node's chosen address, its sessions, and what its readiness says. */
import { atLeast, type CalicoVersion, parseCalicoVersion } from '../../core/calico-autodetection.ts';
import type { EventObject, PodObject } from '../../core/evidence/cluster-types.ts';
import type { EvidenceValue } from '../../core/evidence/kinds.ts';
import type { BirdSession } from '../../core/evidence/node-network.ts';
import type { Fact, Facts } from '../../core/facts.ts';
import { addressOf, cidrContains, parseCidr } from '../../core/ip.ts';
import { nodeRef } from '../../core/object-ref.ts';
import { internalIps, nodesByName } from './nodes.ts';
import { type KnownEvents, podsOf } from './pods.ts';
import { backends } from './target.ts';

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

type Pool = EvidenceValue<'calico-ip-pools'>[number];

/** How a pool's packets travel: `ipip` and `vxlan` in any mode but Never. */
export function encapsulationOf(pool: Pool): Encapsulation {
  if (pool.ipipMode !== 'Never' && pool.ipipMode !== '') return 'ipip';
  return pool.vxlanMode !== 'Never' && pool.vxlanMode !== '' ? 'vxlan' : 'none';
}

/** The narrowest pool that holds an address, disabled ones too: their Pods live on. Undefined where none does or none is known. */
export function poolOf(facts: Facts, ip: string): Pool | undefined {
  const pools = facts.get('calico-ip-pools');
  if (!pools.known) return undefined;
  const holding = pools.value.filter((pool) => cidrContains(pool.cidr, ip));
  return holding.sort((a, b) => (parseCidr(b.cidr)?.bits ?? 0) - (parseCidr(a.cidr)?.bits ?? 0))[0];
}

/**
 * Whether pod routes come from BGP, so that a broken session breaks them: IPIP before v3.33 unless Felix programs the
 * routes, and pools without encapsulation; VXLAN needs no BGP (facts §2.6). Only the pools of the endpoints asked about
 * count, where there are any. Undefined where the pools, or the version that decides, are not known.
 */
export function bgpNeeded(facts: Facts): boolean | undefined {
  return facts.model(computeBgpNeeded);
}

function computeBgpNeeded(facts: Facts): boolean | undefined {
  const install = facts.get('calico-install');
  const backend = install.known ? install.value.env['CALICO_NETWORKING_BACKEND'] : undefined;
  if (backend === 'vxlan' || backend === 'none') return false;
  const pools = facts.get('calico-ip-pools');
  if (!pools.known) return undefined;
  const aimed = backends(facts).flatMap((b) => poolOf(facts, b.ip) ?? []);
  const used = aimed.length > 0 ? aimed : pools.value.filter((pool) => !pool.disabled);
  const needs = used.map((pool) => poolNeedsBgp(facts, encapsulationOf(pool)));
  if (needs.includes(true)) return true;
  return needs.length === 0 || needs.includes(undefined) ? undefined : false;
}

function poolNeedsBgp(facts: Facts, mode: Encapsulation): boolean | undefined {
  const felix = facts.get('calico-felix-config');
  const routes = felix.known ? (felix.value.programClusterRoutes ?? '') : '';
  if (mode === 'vxlan') return false;
  if (mode === 'none') return routes !== 'Enabled';
  if (routes.startsWith('Enabled')) return false;
  if (routes === 'Disabled') return true;
  const version = calicoVersion(facts);
  return version === undefined ? undefined : !atLeast(version, 3, 33);
}

/** The readiness message itself: old versions put a log line before it, or glue one to its end. */
export function readinessText(message: string): string {
  const own = /calico\/node is not ready.*?(?=20\d\d-\d\d-\d\d \d\d:|$)/s.exec(message)?.[0] ?? message;
  return own.trim().slice(0, 200);
}
