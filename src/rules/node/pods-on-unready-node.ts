/** Symptom: Pods on a silent node still show what the node said last; nobody knows how they are (facts §7 rule 4). */
import { proof } from '../../core/facts.ts';
import { nodeRef } from '../../core/object-ref.ts';
import { defineRule } from '../../core/rule.ts';
import { isReady, isStale, nodesByName } from '../model/nodes.ts';
import { podsOf } from '../model/pods.ts';
import { lastSign, readyButSilent } from './suspects.ts';

export const podsOnUnreadyNode = defineRule({
  id: 'pods-on-unready-node',
  role: 'symptom',
  severity: 'info',
  summary: 'Pods whose status is old because their node is silent',
  needs: ['nodes', 'node-leases', 'pods', 'events'],
  texts: {
    found:
      '{count} {count:Pod|Pods} on {node} still {count:shows|show} what the node said before it fell silent ({running} as Running). Nobody knows how they are now: {pods}.',
    pods: 'The list of Pods names {count} on {node}; their status is not newer than {last}.',
  },
  judge(facts, say) {
    for (const node of nodesByName(facts).values()) {
      if (!readyButSilent(facts, node) && (isReady(node) || !isStale(facts, node.name))) continue;
      const there = podsOf(facts, (pod) => pod.nodeName === node.name && !['Succeeded', 'Failed'].includes(pod.phase));
      const list = there[0]?.list;
      if (list === undefined) continue;
      const last = lastSign(facts, node);
      const pods = there.map(({ pod }) => `${pod.namespace}/${pod.name}`);
      const running = there.filter(({ pod }) => pod.phase === 'Running').length;
      say.find({
        object: nodeRef(node.name),
        confidence: 'confirmed',
        text: 'found',
        data: { node: node.name, count: pods.length, running, pods },
        because: [
          proof(
            list,
            'pods',
            { count: pods.length, node: node.name, last: last ?? '?' },
            `kubectl get pods -A -o wide --field-selector spec.nodeName=${node.name}`,
          ),
        ],
        scope: { nodes: [node.name] },
        ...(last === undefined ? {} : { since: last }),
      });
    }
  },
});
