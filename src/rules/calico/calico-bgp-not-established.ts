/** Symptom: BGP sessions between nodes' BIRDs that are not Established, as BIRD itself or calico-node's readiness says. */
import type { BirdSession } from '../../core/evidence/node-network.ts';
import { type Facts, proof } from '../../core/facts.ts';
import type { Finding, Proof } from '../../core/finding.ts';
import { nodeRef } from '../../core/object-ref.ts';
import { defineRule } from '../../core/rule.ts';
import { bgpNeeded, nodeOfCalicoAddress, peersNotEstablished, readinessText } from '../model/calico.ts';
import { isStale, nodesByName } from '../model/nodes.ts';
import { samePair } from './bgp-links.ts';
import { bgpReadiness } from './readiness.ts';
import { allSessions } from './sessions.ts';

type TextId = 'found' | 'passive' | 'session' | 'readiness';

export const calicoBgpNotEstablished = defineRule({
  id: 'calico-bgp-not-established',
  role: 'symptom',
  severity: 'warning',
  summary: 'BGP sessions between nodes that are not up',
  needs: [
    'nodes',
    'node-leases',
    'node-bird',
    'pods',
    'events',
    'services',
    'endpoints',
    'calico-install',
    'calico-ip-pools',
    'calico-felix-config',
  ],
  texts: {
    found: 'BGP on {node} is not established with {peers}.',
    passive:
      '{node} waits for {peer} to connect (Passive). That is no error: the other end dials, and shows why it fails.',
    session: 'BIRD on {node}: session with {peer} is {state} {info} since {since}. {error}',
    readiness: 'calico-node on {node}, {count} times: {message}',
  },
  explains: {
    'calico-node-not-ready': { when: readinessLink },
    'pod-network-broken': {
      when: (cause, effect, facts) => (samePair(cause, effect) && bgpNeeded(facts) !== false ? 'likely' : false),
    },
    // Routes follow sessions where BGP carries them, and only there.
    'pod-route-missing': {
      proves: true,
      when: (cause, effect, facts) => (samePair(cause, effect) ? (bgpNeeded(facts) ?? 'likely') : false),
    },
  },
  judge(facts, say) {
    for (const node of nodesByName(facts).keys()) {
      const bird = allSessions(facts, node);
      const down = (bird?.sessions ?? []).filter((s) => s.info !== 'Established' && worthTelling(facts, s.neighbour));
      const complaint = bgpReadiness(facts, node);
      const named = complaint === undefined ? [] : peersNotEstablished(complaint.event.message);
      // A session that is up now outweighs an event that says it was down.
      const live = new Set((bird?.sessions ?? []).filter((s) => s.info === 'Established').map((s) => s.neighbour));
      const peers = new Set([...down.flatMap((s) => s.neighbour ?? []), ...named]);
      const broken = [...peers].filter((peer) => !live.has(peer) && worthTelling(facts, peer)).sort();
      if (broken.length === 0) continue;
      const because = down.slice(0, 4).flatMap((s) => (bird === undefined ? [] : sessionProofs(bird.fact, node, s)));
      if (complaint !== undefined && named.some((peer) => broken.includes(peer))) {
        const { event, events, pod } = complaint;
        const data = { node, count: event.count, message: readinessText(event.message) };
        because.push(proof(events, 'readiness', data, `kubectl describe pod -n ${pod.namespace} ${pod.name}`));
      }
      const since = complaint?.event.firstTime;
      say.find({
        object: nodeRef(node),
        confidence: 'confirmed',
        text: 'found',
        data: { node, peers: broken },
        because,
        scope: { nodes: [node], pairs: pairsOf(facts, node, broken) },
        ...(since === undefined ? {} : { since }),
      });
    }
  },
});

/** calico-node is Ready with one session of many: BGP explains it where its own readiness says so, or no session is up. */
function readinessLink(cause: Finding, effect: Finding, facts: Facts): boolean | 'likely' {
  const [node] = cause.scope.nodes ?? [];
  if (node === undefined || effect.scope.nodes?.includes(node) !== true) return false;
  if (bgpReadiness(facts, node) !== undefined) return true;
  const sessions = allSessions(facts, node)?.sessions ?? [];
  return sessions.length > 0 && sessions.every((s) => s.info !== 'Established') ? true : 'likely';
}

/** A peer that is down as a whole is not news about BGP. */
function worthTelling(facts: Facts, address: string | undefined): boolean {
  if (address === undefined) return false;
  const owner = nodeOfCalicoAddress(facts, address);
  return owner === undefined || !isStale(facts, owner);
}

function pairsOf(facts: Facts, node: string, peers: readonly string[]): (readonly [string, string])[] {
  return peers.flatMap((peer) => {
    const other = nodeOfCalicoAddress(facts, peer);
    return other === undefined ? [] : [[node, other] as const];
  });
}

function sessionProofs(fact: Parameters<typeof proof>[0], node: string, session: BirdSession): Proof<TextId>[] {
  const peer = session.neighbour ?? session.name;
  const { state, info, since, error = '' } = session;
  const command = `birdcl show protocols all ${session.name}   # in calico-node on ${node}`;
  const proofs: Proof<TextId>[] = [proof(fact, 'session', { node, peer, state, info, since, error }, command)];
  if (info === 'Passive') proofs.push(proof(fact, 'passive', { node, peer }, command));
  return proofs;
}
