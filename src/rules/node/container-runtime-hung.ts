/** Cause: the container runtime runs and does not answer, or far too late (facts §3.4, PLEG). */
import type { NodeObject } from '../../core/evidence/cluster-types.ts';
import { type Facts, proof } from '../../core/facts.ts';
import type { Finding, Proof } from '../../core/finding.ts';
import { nodeRef, sameRef } from '../../core/object-ref.ts';
import { defineRule } from '../../core/rule.ts';
import { isReady, isStale, readyCondition } from '../model/nodes.ts';
import { RUNTIME_HANGS, runtimeUnitOf, unitState } from './container-runtime-down.ts';
import { KUBELET_UNIT } from './kubelet.ts';
import { nodesToRead } from './suspects.ts';

/** kubelet’s own words for a runtime that is slow; `container runtime is down` also stands for one that does not run. */
const SLOW = /PLEG is not healthy|container runtime status check may not have completed/i;
/** A call to the runtime that nobody answered: kubelet gives up after two minutes. */
const NO_ANSWER =
  /(runtime service failed|image service failed|ExecSync|GenericPLEG|(Create|Run|Stop|Kill|List)PodSandbox|container runtime).*(DeadlineExceeded|context deadline exceeded)/i;
const RECENT_MS = 10 * 60_000;
const CALLS = 3;
/** Percent of time in which all work waits for the disk. */
const STALLED = 20;

export const containerRuntimeHung = defineRule({
  id: 'container-runtime-hung',
  role: 'cause',
  severity: 'critical',
  summary: 'a node whose container runtime runs and does not answer',
  needs: ['nodes', 'node-leases', 'node-units', 'node-journal', 'node-pressure'],
  texts: {
    found: 'The container runtime on {node} ({runtime}) hangs: it runs, and kubelet gets no answer in time.',
    slow: 'The container runtime on {node} ({runtime}) answers some of kubelet’s calls too late or never.',
    condition: 'The node’s own word: {message}',
    runtime: 'systemd on {node} says of {runtime}: {state}.',
    calls: 'kubelet on {node} gave up {count} {count:call|calls} to the runtime within ten minutes. The last: {line}',
    stall: 'On {node} all work waited for the disk in {percent} % of the last minute.',
    look: 'Look what holds it up: the disk, the processor, a container that cannot be ended. A restart of containerd leaves containers running; one of docker without live-restore does not.',
    disk: 'Look at the disk first: the runtime waits for it as everything else on the node does.',
  },
  explains: {
    'node-not-ready': { when: (mine, theirs) => mine.text === 'found' && sameRef(mine.object, theirs.object) },
    'pod-pending': { when: onlyStartingThere },
  },
  judge(facts, say) {
    const nodes = facts.get('nodes');
    if (!nodes.known) return;
    for (const node of nodesToRead(facts)) {
      const seen = look(facts, node);
      if (seen === undefined) continue;
      const { word, unit, calls, text, sure } = seen;
      const runtime = unit?.value.name ?? node.containerRuntime ?? '?';
      const stall = stallProof(facts, node.name);
      const check = `time crictl ps; journalctl -u ${runtime.split(':')[0] ?? ''} -n 50   # on ${node.name}`;
      say.find({
        object: nodeRef(node.name),
        severity: text === 'found' ? 'critical' : 'warning',
        ...(sure ? { confidence: 'confirmed' } : { confidence: 'likely', tryThis: check }),
        text,
        data: { node: node.name, runtime },
        because: [
          ...(word === undefined
            ? []
            : [proof(nodes, 'condition' as const, { message: word }, `kubectl describe node ${node.name}`)]),
          ...(unit === undefined
            ? []
            : [proof(unit.fact, 'runtime' as const, { node: node.name, runtime, state: unitState(unit.value) })]),
          ...calls,
          ...stall,
        ],
        scope: { nodes: [node.name] },
        ...(text === 'found' ? sinceOf(node) : {}),
        advice: [
          stall.length > 0
            ? { text: 'disk', data: {}, command: `cat /proc/pressure/io; iostat -x 2 3   # on ${node.name}` }
            : { text: 'look', data: {}, command: check },
        ],
      });
    }
  },
});

function look(facts: Facts, node: NodeObject) {
  if (isStale(facts, node.name)) return undefined;
  const unit = runtimeUnitOf(facts, node);
  // Down or on its way: another rule's matter.
  if (unit !== undefined && unit.value.activeState !== 'active') return undefined;
  const ready = readyCondition(node);
  const message = ready?.status === 'False' ? (ready.message ?? '') : '';
  // Without the unit's state, "down" may mean just that.
  const hangs = SLOW.test(message) || (unit !== undefined && RUNTIME_HANGS.test(message));
  const calls = callsProof(facts, node.name);
  if (!hangs && calls.length === 0) return undefined;
  const text = hangs ? ('found' as const) : ('slow' as const);
  // Calls that fail on a node that is ready may have other reasons: one container that hangs.
  return { word: hangs ? message : undefined, unit, calls, text, sure: hangs && unit !== undefined };
}

function callsProof(facts: Facts, node: string): Proof<'calls'>[] {
  const journal = facts.get('node-journal', nodeRef(node), KUBELET_UNIT);
  if (!journal.known) return [];
  const until = Date.parse(journal.item.at);
  const lines = journal.value.lines.filter(
    ({ time, text }) => NO_ANSWER.test(text) && time !== undefined && until - Date.parse(time) <= RECENT_MS,
  );
  const last = lines.at(-1);
  if (last === undefined || lines.length < CALLS) return [];
  return [proof(journal, 'calls', { node, count: lines.length, line: last.text })];
}

function stallProof(facts: Facts, node: string): Proof<'stall'>[] {
  const pressure = facts.get('node-pressure', nodeRef(node));
  const percent = pressure.known ? (pressure.value.io?.full?.avg60 ?? 0) : 0;
  if (!pressure.known || percent < STALLED) return [];
  return [proof(pressure, 'stall', { node, percent: Math.round(percent) }, `cat /proc/pressure/io   # on ${node}`)];
}

function sinceOf(node: NodeObject): { since?: string } {
  const at = isReady(node) ? undefined : readyCondition(node)?.lastTransitionTime;
  return at === undefined ? {} : { since: at };
}

/** Pods that have a node and do not start, all of them here. */
function onlyStartingThere(mine: Finding, theirs: Finding): boolean {
  const nodes = theirs.scope.nodes ?? [];
  return theirs.text === 'starting' && nodes.length > 0 && nodes.every((node) => node === mine.object.name);
}
