/** How a rollout gets on: the Deployment's condition Progressing, and the deadline after which it is stuck, as pkg/controller/deployment/progress.go has it. */
import { at, count, items, text } from '../cluster/api/json.ts';
import type { KubeObject } from '../cluster/api/types.ts';
import type { Life } from './life.ts';

/** As many as 11 days; what is longer, or the largest number (which stands for none), is never reached. */
const LONGEST_SECONDS = 1_000_000;

/** The counts of a Deployment's status that tell progress. */
export interface RolloutCounts {
  readonly replicas: number;
  readonly updatedReplicas: number;
  readonly readyReplicas: number;
  readonly availableReplicas: number;
}

/** What a look at a Deployment has found. */
export interface RolloutLook {
  readonly counts: RolloutCounts;
  /** All Pods are of the newest template and available. */
  readonly complete: boolean;
  /** The ReplicaSet of the newest template, and whether it was made just now. */
  readonly current: string;
  readonly made: boolean;
}

/** Gives the condition Progressing after a look at a Deployment, and minds its deadline. Nothing where it has none yet and no deadline. */
export function progressing(life: Life, deployment: KubeObject, look: RolloutLook): unknown[] {
  const before = conditionOf(deployment);
  const name = timerOf(deployment);
  const next = stateAfter(deployment, before, look);
  const { reason } = next ?? { reason: text(before, 'reason') };
  const done = reason === COMPLETE || reason === TIMED_OUT;
  // Each progress gives the whole time again; a paused rollout has time without end.
  if (next !== undefined || done || isPaused(deployment)) life.timers.cancel(name);
  const seconds = deadlineOf(deployment);
  if (!done && !isPaused(deployment) && seconds !== undefined) {
    life.timers.once(name, seconds, () => timeOut(life, deployment, look.current));
  }
  const condition = next === undefined ? before : conditionWith(before, next);
  return condition === undefined ? [] : [condition];
}

const COMPLETE = 'NewReplicaSetAvailable';
const TIMED_OUT = 'ProgressDeadlineExceeded';

interface State {
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
}

/** What is new, or undefined where it stays as it is: a finished rollout stays finished when its Pods fail later. */
function stateAfter(deployment: KubeObject, before: unknown, look: RolloutLook): State | undefined {
  const { counts, complete, current, made } = look;
  if (deadlineOf(deployment) === undefined) return undefined;
  if (made) {
    return { status: 'True', reason: 'NewReplicaSetCreated', message: `Created new replica set "${current}"` };
  }
  const finished = text(before, 'reason') === COMPLETE;
  if (isPaused(deployment) || (finished && counts.replicas === counts.updatedReplicas)) return undefined;
  if (complete) {
    return { status: 'True', reason: COMPLETE, message: `ReplicaSet "${current}" has successfully progressed.` };
  }
  if (!hasProgressed(deployment, counts)) return undefined;
  return { status: 'True', reason: 'ReplicaSetUpdated', message: `ReplicaSet "${current}" is progressing.` };
}

/** More new Pods, fewer old ones, more that are ready or available. */
function hasProgressed(deployment: KubeObject, now: RolloutCounts): boolean {
  const was = (field: keyof RolloutCounts): number => count(deployment, 'status', field);
  return (
    now.updatedReplicas > was('updatedReplicas') ||
    now.replicas - now.updatedReplicas < was('replicas') - was('updatedReplicas') ||
    now.readyReplicas > was('readyReplicas') ||
    now.availableReplicas > was('availableReplicas')
  );
}

/** The time is over: the rollout is stuck, until something of it gets on. */
function timeOut(life: Life, { apiVersion, kind, metadata }: KubeObject, current: string): void {
  const { namespace, name, uid } = metadata;
  const live = life.store.get({ apiVersion, kind, namespace, name });
  if (live === undefined || live.metadata.uid !== uid || isPaused(live)) return;
  const next: State = {
    status: 'False',
    reason: TIMED_OUT,
    message: `ReplicaSet "${current}" has timed out progressing.`,
  };
  const condition = conditionWith(conditionOf(live), next);
  const others = items(live, 'status', 'conditions').filter((one) => text(one, 'type') !== 'Progressing');
  life.store.put({ ...live, status: { ...(live['status'] as object), conditions: [...others, condition] } });
}

function conditionWith(before: unknown, { status, reason, message }: State): unknown {
  const now = `${new Date().toISOString().slice(0, 19)}Z`;
  const since = text(before, 'status') === status ? text(before, 'lastTransitionTime') : now;
  return { type: 'Progressing', status, reason, message, lastTransitionTime: since, lastUpdateTime: now };
}

function conditionOf(deployment: KubeObject): unknown {
  return items(deployment, 'status', 'conditions').find((condition) => text(condition, 'type') === 'Progressing');
}

function deadlineOf(deployment: KubeObject): number | undefined {
  const seconds = at(deployment, 'spec', 'progressDeadlineSeconds');
  return typeof seconds === 'number' && seconds <= LONGEST_SECONDS ? seconds : undefined;
}

function isPaused(deployment: KubeObject): boolean {
  return at(deployment, 'spec', 'paused') === true;
}

function timerOf({ metadata }: KubeObject): string {
  return `progress of ${metadata.namespace}/${metadata.name}`;
}
