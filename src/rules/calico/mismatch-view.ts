/** How the other nodes stand to a node whose Calico address is not its node address: who is cut off from it, who is not. */
import type { Facts } from '../../core/facts.ts';
import { nodeRef } from '../../core/object-ref.ts';
import { bgpNeeded, type CalicoNode, calicoNodes, encapsulationOf, mismatchedNodes, poolOf } from '../model/calico.ts';
import { isStale, nodesByName } from '../model/nodes.ts';
import { arrives, backendProbes, connectResult, underlay } from '../model/paths.ts';
import { wayToPod } from '../model/pod-routes.ts';
import { pairSession, type SessionState } from './sessions.ts';

/** The ports that are tried at another node's Calico address. BGP with a password never answers a plain connect. */
export const CALICO_PORTS = [10250, 179, 22];

/** One living peer's relation to the wrong address. */
export interface PeerView {
  readonly node: string;
  readonly session: SessionState;
  /** True where it reaches the address, false where it tried in vain, undefined where it did not try. */
  readonly reaches: boolean | undefined;
  /** BGP is up, and Pods across this pair are not reached although the route is there: the receiver drops the tunnel. */
  readonly filtered: boolean;
}

export type Standing = 'cut' | 'fine' | 'unknown';

/** All living peers of a wrong node, by name. */
export function peersOf(facts: Facts, wrong: CalicoNode): PeerView[] {
  return [...calicoNodes(facts).values()]
    .filter((peer) => peer.node !== wrong.node && !isStale(facts, peer.node))
    .map(({ node }) => {
      const session = pairSession(facts, wrong.node, node);
      return {
        node,
        session,
        reaches: calicoReaches(facts, node, wrong),
        filtered: isFiltered(facts, wrong, node, session),
      };
    });
}

/** Whether a peer is cut off from the wrong address; a session that is up outweighs a connect that got no answer. */
export function standing(view: PeerView): Standing {
  if (view.filtered) return 'cut';
  if (view.session === 'up') return 'fine';
  if (view.session === 'down' || view.reaches === false) return 'cut';
  return view.reaches === true ? 'fine' : 'unknown';
}

/** True where a node reaches the Calico address of another, false where it tried in vain, undefined where it did not try. */
export function calicoReaches(facts: Facts, from: string, wrong: CalicoNode): boolean | undefined {
  const tried = CALICO_PORTS.flatMap((port) => connectResult(facts, from, wrong.address, port) ?? []);
  return tried.length === 0 ? undefined : tried.some(arrives);
}

/** Felix takes IPIP only from Calico addresses: a sender that leaves by its node address is dropped (facts §2.6). */
function isFiltered(facts: Facts, wrong: CalicoNode, peer: string, session: SessionState): boolean {
  if (session !== 'up' || underlay(facts, wrong.node, peer) === false) return false;
  const probes = backendProbes(facts).filter((p) => p.from === wrong.node && p.backend.node === peer);
  const answering = new Set(
    backendProbes(facts)
      .filter((p) => p.own)
      .map((p) => (p.result.result === 'open' ? p.backend.ip : '')),
  );
  if (probes.length === 0 || probes.some((p) => p.result.result !== 'timeout' || !answering.has(p.backend.ip)))
    return false;
  return probes.every((p) => {
    const pool = poolOf(facts, p.backend.ip);
    const tunnelled = pool !== undefined && encapsulationOf(pool) === 'ipip';
    return tunnelled && wayToPod(facts, wrong.node, p.backend.ip)?.device === 'tunl0';
  });
}

/** The wrong node against every other that is not seen to be fine with it. */
export function brokenPairs(facts: Facts, wrong: CalicoNode, peers: readonly PeerView[]): [string, string][] {
  const fine = new Set(peers.filter((p) => standing(p) === 'fine').map((p) => p.node));
  return [...nodesByName(facts).keys()]
    .filter((name) => name !== wrong.node && !fine.has(name))
    .map((name) => [wrong.node, name]);
}

/**
 * Tunnels end at the Calico address. Where Felix programs the routes (VXLAN, IPIP from v3.33 on) a peer that cannot reach
 * the address proves that packets of the pair are lost; where BGP does, the session and the route lie between.
 */
export function tunnelIsLost(facts: Facts, wrong: CalicoNode, peer: string): boolean {
  if (bgpNeeded(facts) !== false || pairSession(facts, wrong.node, peer) === 'up') return false;
  const kubelet = connectResult(facts, peer, wrong.address, 10250);
  return kubelet !== undefined && !arrives(kubelet) && underlay(facts, peer, wrong.node) === true;
}

/** The wrong node of that name. */
export function wrongNode(facts: Facts, name: string): CalicoNode | undefined {
  return mismatchedNodes(facts).find((n) => n.node === name);
}

/** True where the node's NICs are known and none has the address: a leftover, and a new start would look again. */
export function isLeftover(facts: Facts, wrong: CalicoNode): boolean | undefined {
  const nics = facts.get('node-interfaces', nodeRef(wrong.node));
  if (!nics.known) return undefined;
  return !nics.value.some((nic) => nic.addresses.some((a) => a.cidr.split('/')[0] === wrong.address));
}
