/** Cause: the newest revision of a Deployment does not become available, while Pods of the revision before it do. */
import type { Workload } from '../../core/evidence/cluster-types.ts';
import { type Facts, proof } from '../../core/facts.ts';
import type { Finding } from '../../core/finding.ts';
import { namespacedRef } from '../../core/object-ref.ts';
import { defineRule } from '../../core/rule.ts';
import { sameObjectLink } from '../links.ts';
import { isStale } from '../model/nodes.ts';
import { type SeenPod, seenPods } from '../model/pods.ts';
import { podsOfFinding, servesPods } from './owners.ts';

const REVISION = 'deployment.kubernetes.io/revision';

export const rolloutStuck = defineRule({
  id: 'rollout-stuck',
  role: 'cause',
  severity: 'critical',
  summary: 'a rollout that does not come up while the revision before it works',
  needs: ['workload', 'pods', 'events', 'nodes', 'node-leases', 'services', 'services-without-endpoints'],
  texts: {
    found:
      'The rollout of {workload} is stuck: no Pod of revision {now} becomes available. Revision {before} has {available} that work.',
    deadline: 'Condition Progressing of {workload} is False ({reason}): {message}',
    sets: 'ReplicaSet {set} (revision {revision}): {available} of {desired} available.',
    undo: 'Take it back to revision {before}, then look what revision {now} changed.',
    restart: 'A restart: it starts the same revision again.',
  },
  explains: {
    'workload-unavailable': sameObjectLink,
    'pod-not-ready': { when: isItsPods },
    'service-no-ready-endpoints': { when: servesPods },
  },
  judge(facts, say) {
    for (const fact of facts.all('workload')) {
      if (!fact.known || fact.value.kind !== 'Deployment') continue;
      const { value } = fact;
      const stopped = value.conditions.find((c) => c.type === 'Progressing' && c.status === 'False');
      if (stopped?.reason !== 'ProgressDeadlineExceeded') continue;
      const { now, before } = setsOf(facts, value);
      if (now?.known !== true || before?.known !== true) continue;
      const pods = seenPods(facts).filter(({ pod }) => pod.owners.some((owner) => owner.name === now.value.name));
      if (pods.length === 0 || pods.some((seen) => isElsewhere(facts, seen))) continue;
      const workload = `Deployment/${value.namespace}/${value.name}`;
      const data = {
        workload,
        now: revisionOf(now.value),
        before: revisionOf(before.value),
        available: before.value.available,
        pods: pods.map(({ pod }) => pod.name),
      };
      const place = `-n ${value.namespace} deployment ${value.name}`;
      say.find({
        object: namespacedRef('Deployment', value.namespace, value.name),
        confidence: 'confirmed',
        text: 'found',
        data,
        because: [
          proof(
            fact,
            'deadline',
            { workload, reason: stopped.reason, message: stopped.message ?? '?' },
            `kubectl describe ${place}`,
          ),
          ...[now, before].map((set) =>
            proof(set, 'sets' as const, {
              set: set.value.name,
              revision: revisionOf(set.value),
              available: set.value.available,
              desired: set.value.desired,
            }),
          ),
        ],
        scope: {},
        ...(stopped.lastTransitionTime === undefined ? {} : { since: stopped.lastTransitionTime }),
        advice: [{ text: 'undo', data, command: `kubectl rollout undo ${place} --to-revision=${data.before}` }],
        wouldNotHelp: [{ text: 'restart', data: {} }],
        remediations: [{ id: 'undo-rollout', params: {} }],
      });
    }
  },
});

function revisionOf(set: Workload): number {
  return Number(set.annotations[REVISION]);
}

/** The Deployment's newest ReplicaSet, with no Pod available, and the one before it, if Pods of that one are. */
function setsOf(facts: Facts, deployment: Workload) {
  const own = facts
    .all('workload')
    .flatMap((fact) =>
      fact.known &&
      fact.value.kind === 'ReplicaSet' &&
      fact.value.namespace === deployment.namespace &&
      fact.value.owners.some((owner) => owner.kind === 'Deployment' && owner.name === deployment.name)
        ? [fact]
        : [],
    )
    .sort((a, b) => revisionOf(b.value) - revisionOf(a.value));
  const now = own.find(({ value }) => revisionOf(value) === revisionOf(deployment) && value.available === 0);
  const before = own.find(({ value }) => revisionOf(value) < revisionOf(deployment));
  return { now, before: before !== undefined && before.value.available > 0 ? before : undefined };
}

/** A Pod without a node waits for room, one on a silent node for the node: then the revision is not to blame. */
function isElsewhere(facts: Facts, { pod }: SeenPod): boolean {
  return pod.nodeName === undefined || isStale(facts, pod.nodeName);
}

/** All Pods that are not ready are of the newest revision. */
function isItsPods(mine: Finding, theirs: Finding, facts: Facts): boolean {
  const own = mine.data['pods'];
  const bad = podsOfFinding(theirs, facts);
  return (
    Array.isArray(own) &&
    mine.object.namespace === theirs.object.namespace &&
    bad.length > 0 &&
    bad.every(({ pod }) => own.includes(pod.name))
  );
}
