/** Keeps swap off over the next boot: masks the unit or comments the fstab line that turns it on, where that is known (R18). */
import type { NodeSwap } from '../core/evidence/node-system.ts';
import { nodeRef } from '../core/object-ref.ts';
import { defineRemediation, type Line, type NodeStep } from '../core/remediation.ts';
import { type SwapSource, swapSources } from '../core/swap-sources.ts';
import { linesOf, refused } from './lines.ts';
import { NODE_TEXTS, namedNode, nodeDraft, nodeStep } from './node-drafts.ts';
import { whyUnknown } from './nodes.ts';

const TEXTS = {
  ...NODE_TEXTS,
  title: 'Keep swap off on {node} over the next boot',
  mask: 'Mask {unit} on {node}: systemd no longer starts it.',
  unmask: 'Unmask {unit} on {node}.',
  comment: 'Comment out the line of /etc/fstab on {node}: {line}. The file is kept beside it.',
  uncomment: 'Make the line of /etc/fstab on {node} active again: {line}.',
  blast: 'Nothing changes now: {node} only starts without swap at its next boot.',
  'before-off': 'Swap is off on {node} now.',
  'note-boot': 'Only a boot proves it. Restart {node} when that is convenient, and ask again.',
  'swap-on': 'Swap is still on at {node} ({devices}). Turn it off first: turn-swap-off.',
  unknown: 'Nothing known turns swap on at the boot of {node}, so there is nothing to switch off.',
  zram: 'The zram generator makes swap on {node}. kubewhy has no step for it.',
  'manual-zram': 'Switch the generator off with an empty file of its own:',
  'cloud-init':
    'cloud-init wrote the line for {device} into /etc/fstab on {node}, and writes it again at the next boot.',
  'manual-cloud-init': 'Take swap out of the configuration of cloud-init:',
  'own-file':
    '{unit} on {node} is a file of its own ({path}): systemd does not mask what stands in /etc/systemd/system.',
  'manual-own-file': 'Disable it:',
  'no-line':
    'The line of /etc/fstab behind {unit} on {node} was not found, so it cannot be commented out to the letter.',
  'manual-no-line': 'Look for it:',
  'odd-line': 'The line of /etc/fstab on {node} is not one that can be commented out safely: {line}',
} as const;
const say = linesOf(TEXTS);

export const keepSwapOff = defineRemediation({
  id: 'keep-swap-off',
  summary: 'keeps swap off over the next boot',
  fixes: ['kubelet-swap-on', 'swap-returns-at-boot'],
  texts: TEXTS,
  // Where an agent's address is not in the settings, it is asked of the API server.
  rights: [{ verb: 'get', group: '', resource: 'nodes' }],
  nodeSteps: ['fstab-line', 'swap-unit'],
  wants: () => [],
  plan(input) {
    const node = namedNode(input);
    if (node === undefined) return refused(say('no-node', { node: input.finding.object.name }));
    const swap = input.facts.get('node-swap', nodeRef(node));
    if (!swap.known) return refused(say('no-agent', { node, reason: whyUnknown(swap) ?? '' }));
    const { active } = swap.value;
    if (active.length > 0) return refused(say('swap-on', { node, devices: active.map((one) => one.device) }));
    const sources = swapSources(swap.value);
    if (sources.length === 0) return refused(say('unknown', { node }));
    const moves = sources.map((source) => moveOf(node, source, swap.value));
    const [hard] = moves.flatMap((move) => ('why' in move ? [move] : []));
    if (hard !== undefined) return refused(hard.why, ...hard.manual);
    const steps = unique(moves.flatMap((move) => ('step' in move ? [move.step] : [])));
    const undo = unique(moves.flatMap((move) => ('step' in move ? [move.undo] : []))).reverse();
    return {
      status: 'draft',
      draft: {
        ...nodeDraft(input, node, steps, undo),
        remediation: 'keep-swap-off',
        title: say('title', { node }),
        blast: [say('blast', { node })],
        checksBefore: [say('before-off', { node })],
        notes: [say('note-boot', { node })],
      },
    };
  },
});

type Move =
  | { readonly step: NodeStep; readonly undo: NodeStep }
  | { readonly why: Line; readonly manual: readonly Line[] };

/** The step for one source; or why there is none, and what a person does instead. */
function moveOf(node: string, source: SwapSource, swap: NodeSwap): Move {
  const { kind, device, path, detail } = source;
  const unit = source.unit ?? device;
  if (kind === 'zram')
    return { why: say('zram', { node }), manual: [say('manual-zram', {}, ': > /etc/systemd/zram-generator.conf')] };
  if (kind === 'fstab') return ofFstab(node, unit, device, lineOf(detail, swap));
  if (path.startsWith('/etc/systemd/system/'))
    return {
      why: say('own-file', { unit, node, path }),
      manual: [say('manual-own-file', {}, `systemctl disable '${unit}'`)],
    };
  return {
    step: nodeStep(node, 'swap-unit', { unit, state: 'masked' }, say('mask', { unit, node })),
    undo: nodeStep(node, 'swap-unit', { unit, state: 'unmasked' }, say('unmask', { unit, node })),
  };
}

/** The line to the letter; undefined where only the file is known. */
function lineOf(detail: string, swap: NodeSwap): string | undefined {
  return swap.fstab.find((entry) => !entry.commented && entry.line === detail)?.line;
}

function ofFstab(node: string, unit: string, device: string, line: string | undefined): Move {
  if (line === undefined)
    return {
      why: say('no-line', { unit, node }),
      manual: [say('manual-no-line', {}, 'grep -n swap /etc/fstab')],
    };
  if (/\bcomment=cloudconfig\b/.test(line))
    return {
      why: say('cloud-init', { device, node }),
      manual: [
        say('manual-cloud-init', {}, 'grep -rn -A4 -e swap: -e mounts: /etc/cloud/cloud.cfg /etc/cloud/cloud.cfg.d'),
      ],
    };
  if (line.length > 1000 || /[\n\r]/.test(line) || line.startsWith('#'))
    return { why: say('odd-line', { node, line: line.slice(0, 200) }), manual: [] };
  return {
    step: nodeStep(node, 'fstab-line', { line, state: 'commented' }, say('comment', { node, line })),
    undo: nodeStep(node, 'fstab-line', { line, state: 'active' }, say('uncomment', { node, line })),
  };
}

function unique(steps: readonly NodeStep[]): NodeStep[] {
  return [...new Map(steps.map((step) => [JSON.stringify(step.action), step])).values()];
}
