/** Symptom: kubelet has ended Pods because their node was short of something, or they used more than they may. */
import { type Facts, proof } from '../../core/facts.ts';
import type { Finding } from '../../core/finding.ts';
import { sameRef } from '../../core/object-ref.ts';
import { defineRule } from '../../core/rule.ts';
import { podReady, seenPods } from '../model/pods.ts';
import { type Evicted, evictions } from './evictions.ts';
import { asksAboutWorkload, byOwner, podNames, sameWorkload, topOwner } from './owners.ts';

const MAX_PROOFS = 3;

export const podEvicted = defineRule({
  id: 'pod-evicted',
  role: 'symptom',
  severity: 'warning',
  summary: 'Pods that kubelet has evicted',
  needs: ['pods', 'events'],
  texts: {
    found: '{count} {count:Pod|Pods} of {owner} {count:was|were} evicted from {nodes}: {pods}.',
    status: 'Pod {pod} on {node}, evicted at {at}: {message}',
  },
  explains: { 'workload-unavailable': { when: nobodyElseIsSick } },
  answers: asksAboutWorkload,
  judge(facts, say) {
    const all = evictions(facts);
    const bySeen = new Map(all.map((one) => [one.seen, one]));
    for (const group of byOwner(all.map((one) => one.seen))) {
      const own = group.pods.flatMap((seen) => bySeen.get(seen) ?? []);
      const nodes = [...new Set(own.map((one) => one.node))].sort();
      const since = own.flatMap((one) => one.at ?? []).sort()[0];
      say.find({
        object: group.owner,
        confidence: 'confirmed',
        text: 'found',
        data: {
          count: own.length,
          owner: `${group.owner.kind}/${group.owner.name}`,
          pods: podNames(group, facts.question),
          nodes,
          places: own.map(({ node, shortage }) => `${node} ${shortage}`),
        },
        because: own.slice(0, MAX_PROOFS).map(statusProof),
        scope: { nodes },
        ...(since === undefined ? {} : { since }),
      });
    }
  },
});

function statusProof({ seen, node, message, at }: Evicted) {
  const { namespace, name } = seen.pod;
  const command = `kubectl -n ${namespace} get pod ${name} -o jsonpath='{.status.message}'`;
  return proof(seen.list, 'status' as const, { pod: `${namespace}/${name}`, node, at: at ?? '?', message }, command);
}

/** Where other Pods of the workload are not well, it is they that are missing, for reasons of their own. */
function nobodyElseIsSick(mine: Finding, theirs: Finding, facts: Facts): boolean {
  if (!sameWorkload(mine, theirs, facts)) return false;
  return !seenPods(facts).some(({ pod }) => {
    const gone = pod.phase === 'Failed' || pod.phase === 'Succeeded' || pod.deletionTime !== undefined;
    return !gone && !podReady(pod) && sameRef(topOwner(pod), mine.object);
  });
}
