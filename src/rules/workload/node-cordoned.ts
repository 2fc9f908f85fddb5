/** Cause: a node that is well takes no new Pods because somebody cordoned it. */
import type { NodeObject } from '../../core/evidence/cluster-types.ts';
import { type Facts, proof } from '../../core/facts.ts';
import { nodeRef, refText } from '../../core/object-ref.ts';
import { defineRule, type Link } from '../../core/rule.ts';
import { isReady, isStale, nodesByName } from '../model/nodes.ts';
import { type SeenPod, seenPods } from '../model/pods.ts';
import { byOwner, type PodGroup, servesPods } from './owners.ts';
import { refusals, schedulingWord } from './scheduling.ts';

const TAINT = 'node.kubernetes.io/unschedulable';
/** Most owners that are named. */
const OWNERS = 20;

/** Pods that wait for a node, of an owner that this finding names. */
const keepsAway: Link = {
  when: (mine, theirs) => {
    const owners = mine.data['owners'];
    return theirs.text === 'unscheduled' && Array.isArray(owners) && owners.includes(refText(theirs.object));
  },
};

export const nodeCordoned = defineRule({
  id: 'node-cordoned',
  role: 'cause',
  severity: 'warning',
  summary: 'a node that takes no new Pods because it is cordoned',
  needs: ['nodes', 'node-leases', 'pods', 'events', 'services', 'services-without-endpoints'],
  texts: {
    found: 'Node {node} is cordoned: it takes no new Pods. {owners} {owners:waits|wait} for a node.',
    asked: 'Node {node} is cordoned: it takes no new Pods. What runs there goes on.',
    spec: 'Node {node} has spec.unschedulable.',
    word: 'The scheduler says of {pod}: {message}',
    uncordon: 'If the reason is gone, let Pods come again.',
  },
  explains: { 'pod-pending': keepsAway, 'service-no-ready-endpoints': { when: servesPods } },
  judge(facts, say) {
    const groups = byOwner(seenPods(facts).filter(isKeptAway));
    const { target } = facts.question;
    if (groups.length === 0 && target.kind !== 'Node') return;
    const nodes = facts.get('nodes');
    if (!nodes.known) return;
    for (const node of nodesByName(facts).values()) {
      const asked = target.kind === 'Node' && target.name === node.name;
      if (!isFree(facts, node) || (groups.length === 0 && !asked)) continue;
      const owners = groups.map((group) => refText(group.owner)).slice(0, OWNERS);
      const command = `kubectl get node ${node.name} -o jsonpath='{.spec.unschedulable}'`;
      say.find({
        object: nodeRef(node.name),
        confidence: 'confirmed',
        text: groups.length === 0 ? 'asked' : 'found',
        data: { node: node.name, owners, pods: groups.flatMap(({ pods }) => pods.map(({ pod }) => pod.name)) },
        because: [
          proof(nodes, 'spec' as const, { node: node.name }, command),
          ...groups.slice(0, 1).flatMap(wordProof),
        ],
        scope: { nodes: [node.name] },
        advice: [{ text: 'uncordon', data: {}, command: `kubectl uncordon ${node.name}` }],
        remediations: [{ id: 'uncordon-node', params: { node: node.name } }],
      });
    }
  },
});

/** Cordoned and otherwise well: a node in trouble would not take Pods without the cordon either. */
function isFree(facts: Facts, node: NodeObject): boolean {
  return node.unschedulable && isReady(node) && !isStale(facts, node.name);
}

/** The scheduler names the cordon, as a reason of its own or as a taint. */
function isKeptAway(seen: SeenPod): boolean {
  const word = seen.pod.phase === 'Pending' && seen.pod.deletionTime === undefined ? schedulingWord(seen) : undefined;
  return refusals(word?.message ?? '').some(
    ({ reason, taint }) => taint?.key === TAINT || /^node\(s\) were unschedulable$/i.test(reason),
  );
}

function wordProof({ pods: [first] }: PodGroup) {
  const word = first === undefined ? undefined : schedulingWord(first);
  if (first === undefined || word === undefined) return [];
  const { namespace, name } = first.pod;
  const command = `kubectl -n ${namespace} describe pod ${name}`;
  return [proof(word.fact, 'word' as const, { pod: `${namespace}/${name}`, message: word.message }, command)];
}
