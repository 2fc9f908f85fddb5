/** Symptom: Pods that wait for a node, or have one and do not start. */
import type { PodObject } from '../../core/evidence/cluster-types.ts';
import { type Facts, proof } from '../../core/facts.ts';
import type { Finding } from '../../core/finding.ts';
import { defineRule } from '../../core/rule.ts';
import { isStale } from '../model/nodes.ts';
import { seenPods } from '../model/pods.ts';
import {
  asksAboutWorkload,
  byOwner,
  isNamed,
  podNames,
  podsOfFinding,
  sameWorkload,
  servesPods,
  targetPodUnseen,
} from './owners.ts';
import { schedulingWord } from './scheduling.ts';

/** A Pod that has a node may take this long to pull its image and start before anyone should worry. */
const STARTING_MS = 60_000;

export const podPending = defineRule({
  id: 'pod-pending',
  role: 'symptom',
  severity: 'critical',
  summary: 'Pods that wait for a node, or do not start on the one they have',
  needs: ['pods', 'events', 'nodes', 'node-leases', 'services', 'services-without-endpoints'],
  texts: {
    unscheduled: '{count} {count:Pod|Pods} of {owner} {count:waits|wait} for a node: {pods}.',
    starting: '{count} {count:Pod|Pods} of {owner} {count:has a node and does|have a node and do} not start: {pods}.',
    word: 'The scheduler says of {pod}: {message}',
    phase: '{pod} is in phase Pending since {since}; {reason}.',
  },
  explains: {
    'workload-unavailable': { when: sameWorkload },
    'service-no-ready-endpoints': { when: servesPods },
    'pvc-pending': { when: isItsFirstPod },
  },
  answers: asksAboutWorkload,
  judge(facts, say) {
    if (targetPodUnseen(facts)) say.undecided();
    const pending = seenPods(facts).filter(({ pod }) => pod.phase === 'Pending' && pod.deletionTime === undefined);
    const unscheduled = pending.filter(({ pod }) => pod.nodeName === undefined);
    const starting = pending.filter(({ pod }) => pod.nodeName !== undefined && olderThan(pod, facts.now, STARTING_MS));
    for (const [text, pods] of [
      ['unscheduled', unscheduled],
      ['starting', starting],
    ] as const) {
      for (const group of byOwner(pods)) {
        const [first] = group.pods;
        if (first === undefined) continue;
        const { owner } = group;
        const nodes = [...new Set(group.pods.flatMap(({ pod }) => pod.nodeName ?? []))].sort();
        // What is on a silent node is told once, of the node.
        if (nodes.some((node) => isStale(facts, node)) && !isNamed(facts, owner, group.pods)) continue;
        const since = group.pods.flatMap(({ pod }) => pod.createdAt ?? []).sort()[0];
        const word = schedulingWord(first);
        const name = `${first.pod.namespace}/${first.pod.name}`;
        const command = `kubectl -n ${first.pod.namespace} describe pod ${first.pod.name}`;
        const reason = waitingReason(first.pod);
        say.find({
          object: owner,
          confidence: 'confirmed',
          text,
          data: {
            count: group.pods.length,
            owner: `${owner.kind}/${owner.name}`,
            pods: podNames(group, facts.question),
          },
          because: [
            word !== undefined && text === 'unscheduled'
              ? proof(word.fact, 'word', { pod: name, message: word.message }, command)
              : proof(first.list, 'phase', { pod: name, since: first.pod.createdAt ?? '?', reason }, command),
          ],
          scope: { nodes },
          ...(since === undefined ? {} : { since }),
        });
      }
    }
  },
});

/** A claim that is made for its first Pod waits for that Pod, unless the Pod waits for the claim. */
function isItsFirstPod(mine: Finding, theirs: Finding, facts: Facts): boolean {
  const pods = theirs.data['pods'];
  if (theirs.data['onFirstPod'] !== 1 || !Array.isArray(pods)) return false;
  const own = podsOfFinding(mine, facts).filter(
    ({ pod }) => pod.namespace === theirs.object.namespace && pods.includes(pod.name),
  );
  return own.length > 0 && own.every((seen) => !/persistent ?volume/i.test(schedulingWord(seen)?.message ?? ''));
}

function olderThan(pod: PodObject, now: number, ms: number): boolean {
  return pod.createdAt === undefined || now - Date.parse(pod.createdAt) > ms;
}

function waitingReason(pod: PodObject): string {
  const waiting = pod.statuses.find((status) => status.state.state === 'waiting' && status.state.reason !== undefined);
  if (waiting === undefined) return pod.reason ?? 'no container has started';
  return `container ${waiting.name} waits: ${waiting.state.reason ?? '?'}`;
}
