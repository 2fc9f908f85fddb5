/** BGP between two nodes, as either end shows it: BIRD first, else what calico-node's readiness says now. */
import type { BirdSession } from '../../core/evidence/node-network.ts';
import type { Fact, Facts } from '../../core/facts.ts';
import { nodeRef } from '../../core/object-ref.ts';
import { birdSessions, calicoNodes, peersNotEstablished } from '../model/calico.ts';
import { bgpReadiness } from './readiness.ts';

/** `up` where an end says Established, `down` where an end says anything else, `unknown` where neither says a word. */
export type SessionState = 'up' | 'down' | 'unknown';

/** The state of BGP between two nodes. */
export function pairSession(facts: Facts, a: string, b: string): SessionState {
  const seen = [...infoOf(facts, a, b), ...infoOf(facts, b, a)];
  if (seen.includes('Established')) return 'up';
  if (seen.length > 0) return 'down';
  return complains(facts, a, b) || complains(facts, b, a) ? 'down' : 'unknown';
}

function infoOf(facts: Facts, node: string, peer: string): string[] {
  const address = calicoNodes(facts).get(peer)?.address;
  const session = birdSessions(facts, node)?.sessions.find((s) => s.neighbour === address);
  return session === undefined ? [] : [session.info];
}

function complains(facts: Facts, node: string, peer: string): boolean {
  const address = calicoNodes(facts).get(peer)?.address;
  const event = bgpReadiness(facts, node);
  return address !== undefined && event !== undefined && peersNotEstablished(event.event.message).includes(address);
}

/** BGP sessions of both families; undefined where no BIRD of the node answers. */
export function allSessions(
  facts: Facts,
  node: string,
): { fact: Extract<Fact<'node-bird'>, { known: true }>; sessions: readonly BirdSession[] } | undefined {
  const fact = facts.get('node-bird', nodeRef(node));
  if (!fact.known) return undefined;
  const up = fact.value.filter((bird) => bird.status === 'up');
  return up.length === 0 ? undefined : { fact, sessions: up.flatMap((bird) => bird.sessions) };
}
