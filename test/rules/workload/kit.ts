/** Small builders for the tests of workload rules. */
import type { PodObject, Workload } from '../../../src/core/evidence/cluster-types.ts';
import type { EvidenceItem } from '../../../src/core/evidence.ts';
import { namespacedRef, type ObjectRef } from '../../../src/core/object-ref.ts';
import type { Question } from '../../../src/core/question.ts';
import { ago, known } from '../../support/evidence.ts';

export const ASK_POD: Question = { type: 'diagnose', target: { kind: 'Pod', namespace: 'shop', name: 'web-5d9-a' } };
export const ASK_DEPLOYMENT: Question = {
  type: 'diagnose',
  target: { kind: 'Deployment', namespace: 'shop', name: 'web' },
};
export const ASK_NAMESPACE: Question = { type: 'diagnose', target: { kind: 'Namespace', name: 'shop' } };

/** A workload as evidence: Deployment shop/web of yesterday that has none of its Pods, unless said otherwise. */
export function workloadOf(change: Partial<Workload> = {}): EvidenceItem {
  const value: Workload = {
    kind: 'Deployment',
    namespace: 'shop',
    name: 'web',
    createdAt: ago(86_400),
    labels: {},
    annotations: {},
    owners: [],
    selector: { app: 'web' },
    desired: 2,
    ready: 0,
    available: 0,
    updated: 0,
    conditions: [],
    containers: [],
    ...change,
  };
  return known('workload', value, namespacedRef(value.kind, value.namespace, value.name));
}

/** A Pod of Deployment web, ready on n1 unless said otherwise. */
export function pod(name: string, change: Partial<PodObject> = {}): PodObject {
  return {
    namespace: 'shop',
    name,
    createdAt: ago(86_400),
    nodeName: 'n1',
    phase: 'Running',
    podIPs: [],
    hostNetwork: false,
    labels: { app: 'web', 'pod-template-hash': '5d9' },
    owners: [{ kind: 'ReplicaSet', name: 'web-5d9' }],
    conditions: [{ type: 'Ready', status: 'True' }],
    containers: [],
    statuses: [],
    tolerations: [],
    ...change,
  };
}

/** A Pod that no node takes, with the scheduler's message. */
export function pending(name: string, message: string, change: Partial<PodObject> = {}): PodObject {
  const { nodeName: _, ...rest } = pod(name);
  const conditions = [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }];
  return { ...rest, phase: 'Pending', conditions, ...change };
}

export function podsOf(object: ObjectRef, ...pods: readonly PodObject[]): EvidenceItem {
  return known('pods', { total: pods.length, pods: [...pods] }, object);
}

export const SERVICE = namespacedRef('Service', 'shop', 'web');
