/** Starts a container runtime that does not run (R20). */
import { defineRemediation } from '../core/remediation.ts';
import { linesOf, refused } from './lines.ts';
import { NODE_TEXTS, namedNode, nodeDraft, nodeStep, startIfGivenUp, waitReady } from './node-drafts.ts';
import { nodeOf, unitOf } from './nodes.ts';

/** Units by the runtime that the node names. */
const UNITS = { docker: 'docker.service', containerd: 'containerd.service', 'cri-o': 'crio.service' } as const;
const isKnown = (name: string): name is keyof typeof UNITS => Object.hasOwn(UNITS, name);
/** A file system above this has no room for what the runtime writes when it starts. */
const FULL_PERCENT = 98;

const TEXTS = {
  ...NODE_TEXTS,
  title: 'Start {unit} on {node}',
  start: 'Start {unit} on {node}.',
  'blast-containerd': 'Only {node}. Containers that still run there go on: {unit} takes them over.',
  'blast-docker':
    'Only {node}. Containers that still run there may end: docker without live-restore stops what it finds when it starts.',
  'blast-kubelet': 'kubelet connects to it within seconds, and the node becomes Ready.',
  'before-down': '{unit} on {node} is {state}.',
  'no-undo': 'There is no way back from a start; stopping the runtime again would only bring back the fault.',
  'note-why': 'Why it ended stands in its journal. Read it before you approve: it may end again.',
  'unknown-runtime': 'The node names {runtime} as its runtime. kubewhy starts containerd, CRI-O and docker only.',
  absent: 'systemd on {node} knows no {unit}.',
  masked: '{unit} on {node} is masked, so systemd refuses to start it. Somebody did that on purpose.',
  runs: '{unit} on {node} is active. Starting it changes nothing: what is wrong lies elsewhere, perhaps in the socket.',
  loops: '{unit} on {node} ends again and again, and systemd starts it anyway. Its journal says why.',
  full: '{mount} on {node} is full ({used} %). The runtime would end again: free space first.',
} as const;
const say = linesOf(TEXTS);

export const startContainerRuntime = defineRemediation({
  id: 'start-container-runtime',
  summary: 'starts a container runtime that does not run',
  fixes: ['container-runtime-down'],
  texts: TEXTS,
  rights: [{ verb: 'get', group: '', resource: 'nodes' }],
  nodeSteps: ['container-runtime', 'kubelet'],
  wants: () => [],
  plan(input) {
    const { facts } = input;
    const node = namedNode(input);
    if (node === undefined) return refused(say('no-node', { node: input.finding.object.name }));
    const runtime = nodeOf(facts, node)?.containerRuntime ?? '?';
    const name = runtime.split(':')[0] ?? '';
    if (!isKnown(name)) return refused(say('unknown-runtime', { runtime }));
    const unit = UNITS[name];
    const units = facts.get('node-units', { kind: 'Node', name: node });
    if (!units.known) return refused(say('no-agent', { node, reason: units.reason }));
    const state = unitOf(facts, node, unit);
    if (state === undefined) return refused(say('absent', { node, unit }));
    if (state.loadState === 'masked' || (state.unitFileState ?? '').startsWith('masked'))
      return refused(say('masked', { node, unit }));
    if (state.activeState === 'active') return refused(say('runs', { node, unit }));
    if (state.activeState === 'activating') return refused(say('loops', { node, unit }));
    const disks = facts.get('node-disk', { kind: 'Node', name: node });
    const full = disks.known ? disks.value.find((disk) => isFull(disk)) : undefined;
    if (full !== undefined) return refused(say('full', { node, mount: full.mount, used: full.usedPercent }));
    const steps = [
      nodeStep(node, 'container-runtime', { unit, state: 'started' }, say('start', { unit, node })),
      ...startIfGivenUp(facts, node),
      waitReady(node),
    ];
    return {
      status: 'draft',
      draft: {
        ...nodeDraft(input, node, steps, []),
        remediation: 'start-container-runtime',
        title: say('title', { unit, node }),
        noUndo: say('no-undo'),
        blast: [say(name === 'docker' ? 'blast-docker' : 'blast-containerd', { unit, node }), say('blast-kubelet')],
        checksBefore: [say('before-down', { unit, node, state: `${state.activeState} (${state.subState})` })],
        notes: [say('note-why', {}, `journalctl -u ${unit} -n 50 --no-pager   # on ${node}`)],
      },
    };
  },
});

/** Where the runtime keeps its files. */
function isFull(disk: { mount: string; usedPercent: number; inodesUsedPercent?: number | undefined }): boolean {
  const holds = ['/', '/var', '/var/lib', '/var/lib/containerd', '/var/lib/docker', '/run'].includes(disk.mount);
  return holds && Math.max(disk.usedPercent, disk.inodesUsedPercent ?? 0) >= FULL_PERCENT;
}
