/** Has a workload come to what its object says? As `kubectl rollout status` decides it, for the three kinds that roll out. */
import { z } from 'zod';
import type { ApiObject, ApiTarget } from '../core/api-object.ts';
import { targetKey } from '../core/api-object.ts';
import type { PlanStep } from '../core/remediation.ts';

const ROLLING = new Set(['daemonsets', 'deployments', 'statefulsets']);

/** A workload whose Pods are to be new, and nodes whose Pods nobody can expect. */
export interface Rolling {
  readonly target: ApiTarget;
  readonly except: readonly string[];
}

const count = z.number().int().min(0).default(0);
const Counts = z.object({
  spec: z.object({ replicas: z.number().int().min(0).default(1) }).prefault({}),
  status: z
    .object({
      observedGeneration: z.number().default(0),
      desiredNumberScheduled: count,
      updatedNumberScheduled: count,
      numberAvailable: count,
      replicas: count,
      updatedReplicas: count,
      availableReplicas: count,
      readyReplicas: count,
    })
    .prefault({}),
});

export interface Rollout {
  readonly done: boolean;
  readonly updated: number;
  readonly available: number;
  readonly desired: number;
}

/** Gives how far a workload is; `missing` Pods are not waited for. Undefined where its object has another form. */
export function rolloutOf(object: ApiObject, missing = 0): Rollout | undefined {
  const parsed = Counts.safeParse(object);
  if (!parsed.success) return undefined;
  const { spec, status } = parsed.data;
  const daemons = object.kind === 'DaemonSet';
  const desired = daemons ? status.desiredNumberScheduled : spec.replicas;
  const updated = daemons ? status.updatedNumberScheduled : status.updatedReplicas;
  // A StatefulSet of an old API server does not count what is available.
  const available = daemons
    ? status.numberAvailable
    : Math.max(status.availableReplicas, object.kind === 'StatefulSet' ? status.readyReplicas : 0);
  const enough = Math.max(0, desired - missing);
  const seen = status.observedGeneration >= (object.metadata.generation ?? 0);
  const oldGone = daemons || status.replicas <= Math.max(updated, desired);
  return { done: seen && updated >= enough && available >= enough && oldGone, updated, available, desired };
}

/** Gives the workloads that a plan's steps set in motion. */
export function rollingOf(steps: readonly PlanStep[]): Rolling[] {
  const found = new Map<string, Rolling>();
  for (const step of steps) {
    if (
      step.type === 'api' &&
      step.verb === 'patch' &&
      step.target.group === 'apps' &&
      ROLLING.has(step.target.resource)
    )
      found.set(targetKey(step.target), { target: step.target, except: [] });
    if (step.type === 'wait' && step.until.kind === 'rolled-out')
      found.set(targetKey(step.until.target), { target: step.until.target, except: step.until.except });
  }
  return [...found.values()];
}
