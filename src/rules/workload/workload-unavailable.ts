/** Symptom: a workload has fewer Pods that serve than it wants. */
import type { Workload } from '../../core/evidence/cluster-types.ts';
import { type Facts, proof } from '../../core/facts.ts';
import { namespacedRef } from '../../core/object-ref.ts';
import { defineRule } from '../../core/rule.ts';
import { asksAboutWorkload, isNamed } from './owners.ts';

const WORKLOADS = ['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job'];
/** A workload that was made or changed a moment ago is on its way. */
const STARTING_MS = 30_000;

export const workloadUnavailable = defineRule({
  id: 'workload-unavailable',
  role: 'symptom',
  severity: 'critical',
  summary: 'a workload with fewer serving Pods than it wants',
  needs: ['workload', 'services'],
  texts: {
    found: '{workload} has {available} of {desired} Pods available.',
    none: '{workload} has none of {desired} {desired:Pod|Pods} available.',
    failed: '{workload} has failed: {message}',
    counts:
      'Status of {workload}: {desired} wanted, {ready} ready, {available} available, {updated} of the newest template.',
    condition: 'Condition {type} of {workload} is {status}: {message}',
  },
  answers: (question, finding) => question.target.kind !== 'Pod' && asksAboutWorkload(question, finding),
  judge(facts, say) {
    if (targetUnseen(facts)) say.undecided();
    for (const fact of facts.all('workload')) {
      if (!fact.known) continue;
      const { value } = fact;
      const fault = faultOf(value, facts.now);
      const object = namespacedRef(value.kind, value.namespace, value.name);
      // The DaemonSets that are read for other questions, calico-node and kube-proxy, have rules of their own.
      if (fault === undefined || (value.kind === 'DaemonSet' && !isNamed(facts, object, []))) continue;
      // The Deployment above says the same.
      if (facts.question.target.kind !== 'ReplicaSet' && value.owners.some((o) => o.kind === 'Deployment')) continue;
      const workload = `${value.kind}/${value.namespace}/${value.name}`;
      const { desired, ready, available, updated } = value;
      const condition = badCondition(value);
      const command = `kubectl -n ${value.namespace} describe ${value.kind.toLowerCase()} ${value.name}`;
      say.find({
        object,
        severity: fault === 'found' ? 'warning' : 'critical',
        confidence: 'confirmed',
        text: fault,
        data: { workload, desired, available, message: condition?.message ?? '?' },
        because: [
          proof(fact, 'counts', { workload, desired, ready, available, updated }, command),
          ...(condition === undefined
            ? []
            : [
                proof(
                  fact,
                  'condition' as const,
                  { workload, type: condition.type, status: condition.status, message: condition.message ?? '?' },
                  command,
                ),
              ]),
        ],
        scope: {},
        ...(condition?.lastTransitionTime === undefined ? {} : { since: condition.lastTransitionTime }),
      });
    }
  },
});

function faultOf(workload: Workload, now: number): 'none' | 'found' | 'failed' | undefined {
  if (workload.kind === 'Job') return badCondition(workload) === undefined ? undefined : 'failed';
  const young = workload.createdAt !== undefined && now - Date.parse(workload.createdAt) < STARTING_MS;
  if (workload.desired === 0 || workload.available >= workload.desired || young) return undefined;
  return workload.available === 0 ? 'none' : 'found';
}

/** The condition that says what is wrong, in the spelling of each kind. */
function badCondition({ conditions }: Workload) {
  return conditions.find(
    (c) =>
      (c.type === 'Failed' && c.status === 'True') ||
      (c.type === 'ReplicaFailure' && c.status === 'True') ||
      (c.type === 'Available' && c.status === 'False') ||
      (c.type === 'Progressing' && c.status === 'False'),
  );
}

/** A workload that was asked about and not seen leaves the question open. */
function targetUnseen(facts: Facts): boolean {
  const { target, type } = facts.question;
  if (type !== 'diagnose' || !WORKLOADS.includes(target.kind)) return false;
  return !facts.all('workload').some((fact) => {
    const { kind, name, namespace } = fact.object;
    const same = kind === target.kind && name === target.name;
    return fact.known && same && (target.namespace === undefined || target.namespace === namespace);
  });
}
