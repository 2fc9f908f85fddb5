/** Causes read off calico-node's readiness: graceful restart, BIRD not running, Felix not ready. One table, three rules. */
import { type Facts, proof } from '../../core/facts.ts';
import type { Proof } from '../../core/finding.ts';
import { nodeRef, sameRef } from '../../core/object-ref.ts';
import { defineRule } from '../../core/rule.ts';
import { bgpNeeded, calicoNodes, type ReadinessEvent, readinessText } from '../model/calico.ts';
import { isStale } from '../model/nodes.ts';
import { podReady } from '../model/pods.ts';
import { sameNode, samePair } from './bgp-links.ts';
import { currentReadiness } from './readiness.ts';

/** Readiness events of this moment that match, of Pods that are still not ready; one for each node. */
function current(facts: Facts, pattern: RegExp): ReadinessEvent[] {
  const seen = new Set<string>();
  return currentReadiness(facts).filter(({ pod, event }) => {
    const node = pod.nodeName ?? '';
    if (!pattern.test(event.message) || podReady(pod) || seen.has(node)) return false;
    seen.add(node);
    return true;
  });
}

function eventProof({ pod, event, events }: ReadinessEvent): Proof<'event'> {
  const data = { node: pod.nodeName ?? '', count: event.count, message: readinessText(event.message) };
  return proof(events, 'event', data, `kubectl describe pod -n ${pod.namespace} ${pod.name}`);
}

const EVENT_TEXT = 'calico-node on {node}, {count} times: {message}';
const needs = ['nodes', 'node-leases', 'pods', 'events'] as const;
const readyLink = { 'calico-node-not-ready': { when: sameNode } };

export const calicoGracefulRestart = defineRule({
  id: 'calico-graceful-restart',
  role: 'cause',
  severity: 'warning',
  summary: 'BGP that is restarting gracefully: wait',
  needs: [...needs],
  texts: {
    found: 'BIRD on {node} is in a graceful restart. Routes stay in place meanwhile. Wait two minutes and ask again.',
    event: EVENT_TEXT,
  },
  explains: readyLink,
  judge(facts, say) {
    for (const seen of current(facts, /graceful restart in progress/i)) {
      const node = seen.pod.nodeName ?? '';
      say.find({
        object: nodeRef(node),
        confidence: 'confirmed',
        text: 'found',
        data: { node },
        because: [eventProof(seen)],
        scope: { nodes: [node] },
      });
    }
  },
});

export const calicoFelixNotReady = defineRule({
  id: 'calico-felix-not-ready',
  role: 'cause',
  severity: 'critical',
  summary: 'a Felix that is not ready',
  needs: [...needs],
  texts: {
    found: 'Felix on {node} is not ready: it does not program routes and policies there.',
    event: EVENT_TEXT,
    log: 'Read why in the log of calico-node: the last lines before "Overall health status changed".',
  },
  explains: {
    ...readyLink,
    // Where Felix programs the routes, a Felix that is not ready may be why one is missing.
    'pod-route-missing': {
      when: (cause, effect, facts) =>
        bgpNeeded(facts) !== true && sameRef(cause.object, effect.object) ? 'likely' : false,
    },
  },
  judge(facts, say) {
    for (const seen of current(facts, /felix is not (ready|live)/i)) {
      const node = seen.pod.nodeName ?? '';
      const command = `kubectl logs -n ${seen.pod.namespace} ${seen.pod.name} -c calico-node --tail=200`;
      const advice = [{ text: 'log' as const, data: {}, command }];
      say.find({
        object: nodeRef(node),
        confidence: 'confirmed',
        text: 'found',
        data: { node },
        because: [eventProof(seen)],
        scope: { nodes: [node] },
        advice,
      });
    }
  },
});

export const calicoBirdNotRunning = defineRule({
  id: 'calico-bird-not-running',
  role: 'cause',
  severity: 'critical',
  summary: 'a BIRD that does not run',
  needs: [...needs, 'node-bird', 'services', 'endpoints', 'calico-install', 'calico-ip-pools', 'calico-felix-config'],
  texts: {
    found: 'BIRD on {node} does not run, so the node exchanges no routes.',
    event: EVENT_TEXT,
    socket: 'The control socket of BIRD on {node} does not answer: {error}',
    look: 'Look at confd and BIRD in the log of calico-node: a configuration that cannot be rendered keeps BIRD from starting.',
  },
  explains: {
    ...readyLink,
    'calico-bgp-not-established': { when: samePair },
    'pod-route-missing': {
      proves: true,
      when: (cause, effect, facts) => (samePair(cause, effect) ? (bgpNeeded(facts) ?? 'likely') : false),
    },
  },
  judge(facts, say) {
    const needed = bgpNeeded(facts);
    if (needed === false) return;
    const events = current(facts, /unable to connect to BIRDv4 socket|service bird is not running|: bird is not live/i);
    for (const node of calicoNodes(facts).keys()) {
      if (isStale(facts, node)) continue;
      const because = birdDown(
        facts,
        node,
        events.find((e) => e.pod.nodeName === node),
      );
      if (because === undefined) continue;
      say.find({
        object: nodeRef(node),
        ...(needed === true
          ? { confidence: 'confirmed' as const }
          : { confidence: 'likely' as const, tryThis: 'kubectl get ippools -o yaml' }),
        text: 'found',
        data: { node },
        because,
        scope: {
          nodes: [node],
          pairs: [...calicoNodes(facts).keys()].filter((n) => n !== node).map((n) => [node, n] as const),
        },
        advice: [{ text: 'look', data: {} }],
        remediations: [{ id: 'restart-calico-node', params: { node } }],
      });
    }
  },
});

/** Proofs that BIRD does not run on a node; undefined where it does, or where nobody can tell. */
function birdDown(
  facts: Facts,
  node: string,
  event: ReadinessEvent | undefined,
): Proof<'event' | 'socket'>[] | undefined {
  const bird = facts.get('node-bird', nodeRef(node));
  const v4 = bird.known ? bird.value.find((b) => b.family === 4) : undefined;
  const word = event === undefined ? [] : [eventProof(event)];
  if (!bird.known || v4 === undefined) return event === undefined ? undefined : word;
  // A socket that is absent may only be elsewhere: it takes calico-node's own word as well.
  const down = v4.status === 'down' || (v4.status === 'absent' && event !== undefined);
  return down ? [...word, proof(bird, 'socket', { node, error: v4.error ?? v4.status })] : undefined;
}
