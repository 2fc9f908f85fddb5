/** Cause: nobody schedules, so new Pods wait for a node and nobody says why. */
import type { Facts } from '../../core/facts.ts';
import type { Finding } from '../../core/finding.ts';
import { type SeenPod, seenPods } from '../model/pods.ts';
import { podsOfFinding } from '../workload/owners.ts';
import { schedulingWord } from '../workload/scheduling.ts';
import { leaderRule } from './leader-rule.ts';

export const schedulerDown = leaderRule({
  id: 'scheduler-down',
  component: 'kube-scheduler',
  summary: 'a cluster in which nobody schedules Pods',
  undone: 'new Pods get no node',
  explains: { 'pod-pending': { when: nobodyLooked } },
  missed: (facts) => seenPods(facts).some((seen) => isLeftAlone(seen)),
});

/** No node, and not a word of any scheduler. A scheduler of its own is another program. */
function isLeftAlone(seen: SeenPod): boolean {
  const { pod } = seen;
  if (pod.phase !== 'Pending' || pod.nodeName !== undefined || pod.deletionTime !== undefined) return false;
  return pod.schedulerName === undefined && schedulingWord(seen) === undefined && !isGated(seen);
}

/** Pods with scheduling gates are kept back on purpose, and say so. */
function isGated({ pod }: SeenPod): boolean {
  return pod.conditions.some((one) => one.type === 'PodScheduled');
}

function nobodyLooked(_: Finding, theirs: Finding, facts: Facts): boolean {
  const pods = podsOfFinding(theirs, facts);
  return theirs.text === 'unscheduled' && pods.length > 0 && pods.every(isLeftAlone);
}
