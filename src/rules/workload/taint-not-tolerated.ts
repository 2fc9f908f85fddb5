/** Cause: nodes carry a taint that the Pod does not tolerate; taints of dead nodes lead on to what killed them. */
import type { NodeObject, PodObject } from '../../core/evidence/cluster-types.ts';
import { type Facts, proof } from '../../core/facts.ts';
import { defineRule } from '../../core/rule.ts';
import { nodesByName } from '../model/nodes.ts';
import { type SeenPod, seenPods } from '../model/pods.ts';
import { byOwner, podNames, servesPods } from './owners.ts';
import { explainsPending, nodesLookedAt, refusals, schedulingWord } from './scheduling.ts';

/** Control plane nodes keep ordinary Pods away by design: no fault while another reason stands beside it. */
const BY_DESIGN = new Set(['node-role.kubernetes.io/master', 'node-role.kubernetes.io/control-plane']);
/** Since v1.34.2 the scheduler does not name taints any more (kubernetes/kubernetes#134740). */
const UNNAMED = /had untolerated taint(\(s\)|s)?$/i;
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
    for (const group of byOwner(waiting.filter((seen) => taintsOf(facts, seen).length > 0))) {
      const [first] = group.pods;
      const word = first === undefined ? undefined : schedulingWord(first);
      if (first === undefined || word === undefined) continue;
      for (const kept of taintsOf(facts, first)) {
        const { key, text } = kept;
        const trouble = TROUBLE.test(key);
        const struck = taintedNodes(facts, kept);
        const owner = `${group.owner.kind}/${group.owner.namespace}/${group.owner.name}`;
        const nodes = facts.get('nodes');
        say.find({
          object: group.owner,
          // What is wrong with the nodes stands above such a taint; unseen, it must not look like the root.
          ...(trouble && !nodes.known
            ? { confidence: 'likely', tryThis: 'kubectl get nodes' }
            : { confidence: 'confirmed' }),
          text: trouble ? 'trouble' : 'found',
          data: {
            owner,
            taint: text,
            count: kept.nodes,
            total: nodesLookedAt(word.message) ?? kept.nodes,
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

/** A taint that keeps the Pod away, and from how many nodes. */
interface Kept {
  readonly nodes: number;
  readonly key: string;
  readonly value: string;
  readonly text: string;
}

/** The taints that keep the Pod away, without those that are there by design beside a real reason. */
function taintsOf(facts: Facts, seen: SeenPod): Kept[] {
  const word = schedulingWord(seen);
  const all = word === undefined ? [] : refusals(word.message);
  const kept = all.flatMap((refusal): Kept[] => {
    const { taint, nodes, reason } = refusal;
    if (taint !== undefined) return [keptBy(taint.key, taint.value, nodes)];
    return UNNAMED.test(reason) ? unnamed(facts, seen.pod) : [];
  });
  const other = all.some((r) => r.taint === undefined && !UNNAMED.test(r.reason));
  const onlyDesign = !other && kept.every(({ key }) => BY_DESIGN.has(key));
  return kept.filter(({ key }) => key !== CORDON && (onlyDesign || !BY_DESIGN.has(key)));
}

function keptBy(key: string, value: string, nodes: number): Kept {
  return { key, value, nodes, text: value === '' ? key : `${key}=${value}` };
}

/** The newest schedulers do not name the taint: the nodes themselves do. */
function unnamed(facts: Facts, pod: PodObject): Kept[] {
  const out = new Map<string, Kept>();
  for (const node of nodesByName(facts).values()) {
    for (const taint of node.taints.filter((t) => t.effect !== 'PreferNoSchedule' && !tolerates(pod, t))) {
      const kept = keptBy(taint.key, taint.value ?? '', 1);
      out.set(kept.text, { ...kept, nodes: (out.get(kept.text)?.nodes ?? 0) + 1 });
    }
  }
  return [...out.keys()].sort().flatMap((key) => out.get(key) ?? []);
}

type Taint = NodeObject['taints'][number];

function tolerates(pod: PodObject, taint: Taint): boolean {
  return pod.tolerations.some(({ key, operator, value, effect }) => {
    if (effect !== undefined && effect !== '' && effect !== taint.effect) return false;
    if (operator === 'Exists') return key === undefined || key === '' || key === taint.key;
    return key === taint.key && (value ?? '') === (taint.value ?? '');
  });
}

function taintedNodes(facts: Facts, { key, value }: Kept): string[] {
  const has = (node: NodeObject): boolean =>
    node.taints.some((t) => t.key === key && (t.value ?? '') === value && t.effect !== 'PreferNoSchedule');
  return [...nodesByName(facts).values()].filter(has).map((node) => node.name);
}
