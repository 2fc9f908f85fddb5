/** Turns swap off on a node whose kubelet refuses to start with it, one device after the other (R17). */
import { nodeRef } from '../core/object-ref.ts';
import { defineRemediation } from '../core/remediation.ts';
import { linesOf, refused } from './lines.ts';
import { NODE_TEXTS, namedNode, nodeDraft, nodeStep, startIfGivenUp, waitReady } from './node-drafts.ts';
import { whyUnknown } from './nodes.ts';

/** Above this share of free memory, taking swap away would kill processes (facts §3.3). */
const SAFE_SHARE = 0.8;

const TEXTS = {
  ...NODE_TEXTS,
  title: 'Turn swap off on {node}',
  off: 'Turn swap off on {node}: {device} ({used} KiB of {size} KiB in use).',
  on: 'Turn swap on again on {node}: {device}.',
  'blast-node': 'Only {node}. What is swapped out moves back into memory: {used} KiB, and {available} KiB are free.',
  'blast-kubelet':
    'kubelet starts within seconds (systemd tries every 10 s), and the node becomes Ready. No other node is touched.',
  'before-memory': 'The agent looks again before each device: it refuses above 0.8 of the free memory.',
  'note-boot': 'The next boot turns swap on again unless keep-swap-off follows.',
  'note-undo': 'With swap on again, kubelet stops at its next start: that is what the undo brings back.',
  tight:
    'Too much is swapped out on {node}: {used} KiB, with {available} KiB of memory free. Turning swap off would kill processes. Free memory first.',
  'already-off': 'Swap is off on {node} already.',
} as const;
const say = linesOf(TEXTS);

export const turnSwapOff = defineRemediation({
  id: 'turn-swap-off',
  summary: 'turns swap off on a node whose kubelet refuses to start with it',
  fixes: ['kubelet-swap-on'],
  texts: TEXTS,
  rights: [{ verb: 'get', group: '', resource: 'nodes' }],
  nodeSteps: ['kubelet', 'swap-device'],
  wants: () => [],
  plan(input) {
    const { facts } = input;
    const node = namedNode(input);
    if (node === undefined) return refused(say('no-node', { node: input.finding.object.name }));
    const swap = facts.get('node-swap', nodeRef(node));
    const memory = facts.get('node-memory', nodeRef(node));
    const units = facts.get('node-units', nodeRef(node));
    if (!swap.known || !memory.known || !units.known) {
      const reason = whyUnknown(swap) ?? whyUnknown(memory) ?? whyUnknown(units) ?? '';
      return refused(say('no-agent', { node, reason }));
    }
    const devices = swap.value.active;
    if (devices.length === 0) return refused(say('already-off', { node }));
    const used = devices.reduce((sum, device) => sum + device.usedKiB, 0);
    const available = memory.value.availableKiB;
    if (used > SAFE_SHARE * available) return refused(say('tight', { node, used, available }));
    const steps = [
      ...devices.map(({ device, usedKiB, sizeKiB }) =>
        nodeStep(
          node,
          'swap-device',
          { device, state: 'off' },
          say('off', { node, device, used: usedKiB, size: sizeKiB }),
        ),
      ),
      ...startIfGivenUp(facts, node),
      waitReady(node),
    ];
    const undo = [...devices]
      .reverse()
      .map(({ device }) => nodeStep(node, 'swap-device', { device, state: 'on' }, say('on', { node, device })));
    return {
      status: 'draft',
      draft: {
        ...nodeDraft(input, node, steps, undo),
        remediation: 'turn-swap-off',
        title: say('title', { node }),
        blast: [say('blast-node', { node, used, available }), say('blast-kubelet')],
        checksBefore: [say('before-memory')],
        notes: [say('note-boot'), say('note-undo'), say('note-other-pods', { node })],
      },
    };
  },
});
