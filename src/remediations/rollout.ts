/** Deployments, StatefulSets and DaemonSets as plans that roll out read them: strategy, counts, what a rollout takes away. */
import { z } from 'zod';

const IntOrPercent = z.union([z.number(), z.string()]);
const Strategy = z
  .looseObject({
    type: z.string().optional(),
    rollingUpdate: z
      .looseObject({
        maxSurge: IntOrPercent.optional(),
        maxUnavailable: IntOrPercent.optional(),
        partition: z.number().optional(),
      })
      .nullish(),
  })
  .optional();

/** A workload of any of the three kinds. */
export const Rollable = z.looseObject({
  metadata: z.looseObject({
    generation: z.number().optional(),
    annotations: z.record(z.string(), z.string()).nullish(),
  }),
  spec: z.looseObject({
    replicas: z.number().optional(),
    paused: z.boolean().optional(),
    selector: z.looseObject({
      matchLabels: z.record(z.string(), z.string()).nullish(),
      matchExpressions: z.array(z.unknown()).nullish(),
    }),
    template: z.looseObject({}),
    strategy: Strategy,
    updateStrategy: Strategy,
  }),
  status: z
    .looseObject({
      observedGeneration: z.number().optional(),
      replicas: z.number().optional(),
      updatedReplicas: z.number().optional(),
      availableReplicas: z.number().optional(),
      readyReplicas: z.number().optional(),
      desiredNumberScheduled: z.number().optional(),
      updatedNumberScheduled: z.number().optional(),
      numberAvailable: z.number().optional(),
    })
    .optional(),
});
export type Rollable = z.infer<typeof Rollable>;

/** How many Pods are wanted, of the newest template, and available. */
export function countsOf(kind: string, { spec, status }: Rollable) {
  if (kind === 'DaemonSet')
    return {
      desired: status?.desiredNumberScheduled ?? 0,
      updated: status?.updatedNumberScheduled ?? 0,
      available: status?.numberAvailable ?? 0,
    };
  return {
    desired: spec.replicas ?? 1,
    updated: status?.updatedReplicas ?? 0,
    // Servers before v1.25 give StatefulSets no availableReplicas.
    available: status?.availableReplicas ?? status?.readyReplicas ?? 0,
  };
}

/** Whether the controller has seen the newest spec and replaced every Pod. */
export function isRolledOut(kind: string, workload: Rollable): boolean {
  const { desired, updated } = countsOf(kind, workload);
  const seen = (workload.status?.observedGeneration ?? 0) >= (workload.metadata.generation ?? 0);
  return seen && updated >= desired;
}

/** RollingUpdate, Recreate or OnDelete; the default where nothing is said. */
export function strategyOf({ spec }: Rollable): string {
  return (spec.updateStrategy ?? spec.strategy)?.type ?? 'RollingUpdate';
}

/**
 * How many Pods a rolling update may take away at once (rounded down, as Kubernetes does), and how many it may add first
 * (rounded up). A StatefulSet takes one by one; a DaemonSet replaces in place.
 */
export function rolling(kind: string, workload: Rollable): { readonly surge: number; readonly away: number } {
  const { desired } = countsOf(kind, workload);
  const { maxSurge, maxUnavailable } = (workload.spec.updateStrategy ?? workload.spec.strategy)?.rollingUpdate ?? {};
  if (kind === 'StatefulSet') return { surge: 0, away: Math.max(1, share(maxUnavailable ?? 1, desired, Math.floor)) };
  const daemon = kind === 'DaemonSet';
  const surge = share(maxSurge ?? (daemon ? 0 : '25%'), desired, Math.ceil);
  const away = share(maxUnavailable ?? (daemon ? 1 : '25%'), desired, daemon ? Math.ceil : Math.floor);
  // Both nothing cannot move: Kubernetes then takes one away.
  return { surge, away: surge === 0 && away === 0 ? 1 : away };
}

function share(value: number | string, of: number, round: (n: number) => number): number {
  const percent = /^(\d+)%$/.exec(String(value))?.[1];
  return percent === undefined ? Number(value) || 0 : round((of * Number(percent)) / 100);
}

/** A label selector for lists; undefined where it cannot be written as equalities. */
export function selectorText({ spec }: Rollable): string | undefined {
  const labels = Object.entries(spec.selector.matchLabels ?? {});
  if (labels.length === 0 || (spec.selector.matchExpressions ?? []).length > 0) return undefined;
  return labels.map(([key, value]) => `${key}=${value}`).join(',');
}
