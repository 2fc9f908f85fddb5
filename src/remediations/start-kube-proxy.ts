/** Starts a kube-proxy that is a systemd unit and does not run. */
import { defineRemediation } from '../core/remediation.ts';
import { questionsOf } from './draft.ts';
import { linesOf, refused } from './lines.ts';
import { NODE_TEXTS, namedNode, nodeDraft, nodeStep } from './node-drafts.ts';
import { unitOf } from './nodes.ts';

const UNIT = 'kube-proxy.service';
const TEXTS = {
  ...NODE_TEXTS,
  title: 'Start kube-proxy on {node}',
  start: 'Start {unit} on {node}.',
  blast: 'Only {node}: kube-proxy writes its rules within seconds. Connections that stand go on.',
  'before-down': '{unit} on {node} is {state}.',
  'after-health': 'kube-proxy on {node} answers its health check, and its rules are right.',
  'no-undo': 'There is no way back from a start; stopping kube-proxy again would only bring back the fault.',
  'note-why': 'Why it ended stands in its journal. Read it before you approve: it may end again.',
  'note-disabled': 'The unit is disabled: it does not start at the next boot. A person has to enable it:',
  absent: 'systemd on {node} knows no {unit}: kube-proxy is not a unit there.',
  masked: '{unit} on {node} is masked, so systemd refuses to start it. Somebody did that on purpose.',
  runs: '{unit} on {node} is active. Starting it changes nothing.',
  loops: '{unit} on {node} ends again and again, and systemd starts it anyway. Its journal says why.',
  'manual-log': 'Read it:',
} as const;
const say = linesOf(TEXTS);

export const startKubeProxy = defineRemediation({
  id: 'start-kube-proxy',
  summary: 'starts a kube-proxy that is a systemd unit',
  fixes: ['kube-proxy-down'],
  texts: TEXTS,
  // Where an agent's address is not in the settings, it is asked of the API server.
  rights: [{ verb: 'get', group: '', resource: 'nodes' }],
  nodeSteps: ['kube-proxy-unit'],
  wants: () => [],
  plan(input) {
    const { facts } = input;
    const node = namedNode(input);
    if (node === undefined) return refused(say('no-node', { node: input.finding.object.name }));
    const units = facts.get('node-units', { kind: 'Node', name: node });
    if (!units.known) return refused(say('no-agent', { node, reason: units.reason }));
    const unit = unitOf(facts, node, UNIT);
    const data = { node, unit: UNIT };
    if (unit === undefined) return refused(say('absent', data));
    if (unit.loadState === 'masked' || (unit.unitFileState ?? '').startsWith('masked'))
      return refused(say('masked', data));
    if (unit.activeState === 'active') return refused(say('runs', data));
    const log = `journalctl -u ${UNIT} -n 50 --no-pager   # on ${node}`;
    if (unit.activeState === 'activating') return refused(say('loops', data), say('manual-log', {}, log));
    const steps = [nodeStep(node, 'kube-proxy-unit', { unit: UNIT, state: 'started' }, say('start', data))];
    const draft = nodeDraft(input, node, steps, []);
    return {
      status: 'draft',
      draft: {
        ...draft,
        remediation: 'start-kube-proxy',
        title: say('title', { node }),
        noUndo: say('no-undo'),
        blast: [say('blast', { node })],
        checksBefore: [say('before-down', { ...data, state: `${unit.activeState} (${unit.subState})` })],
        checksAfter: [say('after-health', { node })],
        notes: [
          say('note-why', {}, log),
          ...(unit.unitFileState === 'disabled' ? [say('note-disabled', {}, `systemctl enable ${UNIT}`)] : []),
        ],
        expect: { ...draft.expect, questions: questionsOf(input), seconds: 60 },
      },
    };
  },
});
