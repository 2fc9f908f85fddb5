/** The decisive part of an object: what a change of its meaning changes, and its status, counters and bookkeeping do not. */

import type { ApiObject, ObjectState } from './api-object.ts';
import { digestOf } from './canonical-json.ts';

/** Annotations that controllers rewrite by themselves, which no plan rests on. */
const RESTLESS = [
  'deployment.kubernetes.io/revision',
  'deprecated.daemonset.template.generation',
  'control-plane.alpha.kubernetes.io/leader',
  'projectcalico.org/',
  'node.alpha.kubernetes.io/',
  'volumes.kubernetes.io/controller-managed-attach-detach',
];

/** True for an annotation that controllers rewrite by themselves. */
export function isRestless(annotation: string): boolean {
  return RESTLESS.some((prefix) => annotation.startsWith(prefix));
}

/**
 * Gives an object without status, resourceVersion, generation, managedFields and the annotations that controllers rewrite.
 * Of a Node also without `spec.taints`, which the node lifecycle controller writes, and without labels.
 */
export function decisivePart(object: ApiObject): unknown {
  const { apiVersion: _version, kind, metadata, status: _status, ...rest } = object;
  const { name, namespace, uid, labels, annotations, ownerReferences, deletionTimestamp } = metadata;
  const kept = Object.entries(annotations ?? {}).filter(([key]) => !isRestless(key));
  const body = kind === 'Node' ? { spec: withoutTaints(rest['spec']) } : { ...rest, labels: labels ?? {} };
  return {
    kind,
    name,
    namespace: namespace ?? '',
    uid,
    annotations: kind === 'Node' ? {} : Object.fromEntries(kept),
    owners: (ownerReferences ?? []).map((owner) => owner.uid),
    deleted: deletionTimestamp !== undefined && deletionTimestamp !== null,
    body,
  };
}

function withoutTaints(spec: unknown): unknown {
  if (typeof spec !== 'object' || spec === null) return spec;
  const { taints: _taints, ...rest } = spec as Record<string, unknown>;
  return rest;
}

/** Gives what must still be so when a plan is carried out. */
export function stateOf(object: ApiObject): ObjectState {
  return { uid: object.metadata.uid, digest: digestOf(decisivePart(object)) };
}
