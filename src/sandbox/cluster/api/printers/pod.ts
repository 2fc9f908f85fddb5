/** Pods as `kubectl get pods` shows them: READY, STATUS and RESTARTS computed as the API server does. */
import { ageOf } from '../duration.ts';
import { at, count, flag, items, present, text } from '../json.ts';
import type { KubeObject } from '../types.ts';
import { age, column, type Printer } from './printer.ts';

const SHOWS_LAST_RESTART_SINCE_MINOR = 22;

/** The printer of Pods. */
export const podPrinter: Printer = {
  columns: [
    column('Name'),
    column('Ready'),
    column('Status'),
    column('Restarts'),
    column('Age'),
    column('IP', 'wide'),
    column('Node', 'wide'),
    column('Nominated Node', 'wide'),
    column('Readiness Gates', 'wide'),
  ],
  cells: (pod, context) => {
    const state = summarize(pod);
    const { restarts, lastRestart } = state;
    const dated = restarts > 0 && lastRestart !== '' && context.minor >= SHOWS_LAST_RESTART_SINCE_MINOR;
    const ip = text(pod, 'status', 'podIPs', 0, 'ip') || text(pod, 'status', 'podIP');
    return [
      pod.metadata.name,
      `${state.ready}/${state.total}`,
      state.reason,
      dated ? `${restarts} (${ageOf(lastRestart, context.nowMs)} ago)` : String(restarts),
      age(pod, context),
      ip || '<none>',
      text(pod, 'spec', 'nodeName') || '<none>',
      text(pod, 'status', 'nominatedNodeName') || '<none>',
      readinessGates(pod),
    ];
  },
};

interface Summary {
  ready: number;
  total: number;
  reason: string;
  restarts: number;
  lastRestart: string;
}

function summarize(pod: KubeObject): Summary {
  const phase = text(pod, 'status', 'phase');
  const gated = items(pod, 'status', 'conditions').some(
    (c) => text(c, 'type') === 'PodScheduled' && text(c, 'reason') === 'SchedulingGated',
  );
  const summary: Summary = {
    ready: 0,
    total: items(pod, 'spec', 'containers').length,
    reason: gated ? 'SchedulingGated' : text(pod, 'status', 'reason') || phase,
    restarts: 0,
    lastRestart: '',
  };
  const sidecars = sidecarNames(pod);
  summary.total += sidecars.size;
  const sidecarRestarts = { restarts: 0, lastRestart: '' };
  const initializing = addInitContainers(summary, pod, sidecars, sidecarRestarts);
  if (!initializing || hasCondition(pod, 'Initialized')) {
    Object.assign(summary, sidecarRestarts);
    addContainers(summary, pod);
  }
  if (present(pod, 'metadata', 'deletionTimestamp')) {
    const finished = phase === 'Succeeded' || phase === 'Failed';
    if (text(pod, 'status', 'reason') === 'NodeLost') summary.reason = 'Unknown';
    else if (!finished) summary.reason = 'Terminating';
  }
  return summary;
}

function sidecarNames(pod: KubeObject): Set<string> {
  const sidecars = items(pod, 'spec', 'initContainers').filter((c) => text(c, 'restartPolicy') === 'Always');
  return new Set(sidecars.map((c) => text(c, 'name')));
}

type Restarts = Pick<Summary, 'restarts' | 'lastRestart'>;

function addRestarts(to: Restarts, status: unknown): void {
  to.restarts += count(status, 'restartCount');
  const finished = text(status, 'lastState', 'terminated', 'finishedAt');
  if (finished !== '' && (to.lastRestart === '' || Date.parse(finished) > Date.parse(to.lastRestart))) {
    to.lastRestart = finished;
  }
}

/** Walks the init containers up to the first that is not done; true if there is one. */
function addInitContainers(summary: Summary, pod: KubeObject, sidecars: Set<string>, restarts: Restarts): boolean {
  const total = items(pod, 'spec', 'initContainers').length;
  for (const [index, status] of items(pod, 'status', 'initContainerStatuses').entries()) {
    const sidecar = sidecars.has(text(status, 'name'));
    addRestarts(summary, status);
    if (sidecar) addRestarts(restarts, status);
    const terminated = at(status, 'state', 'terminated');
    if (present(terminated) && count(terminated, 'exitCode') === 0) continue;
    if (sidecar && flag(status, 'started')) {
      if (flag(status, 'ready')) summary.ready += 1;
      continue;
    }
    const waiting = text(status, 'state', 'waiting', 'reason');
    if (present(terminated)) summary.reason = `Init:${terminatedReason(terminated)}`;
    else if (waiting !== '' && waiting !== 'PodInitializing') summary.reason = `Init:${waiting}`;
    else summary.reason = `Init:${index}/${total}`;
    return true;
  }
  return false;
}

/** The first container that waits or has ended gives the reason. */
function addContainers(summary: Summary, pod: KubeObject): void {
  let running = false;
  for (const status of items(pod, 'status', 'containerStatuses').toReversed()) {
    addRestarts(summary, status);
    const waiting = text(status, 'state', 'waiting', 'reason');
    const terminated = at(status, 'state', 'terminated');
    if (waiting !== '') summary.reason = waiting;
    else if (present(terminated)) summary.reason = terminatedReason(terminated);
    else if (flag(status, 'ready') && present(status, 'state', 'running')) {
      running = true;
      summary.ready += 1;
    }
  }
  if (summary.reason === 'Completed' && running) summary.reason = hasCondition(pod, 'Ready') ? 'Running' : 'NotReady';
}

function terminatedReason(terminated: unknown): string {
  const reason = text(terminated, 'reason');
  if (reason !== '') return reason;
  const signal = count(terminated, 'signal');
  return signal === 0 ? `ExitCode:${count(terminated, 'exitCode')}` : `Signal:${signal}`;
}

function hasCondition(pod: KubeObject, type: string): boolean {
  return items(pod, 'status', 'conditions').some((c) => text(c, 'type') === type && text(c, 'status') === 'True');
}

function readinessGates(pod: KubeObject): string {
  const gates = items(pod, 'spec', 'readinessGates');
  if (gates.length === 0) return '<none>';
  return `${gates.filter((gate) => hasCondition(pod, text(gate, 'conditionType'))).length}/${gates.length}`;
}
