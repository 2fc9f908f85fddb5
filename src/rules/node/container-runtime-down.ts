/** Cause: the container runtime does not run, so kubelet cannot start or has nothing to report (K07, K09, K23). */
import type { NodeObject } from '../../core/evidence/cluster-types.ts';
import type { NodeUnit } from '../../core/evidence/node-system.ts';
import { type Fact, type Facts, proof } from '../../core/facts.ts';
import type { Proof } from '../../core/finding.ts';
import { nodeRef } from '../../core/object-ref.ts';
import { defineRule } from '../../core/rule.ts';
import { nodesByName, readyCondition } from '../model/nodes.ts';
import { type Kubelet, kubelets } from './kubelet.ts';
import { downSince, KUBELET_LINKS, KUBELET_PROOFS, kubeletProofs } from './kubelet-fatal-rule.ts';

const UNITS: Readonly<Record<string, string>> = {
  docker: 'docker.service',
  containerd: 'containerd.service',
  'cri-o': 'crio.service',
};
/** kubelet's own word where it runs and the runtime does not. */
export const RUNTIME_HANGS = /container runtime is down/i;
const OWN_WORD = /container runtime is down|container runtime not ready: RuntimeReady=false/i;

export const containerRuntimeDown = defineRule({
  id: 'container-runtime-down',
  role: 'cause',
  severity: 'critical',
  summary: 'a node whose container runtime does not run',
  needs: ['nodes', 'node-leases', 'node-units', 'node-journal'],
  texts: {
    found: 'The container runtime on {node} does not run ({runtime}), so kubelet cannot work.',
    'no-answer': 'kubelet on {node} gets no answer from the container runtime ({runtime}).',
    'wrong-socket':
      'kubelet on {node} gets no answer from the container runtime, though {runtime} runs: it may be set to the wrong socket.',
    ...KUBELET_PROOFS,
    runtime: 'systemd on {node} says of {runtime}: {state}.',
    condition: 'The node’s own word: {message}',
    start:
      'Look first why it stopped (its journal, a full disk), then start it. Starting containerd leaves running containers alone; docker without live-restore does not.',
    socket: 'Compare the socket that kubelet is given with the one the runtime listens on.',
  },
  explains: KUBELET_LINKS,
  judge(facts, say) {
    for (const kubelet of kubelets(facts)) {
      const node = nodesByName(facts).get(kubelet.node);
      if (node === undefined) continue;
      const seen = look(node, kubelet);
      // Another fatal line is kubelet's own reason, runtime or not.
      if (!seen.line && seen.word === undefined && !(seen.down && kubelet.hit === undefined)) continue;
      const { unit, line } = seen;
      const runtime = unit?.name ?? node.containerRuntime ?? '?';
      const sure = seen.down || seen.word !== undefined;
      const text = textOf(seen);
      say.find({
        object: nodeRef(node.name),
        confidence: sure ? 'confirmed' : 'likely',
        text,
        data: { node: node.name, runtime },
        because: [
          ...(line ? kubeletProofs(kubelet) : []),
          ...unitProof(kubelet, unit),
          ...conditionProof(facts.get('nodes'), node.name, seen.word),
        ],
        scope: { nodes: [node.name] },
        ...downSince(facts, node.name),
        advice:
          text === 'wrong-socket'
            ? [{ text: 'socket', data: {}, command: 'grep -rn container-runtime-endpoint /var/lib/kubelet' }]
            : [{ text: 'start', data: {}, command: `journalctl -u ${runtime} -n 50; systemctl start ${runtime}` }],
        ...(seen.startable ? { remediations: [{ id: 'start-container-runtime', params: { node: node.name } }] } : {}),
        ...(sure ? {} : { tryThis: `crictl info; systemctl status ${runtime}   # on ${node.name}` }),
      });
    }
  },
});

interface Look {
  readonly unit: NodeUnit | undefined;
  /** kubelet's last start ended for want of the runtime. */
  readonly line: boolean;
  /** What a running kubelet says of the runtime. */
  readonly word: string | undefined;
  readonly down: boolean;
  /** It is down, and systemd neither starts it again by itself nor refuses to. */
  readonly startable: boolean;
}

function look(node: NodeObject, kubelet: Kubelet): Look {
  const unit = runtimeUnit(node, kubelet.units);
  const ready = readyCondition(node);
  const message = ready?.status === 'False' ? (ready.message ?? '') : '';
  const down =
    unit !== undefined && ['inactive', 'failed', 'activating'].includes(unit.activeState) && !socketStarts(unit);
  const line = kubelet.hit?.id === 'container-runtime-down';
  // One that runs and is called down does not answer: container-runtime-hung.
  const hangs = unit?.activeState === 'active' && RUNTIME_HANGS.test(message);
  const startable = down && ['inactive', 'failed'].includes(unit.activeState) && unit.loadState !== 'masked';
  return { unit, line, word: OWN_WORD.test(message) && !hangs ? message : undefined, down, startable };
}

function textOf({ down, line, unit }: Look): 'found' | 'wrong-socket' | 'no-answer' {
  if (down) return 'found';
  return line && unit?.activeState === 'active' ? 'wrong-socket' : 'no-answer';
}

function runtimeUnit(node: NodeObject, units: Fact<'node-units'>): NodeUnit | undefined {
  const name = UNITS[(node.containerRuntime ?? '').split(':')[0] ?? ''];
  const unit = units.known && name !== undefined ? units.value.find((u) => u.name === name) : undefined;
  return unit?.loadState === 'not-found' ? undefined : unit;
}

/** The unit of the runtime that the node uses, and the evidence that holds it. */
export function runtimeUnitOf(facts: Facts, node: NodeObject) {
  const fact = facts.get('node-units', nodeRef(node.name));
  const value = runtimeUnit(node, fact);
  return fact.known && value !== undefined ? { fact, value } : undefined;
}

/** docker may wait for its socket to be used; kubelet uses it at once, so a clean stop is no fault there. */
function socketStarts(unit: NodeUnit): boolean {
  return unit.name === 'docker.service' && unit.activeState === 'inactive' && unit.unitFileState === 'disabled';
}

/** Gives `failed (failed), exit-code`. */
export function unitState({ activeState, subState, result }: NodeUnit): string {
  return `${activeState} (${subState})${result === undefined || result === 'success' ? '' : `, ${result}`}`;
}

function unitProof({ units, node }: Kubelet, unit: NodeUnit | undefined): Proof<'runtime'>[] {
  if (!units.known || unit === undefined) return [];
  return [
    proof(
      units,
      'runtime',
      { node, runtime: unit.name, state: unitState(unit) },
      `systemctl status ${unit.name}   # on ${node}`,
    ),
  ];
}

function conditionProof(nodes: Fact<'nodes'>, name: string, message: string | undefined): Proof<'condition'>[] {
  if (message === undefined || !nodes.known) return [];
  return [proof(nodes, 'condition', { message }, `kubectl describe node ${name}`)];
}
