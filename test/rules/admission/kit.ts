/** Small builders for the tests of refusals: a Deployment, its ReplicaSet, and what the controller was told. */
import type { EventObject } from '../../../src/core/evidence/cluster-types.ts';
import type { EvidenceItem } from '../../../src/core/evidence.ts';
import { namespacedRef } from '../../../src/core/object-ref.ts';
import type { Question } from '../../../src/core/question.ts';
import { ago, known } from '../../support/evidence.ts';
import { workloadOf } from '../workload/kit.ts';

export const ASK: Question = { type: 'diagnose', target: { kind: 'Deployment', namespace: 'shop', name: 'web' } };
export const SHOP = { kind: 'Namespace', name: 'shop' };
export const SET = namespacedRef('ReplicaSet', 'shop', 'web-5d9');

export function event(message: string, change: Partial<EventObject> = {}): EventObject {
  const about = { kind: SET.kind, namespace: 'shop', name: SET.name };
  const times = { firstTime: ago(1800), lastTime: ago(60) };
  return { type: 'Warning', reason: 'FailedCreate', message, count: 12, ...times, about, ...change };
}

/** Deployment web, whose ReplicaSet web-5d9 has no Pods, and the ReplicaSet's events. */
export function refused(...events: readonly (string | EventObject)[]): EvidenceItem[] {
  const list = events.map((one) => (typeof one === 'string' ? event(`Error creating: ${one}`) : one));
  return [
    workloadOf(),
    workloadOf({ kind: 'ReplicaSet', name: 'web-5d9', owners: [{ kind: 'Deployment', name: 'web' }] }),
    known('events', list, SET),
  ];
}

export const QUOTA =
  'pods "web-5d9-abcde" is forbidden: exceeded quota: compute, requested: limits.cpu=500m,pods=1, used: limits.cpu=4,pods=8, limited: limits.cpu=4,pods=8';
export const HOOK = (why: string): string =>
  `Internal error occurred: failed calling webhook "validate.sec.example.com": failed to call webhook: Post "https://hook.sec.svc:443/validate?timeout=10s": ${why}`;
