/** Cause: a Pod wrote more to its own disk space than it may, and kubelet ended it. The node is well. */
import { proof } from '../../core/facts.ts';
import { refText } from '../../core/object-ref.ts';
import { defineRule } from '../../core/rule.ts';
import { sameObjectLink } from '../links.ts';
import { evictions } from './evictions.ts';
import { topOwner } from './owners.ts';

export const ephemeralStorageLimitExceeded = defineRule({
  id: 'ephemeral-storage-limit-exceeded',
  role: 'cause',
  severity: 'warning',
  summary: 'Pods that write more to their disk than their limit allows',
  needs: ['pods', 'events'],
  texts: {
    found: 'Pods of {owner} write more to their disk than they may, so kubelet ends them: {message}',
    status: 'Pod {pod} on {node}: {message}',
    write:
      'Find what it writes (logs in files, caches, /tmp, an emptyDir), write less or to a volume, or raise the limit ephemeral-storage.',
  },
  explains: { 'pod-evicted': sameObjectLink },
  judge(facts, say) {
    const told = new Set<string>();
    for (const { seen, shortage, node, message, at } of evictions(facts)) {
      const owner = topOwner(seen.pod);
      if (shortage !== 'own' || told.has(refText(owner))) continue;
      told.add(refText(owner));
      const pod = `${seen.pod.namespace}/${seen.pod.name}`;
      say.find({
        object: owner,
        confidence: 'confirmed',
        text: 'found',
        data: { owner: `${owner.kind}/${owner.name}`, message },
        because: [proof(seen.list, 'status', { pod, node, message })],
        scope: {},
        ...(at === undefined ? {} : { since: at }),
        advice: [
          { text: 'write', data: {}, command: `kubectl -n ${seen.pod.namespace} describe pod ${seen.pod.name}` },
        ],
      });
    }
  },
});
