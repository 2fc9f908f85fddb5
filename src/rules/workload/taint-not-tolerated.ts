/** Cause: nodes carry a taint that the Pod does not tolerate; taints of dead nodes lead on to what killed them. */
import type { NodeObject } from '../../core/evidence/cluster-types.ts';
import { type Facts, proof } from '../../core/facts.ts';
import { defineRule } from '../../core/rule.ts';
import { nodesByName } from '../model/nodes.ts';
import { type SeenPod, seenPods } from '../model/pods.ts';
import { byOwner, podNames, servesPods } from './owners.ts';
import { explainsPending, nodesLookedAt, type Refusal, refusals, schedulingWord } from './scheduling.ts';

/** Control plane nodes keep ordinary Pods away by design: no fault while another reason stands beside it. */
const BY_DESIGN = new Set(['node-role.kubernetes.io/master', 'node-role.kubernetes.io/control-plane']);
/** A cordon is somebody's will and has a rule of its own. */
const CORDON = 'node.kubernetes.io/unschedulable';
/** Set by Kubernetes itself while a node is in trouble: nothing to tolerate, but something to mend. */
const TROUBLE =
  /^node\.kubernetes\.io\/(not-ready|unreachable|disk-pressure|memory-pressure|pid-pressure|network-unavailable|out-of-service)$/;

export const taintNotTolerated = defineRule({
  id: 'taint-not-tolerated',
  role: 'cause',
  severity: 'critical',
  summary: 'Pods that do not tolerate the taints of the nodes',
  needs: ['pods', 'events', 'nodes', 'services', 'services-without-endpoints'],
  texts: {
    found: '{count} of {total} nodes {count:has|have} the taint {taint}, which {owner} does not tolerate.',
    trouble:
      '{count} of {total} nodes {count:is|are} in trouble ({taint}) and {count:takes|take} no new Pods, so {owner} waits.',
    word: 'The scheduler says of {pod}: {message}',
    nodes: 'Nodes with the taint {taint}: {nodes}.',
    tolerate: 'If the Pods belong on these nodes, give them a toleration; if the taint is left over, take it off.',
    mend: 'Mend the nodes; Kubernetes takes the taint off by itself.',
    remove: 'Taking the taint off by hand: Kubernetes puts it back as long as the node is in trouble.',
  },
  explains: { 'pod-pending': explainsPending, 'service-no-ready-endpoints': { when: servesPods } },
  judge(facts, say) {
    const waiting = seenPods(facts).filter(({ pod }) => pod.phase === 'Pending' && pod.deletionTime === undefined);
    for (const group of byOwner(waiting.filter((seen) => taintsOf(seen).length > 0))) {
      const [first] = group.pods;
      const word = first === undefined ? undefined : schedulingWord(first);
      if (first === undefined || word === undefined) continue;
      for (const { refusal, key, text } of taintsOf(first)) {
        const trouble = TROUBLE.test(key);
        const struck = taintedNodes(facts, key, refusal);
        const owner = `${group.owner.kind}/${group.owner.namespace}/${group.owner.name}`;
        const nodes = facts.get('nodes');
        say.find({
          object: group.owner,
          confidence: 'confirmed',
          text: trouble ? 'trouble' : 'found',
          data: {
            owner,
            taint: text,
            count: refusal.nodes,
            total: nodesLookedAt(word.message) ?? refusal.nodes,
            pods: podNames(group, facts.question),
          },
          because: [
            proof(
              word.fact,
              'word',
              { pod: `${first.pod.namespace}/${first.pod.name}`, message: word.message },
              `kubectl -n ${first.pod.namespace} describe pod ${first.pod.name}`,
            ),
            ...(nodes.known && struck.length > 0
              ? [
                  proof(
                    nodes,
                    'nodes' as const,
                    { taint: text, nodes: struck },
                    "kubectl get nodes -o custom-columns='NAME:.metadata.name,TAINTS:.spec.taints[*].key'",
                  ),
                ]
              : []),
          ],
          scope: { nodes: struck },
          ...(first.pod.createdAt === undefined ? {} : { since: first.pod.createdAt }),
          advice: [{ text: trouble ? 'mend' : 'tolerate', data: {} }],
          wouldNotHelp: trouble ? [{ text: 'remove', data: {} }] : [],
        });
      }
    }
  },
});

/** The taints that keep the Pod away, without those that are there by design beside a real reason. */
function taintsOf(seen: SeenPod): { refusal: Refusal; key: string; text: string }[] {
  const word = schedulingWord(seen);
  const all = word === undefined ? [] : refusals(word.message);
  const onlyDesign = all.every((r) => r.taint !== undefined && BY_DESIGN.has(r.taint.key));
  return all.flatMap((refusal) => {
    const { taint } = refusal;
    if (taint === undefined || taint.key === CORDON || (BY_DESIGN.has(taint.key) && !onlyDesign)) return [];
    return [{ refusal, key: taint.key, text: taint.value === '' ? taint.key : `${taint.key}=${taint.value}` }];
  });
}

function taintedNodes(facts: Facts, key: string, { taint }: Refusal): string[] {
  const has = (node: NodeObject): boolean =>
    node.taints.some(
      (t) => t.key === key && (t.value ?? '') === (taint?.value ?? '') && t.effect !== 'PreferNoSchedule',
    );
  return [...nodesByName(facts).values()].filter(has).map((node) => node.name);
}
