/** Symptom: BGP sessions between nodes' BIRDs that are not Established, as BIRD itself or calico-node's readiness says. */
import type { BirdSession } from '../../core/evidence/node-network.ts';
import { type Facts, proof } from '../../core/facts.ts';
import type { Finding, Proof } from '../../core/finding.ts';
import { nodeRef } from '../../core/object-ref.ts';
import { defineRule, type Link } from '../../core/rule.ts';
import {
  birdSessions,
  calicoReadiness,
  nodeOfCalicoAddress,
  peersNotEstablished,
  readinessText,
  routesNeedBgp,
} from '../model/calico.ts';
import { isStale, nodesByName } from '../model/nodes.ts';

type TextId = 'found' | 'passive' | 'session' | 'readiness';

/** True where the two findings speak of the same two nodes, whichever end they were seen from. */
export function samePair(cause: Finding, effect: Finding): boolean {
  const pairs = effect.scope.pairs ?? [];
  return (cause.scope.pairs ?? []).some(([a, b]) =>
    pairs.some(([c, d]) => (a === c && b === d) || (a === d && b === c)),
  );
}

/** Routes follow sessions only where BGP carries them. */
const routeLink: Link = { when: (cause, effect, facts) => samePair(cause, effect) && routesNeedBgp(facts) };

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
    'calico-node-not-ready': {
      when: (cause, effect) => (cause.scope.nodes ?? []).some((n) => effect.scope.nodes?.includes(n)),
    },
    'pod-network-broken': {
      when: (cause, effect, facts) => (samePair(cause, effect) && routesNeedBgp(facts) ? 'likely' : false),
    },
    'pod-route-missing': routeLink,
  },
  judge(facts, say) {
    for (const node of nodesByName(facts).keys()) {
      const bird = birdSessions(facts, node);
      const down = (bird?.sessions ?? []).filter(
        (s) => s.info !== 'Established' && s.neighbour !== undefined && !ownedByStaleNode(facts, s.neighbour),
      );
      const ready = readinessOf(facts, node);
      const peers = [...new Set([...down.flatMap((s) => s.neighbour ?? []), ...ready.peers])]
        .filter((p) => !ownedByStaleNode(facts, p))
        .sort();
      // A session that is up now outweighs an event that says it was down.
      const live = new Set((bird?.sessions ?? []).filter((s) => s.info === 'Established').map((s) => s.neighbour));
      const broken = peers.filter((peer) => !live.has(peer));
      if (broken.length === 0) continue;
      const because: Proof<TextId>[] = [
        ...down.slice(0, 4).flatMap((s) => (bird === undefined ? [] : sessionProofs(bird.fact, node, s))),
        ...ready.proofs,
      ];
      const pairs = broken.flatMap((peer) => {
        const other = nodeOfCalicoAddress(facts, peer);
        return other === undefined ? [] : [[node, other] as const];
      });
      const since = ready.since;
      say.find({
        object: nodeRef(node),
        confidence: 'confirmed',
        text: 'found',
        data: { node, peers: broken },
        because,
        scope: { nodes: [node], pairs },
        ...(since === undefined ? {} : { since }),
      });
    }
  },
});

/** A peer that is down as a whole is not news about BGP. */
function ownedByStaleNode(facts: Facts, address: string): boolean {
  const owner = nodeOfCalicoAddress(facts, address);
  return owner !== undefined && isStale(facts, owner);
}

function sessionProofs(fact: Parameters<typeof proof>[0], node: string, session: BirdSession): Proof<TextId>[] {
  const peer = session.neighbour ?? session.name;
  const data = {
    node,
    peer,
    state: session.state,
    info: session.info,
    since: session.since,
    error: session.error ?? '',
  };
  const command = `birdcl show protocols all ${session.name}   # in calico-node on ${node}`;
  const proofs: Proof<TextId>[] = [proof(fact, 'session', data, command)];
  if (session.info === 'Passive') proofs.push(proof(fact, 'passive', { node, peer }, command));
  return proofs;
}

function readinessOf(
  facts: Facts,
  node: string,
): { peers: string[]; proofs: Proof<TextId>[]; since: string | undefined } {
  const own = calicoReadiness(facts).filter((r) => r.pod.nodeName === node && !isStale(facts, node));
  const latest = own.find((r) => peersNotEstablished(r.event.message).length > 0 && isRecent(facts, r.event.lastTime));
  if (latest === undefined) return { peers: [], proofs: [], since: undefined };
  const { event, events, pod } = latest;
  const data = { node, count: event.count, message: readinessText(event.message) };
  const command = `kubectl describe pod -n ${pod.namespace} ${pod.name}`;
  return {
    peers: peersNotEstablished(event.message),
    proofs: [proof(events, 'readiness', data, command)],
    since: event.firstTime,
  };
}

/** calico-node's readinessProbe runs every 10 s; kubelet writes the event at least every five minutes. */
function isRecent(facts: Facts, time: string | undefined): boolean {
  return time !== undefined && facts.now - Date.parse(time) < 900_000;
}
