/** A reference to one thing in a cluster (kind, namespace, name): how evidence and findings say what they speak of. */
import { z } from 'zod';

export { compareText } from './compare-text.ts';

/** `kind` is Kubernetes' own spelling (`Node`, `Service`, `Pod`, …); `namespace` is there only where the kind has one. */
export const ObjectRef = z.object({
  kind: z.string().min(1).max(63),
  namespace: z.string().max(253).optional(),
  name: z.string().max(253),
});
export type ObjectRef = z.infer<typeof ObjectRef>;

/** The cluster as a whole, for evidence that belongs to no single object. */
export const CLUSTER: ObjectRef = Object.freeze({ kind: 'Cluster', name: 'cluster' });

/** Gives a reference to a Node. */
export function nodeRef(name: string): ObjectRef {
  return { kind: 'Node', name };
}

/** Gives a reference to a namespaced object. */
export function namespacedRef(kind: string, namespace: string, name: string): ObjectRef {
  return { kind, namespace, name };
}

/** Gives `Node/k8smater1` or `Service/ci/jenkins-svc`: unique, and readable by people. */
export function refText(ref: ObjectRef): string {
  return ref.namespace === undefined ? `${ref.kind}/${ref.name}` : `${ref.kind}/${ref.namespace}/${ref.name}`;
}

/** True when both references name the same object. */
export function sameRef(a: ObjectRef, b: ObjectRef): boolean {
  return a.kind === b.kind && a.name === b.name && (a.namespace ?? '') === (b.namespace ?? '');
}
