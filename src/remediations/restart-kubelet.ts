/** Starts a kubelet that is stopped and did not fail (R19). */
import { defineRemediation } from '../core/remediation.ts';
import { linesOf, refused } from './lines.ts';
import { NODE_TEXTS, namedNode, nodeDraft, nodeStep, waitReady } from './node-drafts.ts';
import { unitOf } from './nodes.ts';

const TEXTS = {
  ...NODE_TEXTS,
  title: 'Start kubelet on {node}',
  start: 'Start kubelet on {node}.',
  blast: 'Only {node}. Containers that run there go on; its static Pods too. The node becomes Ready within seconds.',
  'before-stopped': 'kubelet on {node} is stopped and did not fail.',
  'no-undo': 'There is no way back from a start. Whoever wants kubelet to be stopped stops it by hand.',
  'note-purpose': 'Somebody may have stopped it on purpose. Ask before you approve.',
  'note-disabled': 'kubelet stays disabled: it does not start at the next boot. A person has to enable it:',
  'note-pods': 'The control plane may have moved Pods away meanwhile. They do not come back by themselves.',
  masked: 'kubelet on {node} is masked, so systemd refuses to start it. Somebody did that on purpose.',
  'manual-unmask': 'If it may run again:',
  failed:
    'kubelet on {node} ended with a failure ({result}). A new start would end the same way: the reason comes first.',
  runs: 'kubelet on {node} is {state}: it is not stopped.',
  absent: 'systemd on {node} knows no kubelet.service.',
} as const;
const say = linesOf(TEXTS);

export const restartKubelet = defineRemediation({
  id: 'restart-kubelet',
  summary: 'starts a kubelet that is stopped',
  fixes: ['kubelet-stopped'],
  texts: TEXTS,
  rights: [{ verb: 'get', group: '', resource: 'nodes' }],
  nodeSteps: ['kubelet'],
  wants: () => [],
  plan(input) {
    const node = namedNode(input);
    if (node === undefined) return refused(say('no-node', { node: input.finding.object.name }));
    const units = input.facts.get('node-units', { kind: 'Node', name: node });
    if (!units.known) return refused(say('no-agent', { node, reason: units.reason }));
    const unit = unitOf(input.facts, node, 'kubelet.service');
    if (unit === undefined) return refused(say('absent', { node }));
    if (unit.loadState === 'masked' || (unit.unitFileState ?? '').startsWith('masked'))
      return refused(say('masked', { node }), say('manual-unmask', {}, 'systemctl unmask kubelet'));
    if (unit.activeState === 'failed' || unit.activeState === 'activating')
      return refused(say('failed', { node, result: unit.result ?? unit.subState }));
    if (unit.activeState !== 'inactive') return refused(say('runs', { node, state: unit.activeState }));
    const steps = [nodeStep(node, 'kubelet', { state: 'restarted' }, say('start', { node })), waitReady(node)];
    return {
      status: 'draft',
      draft: {
        ...nodeDraft(input, node, steps, []),
        remediation: 'restart-kubelet',
        title: say('title', { node }),
        noUndo: say('no-undo'),
        blast: [say('blast', { node })],
        checksBefore: [say('before-stopped', { node })],
        notes: [
          say('note-purpose'),
          say('note-pods'),
          ...(unit.unitFileState === 'disabled' ? [say('note-disabled', {}, 'systemctl enable kubelet')] : []),
        ],
      },
    };
  },
});
