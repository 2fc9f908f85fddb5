/** Controllers of Pods (Deployment, ReplicaSet, StatefulSet, DaemonSet, Job): from the API server's form to evidence. */
import { z } from 'zod';
import type { Workload } from '../../core/evidence/workload.ts';
import { ownersOf, RawContainer, toContainer } from './pod.ts';
import { conditions, keep, list, opt, or, part, pruned, RawCondition, RawLabels, RawMeta } from './raw.ts';

const count = opt(z.number());
const sum = or(z.number(), 0);
const RollingUpdate = opt(
  z.object({
    rollingUpdate: opt(z.object({ maxUnavailable: opt(z.union([z.number(), z.string()])) })),
    type: opt(z.string()),
  }),
);

const RawWorkload = z.object({
  metadata: RawMeta,
  spec: z.object({
    replicas: count,
    completions: count,
    parallelism: count,
    selector: opt(z.object({ matchLabels: RawLabels })),
    template: opt(
      z.object({
        spec: opt(z.object({ containers: list(RawContainer) })),
        metadata: opt(z.object({ labels: RawLabels })),
      }),
    ),
    strategy: RollingUpdate,
    updateStrategy: RollingUpdate,
  }),
  status: part(
    z.object({
      replicas: count,
      readyReplicas: sum,
      availableReplicas: count,
      updatedReplicas: count,
      desiredNumberScheduled: sum,
      numberReady: sum,
      numberAvailable: sum,
      updatedNumberScheduled: sum,
      active: sum,
      ready: sum,
      succeeded: sum,
      observedGeneration: count,
      conditions: list(RawCondition),
    }),
  ),
});

/** Who owns or manages the object above its controller, and how it is told to restart. */
const ANNOTATIONS = [
  'meta.helm.sh/',
  'argocd.argoproj.io/',
  'kustomize.toolkit.fluxcd.io/',
  'deployment.kubernetes.io/',
  'deprecated.daemonset.template.generation',
  'kubectl.kubernetes.io/restartedAt',
  'unsupported.operator.tigera.io/',
];

/** Gives a workload as evidence. @throws z.ZodError where the input is none. */
export function toWorkload(kind: string, input: unknown): Workload {
  const { metadata, spec, status } = RawWorkload.parse(input);
  const strategy = spec.updateStrategy ?? spec.strategy;
  const maxUnavailable = strategy?.rollingUpdate?.maxUnavailable;
  return pruned({
    kind,
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    createdAt: metadata.creationTimestamp,
    labels: metadata.labels,
    annotations: keep(metadata.annotations, ANNOTATIONS),
    owners: ownersOf(metadata.ownerReferences),
    selector: spec.selector?.matchLabels ?? {},
    ...counts(kind, spec, status),
    generation: metadata.generation,
    observedGeneration: status.observedGeneration,
    maxUnavailable: maxUnavailable === undefined ? undefined : String(maxUnavailable),
    updateStrategy: strategy?.type,
    conditions: conditions(status.conditions ?? []),
    containers: (spec.template?.spec?.containers ?? []).map((entry) => toContainer(entry)),
  });
}

type Raw = z.output<typeof RawWorkload>;

function counts(kind: string, spec: Raw['spec'], status: Raw['status']) {
  if (kind === 'DaemonSet')
    return {
      desired: status.desiredNumberScheduled,
      ready: status.numberReady,
      available: status.numberAvailable,
      updated: status.updatedNumberScheduled,
    };
  if (kind === 'Job')
    return {
      desired: spec.completions ?? spec.parallelism ?? 1,
      ready: status.ready + status.succeeded,
      available: status.succeeded,
      updated: status.active + status.succeeded,
    };
  return {
    desired: spec.replicas ?? 1,
    ready: status.readyReplicas,
    available: status.availableReplicas ?? status.readyReplicas,
    updated: status.updatedReplicas ?? status.replicas ?? 0,
  };
}
