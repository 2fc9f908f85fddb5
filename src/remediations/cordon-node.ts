/** Keeps new Pods off a node (facts §6 R14). Pods that are there stay. */
import { z } from 'zod';
import { nodeRef, type ObjectRef } from '../core/object-ref.ts';
import { stateOf } from '../core/object-state.ts';
import { type ApiStep, defineRemediation, type PlanInput, type Wanted } from '../core/remediation.ts';
import { COMMON_TEXTS, expectOf, opened, refOf, targetOf, wantObject, wrongKind } from './application-parts.ts';
import { rightsOf } from './draft.ts';
import { linesOf, refused } from './lines.ts';
import { allNodes, isReady } from './nodes.ts';
import { refusedByOwner } from './owner-texts.ts';

const TEXTS = {
  ...COMMON_TEXTS,
  title: 'Cordon node {node}: no new Pods',
  step: 'Node {node}: spec.unschedulable set.',
  back: 'Node {node}: spec.unschedulable taken away.',
  blast: 'No new Pods on {node}. Pods that run there stay, and NodePorts answer as before.',
  pods: '{count} {count:Pod is|Pods are} on {node} and {count:stays|stay} there.',
  others: '{count} other {count:node takes|nodes take} Pods.',
  daemons: 'Pods of DaemonSets still come to a cordoned node.',
  'no-cure': 'This mends nothing on {node}: it keeps new Pods away until a person has.',
  after: 'Node {node} is read again: spec.unschedulable is set.',
  already: 'Node {node} is cordoned already.',
  last: 'No other node takes Pods and is Ready. With {node} cordoned no Pod could start anywhere.',
  'nodes-unread': 'Not all nodes are known, so nobody can tell whether another one takes Pods.',
} as const;
const say = linesOf(TEXTS);

export const NodeForm = z.looseObject({ spec: z.looseObject({ unschedulable: z.boolean().optional() }).default({}) });

/** The node that a finding is about. */
export function nodeRefOf({ finding, params }: PlanInput): ObjectRef {
  return finding.object.kind === 'Node' || params['node'] === undefined
    ? finding.object
    : nodeRef(String(params['node']));
}

export const cordonNode = defineRemediation({
  id: 'cordon-node',
  summary: 'Keep new Pods off a node',
  fixes: ['node-clock-skew', 'node-disk-full', 'node-not-ready', 'node-unreachable'],
  texts: TEXTS,
  rights: [
    { verb: 'get', group: '', resource: 'nodes' },
    { verb: 'patch', group: '', resource: 'nodes' },
  ],
  wants: (input) => [...wantObject(targetOf(nodeRefOf(input), ['Node'])), podsWanted(input)],
  plan(input) {
    const ref = nodeRefOf(input);
    const target = targetOf(ref, ['Node']);
    if (target === undefined) return wrongKind(ref);
    const found = opened(input, target, NodeForm);
    if (found.refused !== undefined) return found.refused;
    const node = target.name;
    if (found.value.spec.unschedulable === true) return refused(say('already', { node }));
    const nodes = allNodes(input.facts);
    if (nodes === undefined) return refused(say('nodes-unread'));
    const free = nodes.filter((one) => one.name !== node && !one.unschedulable && isReady(input.facts, one.name));
    if (free.length === 0) return refused(say('last', { node }));
    const kept = refusedByOwner(found.object, { spec: { unschedulable: true } });
    if (kept !== undefined) return kept;
    const step = (value: true | null, text: 'step' | 'back'): ApiStep => ({
      type: 'api',
      verb: 'patch',
      target,
      patch: 'merge',
      body: { spec: { unschedulable: value } },
      before: stateOf(found.object),
      says: say(text, { node }),
    });
    const steps = [step(true, 'step')];
    // Too many Pods to list, or no right to: how many stay is not decisive.
    const pods = input.objects.list(podsWanted(input));
    return {
      status: 'draft',
      draft: {
        remediation: 'cordon-node',
        params: { node },
        object: refOf(found.object),
        title: say('title', { node }),
        steps,
        undo: [step(null, 'back')],
        nodes: [node],
        blast: [
          say('blast', { node }),
          ...(pods.status === 'read' ? [say('pods', { node, count: pods.items.length })] : []),
        ],
        checksBefore: [say('others', { count: free.length })],
        checksAfter: [say('after', { node })],
        notes: [say('no-cure', { node }), say('daemons')],
        rights: rightsOf(steps),
        expect: { ...expectOf(input, [node], 60), fieldOnly: true, brings: ['node-cordoned'] },
      },
    };
  },
});

function podsWanted(input: PlanInput): Extract<Wanted, { type: 'list' }> {
  const fieldSelector = `spec.nodeName=${nodeRefOf(input).name}`;
  return { type: 'list', group: '', version: 'v1', resource: 'pods', kind: 'Pod', fieldSelector };
}
