/** Cause: etcd changes its leader again and again, or has none; each change makes requests fail (facts §5.1). */
import { type Facts, proof } from '../../core/facts.ts';
import type { Proof } from '../../core/finding.ts';
import { CLUSTER } from '../../core/object-ref.ts';
import { defineRule } from '../../core/rule.ts';
import { troubleData, wordProof } from './etcd-slow.ts';
import { etcdTrouble } from './etcd-words.ts';
import { LOST_LEAD } from './lost-lead.ts';
import { controlPlanePods, membersOf } from './members.ts';

const MAX_PROOFS = 3;
/** A restart longer ago is history (facts §7 rule 4). */
const RECENT_MS = 24 * 3600 * 1000;

export const etcdLeaderUnstable = defineRule({
  id: 'etcd-leader-unstable',
  role: 'cause',
  severity: 'warning',
  summary: 'an etcd that changes its leader again and again',
  needs: ['events', 'pod-log', 'pods'],
  texts: {
    found:
      'etcd changed its leader at least {count} {count:time|times} between {first} and {last}. Each change makes requests fail.',
    undated: 'etcd changed its leader at least {count} {count:time|times}. Each change makes requests fail.',
    once: 'etcd changed its leader at {last}. Once may be a restart; more often is a fault.',
    word: '{object} says, {count} {count:time|times}, last at {last}: {sample}',
    restart: '{pod} ended with exit code {code} at {finished}: it leads only while it can renew its lease in etcd.',
    look: 'Look at etcd’s disk, at the network between its members and at the processor time that they get.',
  },
  explains: { 'calico-datastore-slow': { when: () => true }, ...LOST_LEAD },
  judge(facts, say) {
    const trouble = etcdTrouble(facts, 'leader');
    if (trouble === undefined) return;
    const restarts = leadersLost(facts);
    const often = trouble.count > 1 || restarts.length > 0;
    const dated = trouble.first !== undefined && trouble.last !== undefined;
    say.find({
      object: CLUSTER,
      confidence: often ? 'confirmed' : 'likely',
      text: !often && dated ? 'once' : dated ? 'found' : 'undated',
      data: troubleData(trouble),
      because: [...trouble.words.slice(0, MAX_PROOFS).map(wordProof), ...restarts.slice(0, MAX_PROOFS)],
      scope: {},
      ...(trouble.first === undefined ? {} : { since: trouble.first }),
      advice: [
        {
          text: 'look',
          data: {},
          command: 'kubectl -n kube-system logs -l component=etcd --tail=500 | grep -i -e elected -e "lost leader"',
        },
      ],
      ...(often
        ? {}
        : {
            tryThis: 'kubectl -n kube-system logs -l component=etcd --tail=500 | grep -i -e elected -e "lost leader"',
          }),
    });
  },
});

/** Controllers and schedulers that ended with an error not long ago: that is how they give up leading. */
function leadersLost(facts: Facts): Proof<'restart'>[] {
  const pods = controlPlanePods(facts);
  if (!pods.known) return [];
  return ['kube-controller-manager', 'kube-scheduler'].flatMap((component) =>
    membersOf(pods.value.pods, component).flatMap((pod) => {
      const ended = pod.statuses.find((status) => status.lastState.state === 'terminated')?.lastState;
      const finished = ended?.finishedAt;
      if (finished === undefined || ended?.exitCode === undefined || ended.exitCode === 0) return [];
      if (facts.now - Date.parse(finished) > RECENT_MS) return [];
      const command = `kubectl -n kube-system logs ${pod.name} --previous | tail -n 20`;
      return [proof(pods, 'restart' as const, { pod: pod.name, code: ended.exitCode, finished }, command)];
    }),
  );
}
