/** Lets new Pods on a cordoned node again (facts §6 R14), where it is well and no machine keeps it cordoned. */
import { stateOf } from '../core/object-state.ts';
import { type ApiStep, defineRemediation } from '../core/remediation.ts';
import { COMMON_TEXTS, expectOf, opened, refOf, targetOf, wantObject, wrongKind } from './application-parts.ts';
import { cordonedBy, machineOf } from './cordon.ts';
import { NodeForm, nodeRefOf } from './cordon-node.ts';
import { rightsOf } from './draft.ts';
import { linesOf, refused } from './lines.ts';
import { isReady, nodeOf } from './nodes.ts';
import { refusedByOwner } from './owner-texts.ts';

const TEXTS = {
  ...COMMON_TEXTS,
  title: 'Uncordon node {node}: Pods may come again',
  step: 'Node {node}: spec.unschedulable taken away.',
  back: 'Node {node}: spec.unschedulable set again.',
  blast: 'New Pods may come to {node}, also ones that wait now. Pods that run elsewhere stay where they are.',
  ready: 'Node {node} is Ready, and its kubelet is alive.',
  'cordoned-by': '{manager} cordoned it at {time}. Ask whether the reason is gone.',
  'cordoned-when-unknown': '{manager} cordoned it. Ask whether the reason is gone.',
  'nobody-known': 'Who cordoned it is not known. Ask whether the reason is gone.',
  after: 'The question is asked again.',
  free: 'Node {node} is not cordoned.',
  'not-ready': 'Node {node} is not Ready. Mend it first.',
  'node-unknown': 'Nothing is known of the health of {node}.',
  machine: '{machine} keeps {node} cordoned. It would do so again, or is about to take the node away.',
} as const;
const say = linesOf(TEXTS);

export const uncordonNode = defineRemediation({
  id: 'uncordon-node',
  summary: 'Let new Pods on a cordoned node again',
  fixes: ['node-cordoned'],
  texts: TEXTS,
  rights: [
    { verb: 'get', group: '', resource: 'nodes' },
    { verb: 'patch', group: '', resource: 'nodes' },
  ],
  wants: (input) => wantObject(targetOf(nodeRefOf(input), ['Node'])),
  plan(input) {
    const { facts } = input;
    const ref = nodeRefOf(input);
    const target = targetOf(ref, ['Node']);
    if (target === undefined) return wrongKind(ref);
    const found = opened(input, target, NodeForm);
    if (found.refused !== undefined) return found.refused;
    const node = target.name;
    if (found.value.spec.unschedulable !== true) return refused(say('free', { node }));
    if (nodeOf(facts, node) === undefined) return refused(say('node-unknown', { node }));
    if (!isReady(facts, node)) return refused(say('not-ready', { node }));
    const machine = machineOf(found.object);
    if (machine !== undefined) return refused(say('machine', { node, machine }));
    const kept = refusedByOwner(found.object, { spec: { unschedulable: false } });
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
    const steps = [step(null, 'step')];
    const by = cordonedBy(found.object);
    const who =
      by === undefined
        ? say('nobody-known')
        : by.time === undefined
          ? say('cordoned-when-unknown', { manager: by.manager })
          : say('cordoned-by', { manager: by.manager, time: by.time });
    return {
      status: 'draft',
      draft: {
        remediation: 'uncordon-node',
        params: { node },
        object: refOf(found.object),
        title: say('title', { node }),
        steps,
        undo: [step(true, 'back')],
        nodes: [node],
        blast: [say('blast', { node })],
        checksBefore: [say('ready', { node })],
        checksAfter: [say('after')],
        notes: [who],
        rights: rightsOf(steps),
        expect: expectOf(input, [node], 60),
      },
    };
  },
});
