/** Waiting for the cluster between two writes: looks again and again, and says what is missing when the time is over. */
import { z } from 'zod';
import { apiPath } from '../core/api-object.ts';
import { ClusterError, errorText } from '../core/errors.ts';
import type { Reason } from '../core/fix.ts';
import { fixReason } from '../core/fix-reasons.ts';
import type { ClusterReader } from '../core/ports.ts';
import { type WaitStep } from '../core/remediation.ts';
import { targetText } from './api-write.ts';
import { APPLY_TIMES, type ApplyPorts, note, pause, type StepEnd } from './step-end.ts';

/**
 * Waits. `startedAt` is when the step was begun, also by an earlier process.
 * @throws the signal's reason, and ClusterError `unauthorised`.
 */
export async function runWaitStep(
  step: WaitStep,
  startedAt: number,
  ports: ApplyPorts,
  signal: AbortSignal,
): Promise<StepEnd> {
  const { pollMs } = { ...APPLY_TIMES, ...ports.times };
  for (;;) {
    let missing: string | undefined;
    try {
      missing = await missingOf(step.until, ports.reader, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ClusterError) || error.code === 'unauthorised') throw error;
      missing = errorText(error);
    }
    if (missing === undefined) return { progress: { state: 'done' } };
    if (ports.clock.now() - startedAt >= step.seconds * 1000)
      return { progress: { state: 'failed', note: note(missing) }, reason: waitReason(step, note(missing)) };
    await pause(pollMs, signal);
  }
}

/** The reason for a wait that was over before it was fulfilled. */
export function waitReason({ until, seconds }: WaitStep, seen: string): Reason {
  if (until.kind === 'rolled-out')
    return fixReason('fix.wait-rollout', { object: targetText(until.target), seconds, seen });
  return fixReason(until.kind === 'node-ready' ? 'fix.wait-node' : 'fix.wait-pod', { node: until.node, seconds, seen });
}

/** Half a sentence about what is missing, or undefined where nothing is. */
function missingOf(until: WaitStep['until'], reader: ClusterReader, signal: AbortSignal): Promise<string | undefined> {
  if (until.kind === 'pod-replaced') return podMissing(until, reader, signal);
  if (until.kind === 'node-ready') return nodeMissing(until.node, reader, signal);
  return rolloutMissing(until, reader, signal);
}

const Conditions = z.array(z.object({ type: z.string(), status: z.string(), reason: z.string().nullish() })).nullish();
const Pods = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string(), uid: z.string(), deletionTimestamp: z.string().nullish() }),
      spec: z.object({ nodeName: z.string().nullish() }),
      status: z.object({ phase: z.string().nullish(), conditions: Conditions }).nullish(),
    }),
  ),
});

async function podMissing(
  until: Extract<WaitStep['until'], { kind: 'pod-replaced' }>,
  reader: ClusterReader,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { namespace, selector, node, uid } = until;
  const query = { labelSelector: selector, fieldSelector: `spec.nodeName=${node}`, limit: '100' };
  const path = `/api/v1/namespaces/${namespace}/pods`;
  const { items } = read(Pods, await reader.read({ path, query }, signal), path);
  const here = items.filter((pod) => pod.spec.nodeName === node);
  const fresh = here.filter((pod) => pod.metadata.uid !== uid && (pod.metadata.deletionTimestamp ?? null) === null);
  if (fresh.some((pod) => isTrue(pod.status?.conditions, 'Ready'))) return undefined;
  const [waiting] = fresh;
  if (waiting !== undefined) return `Pod ${waiting.metadata.name} is ${waiting.status?.phase ?? 'new'} and not Ready`;
  const old = here.find((pod) => pod.metadata.uid === uid);
  if (old === undefined) return 'there is no Pod yet';
  const ending = (old.metadata.deletionTimestamp ?? null) === null ? 'still there' : 'still ending';
  return `the old Pod ${old.metadata.name} is ${ending}`;
}

const Node = z.object({ status: z.object({ conditions: Conditions }).nullish() });

async function nodeMissing(name: string, reader: ClusterReader, signal: AbortSignal): Promise<string | undefined> {
  const path = `/api/v1/nodes/${name}`;
  const { status } = read(Node, await reader.read({ path }, signal), path);
  if (isTrue(status?.conditions, 'Ready')) return undefined;
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  if (ready === undefined) return 'it has no condition Ready';
  return `Ready is ${ready.status}${ready.reason === undefined ? '' : ` (${ready.reason})`}`;
}

/** Fields that are zero are left out by the server. */
const count = z
  .number()
  .nullish()
  .transform((value) => value ?? 0);
const Rolled = z.object({
  metadata: z.object({ generation: count }),
  spec: z.object({
    replicas: z
      .number()
      .nullish()
      .transform((value) => value ?? 1),
  }),
  status: z.preprocess(
    (value) => value ?? {},
    z.object({
      observedGeneration: count,
      desiredNumberScheduled: count,
      updatedNumberScheduled: count,
      numberAvailable: count,
      replicas: count,
      updatedReplicas: count,
      availableReplicas: count,
    }),
  ),
});

async function rolloutMissing(
  until: Extract<WaitStep['until'], { kind: 'rolled-out' }>,
  reader: ClusterReader,
  signal: AbortSignal,
): Promise<string | undefined> {
  const path = apiPath(until.target);
  const object = read(Rolled, await reader.read({ path }, signal), path);
  const { observedGeneration } = object.status;
  if (observedGeneration < object.metadata.generation) return 'its controller has not seen the change';
  const { wanted, updated, available, old } = until.target.kind === 'DaemonSet' ? daemons(object) : replicas(object);
  // Nothing can become available on a node whose kubelet is dead.
  const most = until.target.kind === 'DaemonSet' ? wanted - until.except.length : wanted;
  if (updated < most) return `${updated} of ${most} Pods are updated`;
  if (old > 0) return `${old} old Pods are still there`;
  return available < most ? `${available} of ${most} Pods are available` : undefined;
}

interface Counts {
  readonly wanted: number;
  readonly updated: number;
  readonly available: number;
  readonly old: number;
}

function daemons({ status }: z.infer<typeof Rolled>): Counts {
  const { desiredNumberScheduled: wanted, updatedNumberScheduled: updated, numberAvailable: available } = status;
  return { wanted, updated, available, old: 0 };
}

function replicas({ spec, status }: z.infer<typeof Rolled>): Counts {
  const { updatedReplicas: updated, availableReplicas: available } = status;
  return { wanted: spec.replicas, updated, available, old: status.replicas - updated };
}

function isTrue(conditions: z.infer<typeof Conditions>, type: string): boolean {
  return conditions?.some((condition) => condition.type === type && condition.status === 'True') === true;
}

function read<T>(schema: z.ZodType<T>, value: unknown, path: string): T {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new ClusterError('malformed', `the API server's answer to ${path} has another form`);
  return parsed.data;
}
