/** Cause: Pods mount a claim that is not there. */
import { proof } from '../../core/facts.ts';
import type { Finding } from '../../core/finding.ts';
import { namespacedRef, refText } from '../../core/object-ref.ts';
import { defineRule } from '../../core/rule.ts';
import { seenPods } from '../model/pods.ts';
import { byOwner, podNames } from '../workload/owners.ts';
import { schedulingWord } from '../workload/scheduling.ts';
import { claims } from './claims.ts';

const MISSING = /persistentvolumeclaim "(?<name>[^"]+)" not found/i;

export const pvcMissing = defineRule({
  id: 'pvc-missing',
  role: 'cause',
  severity: 'critical',
  summary: 'Pods that mount a claim which is not there',
  needs: ['pods', 'events', 'persistent-volume-claim', 'storage-classes'],
  texts: {
    found: '{owner} mounts the claim {claim}, which is not there.',
    word: 'The scheduler says of {pod}: {message}',
    make: 'Create the claim, or name one that is there. Look whether it was made in another namespace.',
  },
  explains: { 'pod-pending': { when: namesOwner } },
  judge(facts, say) {
    const told = new Set<string>();
    const lost = (message: string): string | undefined => MISSING.exec(message)?.groups?.['name'];
    const waiting = seenPods(facts).filter((seen) => lost(schedulingWord(seen)?.message ?? '') !== undefined);
    for (const group of byOwner(waiting)) {
      const [first] = group.pods;
      const word = first === undefined ? undefined : schedulingWord(first);
      const name = lost(word?.message ?? '');
      if (first === undefined || word === undefined || name === undefined) continue;
      const { namespace } = first.pod;
      const object = namespacedRef('PersistentVolumeClaim', namespace, name);
      // It is there by now: the scheduler has not looked again yet.
      if (claims(facts).some(({ ref }) => refText(ref) === refText(object)) || told.has(refText(object))) continue;
      told.add(refText(object));
      const pod = `${namespace}/${first.pod.name}`;
      say.find({
        object,
        confidence: 'confirmed',
        text: 'found',
        data: {
          claim: `${namespace}/${name}`,
          owner: `${group.owner.kind}/${group.owner.name}`,
          owners: [refText(group.owner)],
          pods: podNames(group, facts.question),
        },
        because: [
          proof(
            word.fact,
            'word',
            { pod, message: word.message },
            `kubectl -n ${namespace} describe pod ${first.pod.name}`,
          ),
        ],
        scope: {},
        ...(first.pod.createdAt === undefined ? {} : { since: first.pod.createdAt }),
        advice: [{ text: 'make', data: {}, command: `kubectl get pvc -A | grep ${name}` }],
      });
    }
  },
});

/** The Pods that wait are those of an owner that mounts it. */
function namesOwner(mine: Finding, theirs: Finding): boolean {
  const owners = mine.data['owners'];
  return theirs.text === 'unscheduled' && Array.isArray(owners) && owners.includes(refText(theirs.object));
}
