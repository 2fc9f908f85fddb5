/** Cause: nobody runs the controllers, so workloads, endpoints and quotas stay as they were. */
import type { Workload } from '../../core/evidence/cluster-types.ts';
import type { Facts } from '../../core/facts.ts';
import type { Finding } from '../../core/finding.ts';
import { podReady } from '../model/pods.ts';
import { leaderRule } from './leader-rule.ts';

/** Kinds whose status counts the Pods that exist, and that only this component creates Pods for. */
const MAKERS = ['ReplicaSet', 'StatefulSet'];

export const controllerManagerDown = leaderRule({
  id: 'controller-manager-down',
  component: 'kube-controller-manager',
  summary: 'a cluster in which nobody runs the controllers',
  undone: 'Deployments, Jobs, endpoints and quotas stay as they were',
  explains: {
    'workload-unavailable': { when: nobodyActed },
    'service-no-ready-endpoints': { when: endpointsAreOld },
  },
  missed: (facts) => workloads(facts).some(isUnanswered),
});

function workloads(facts: Facts): Workload[] {
  return facts.all('workload').flatMap((fact) => (fact.known ? [fact.value] : []));
}

/** Its newest spec was seen by nobody, or Pods that it wants were never made and nobody refused them. */
function isUnanswered(workload: Workload): boolean {
  const { kind, generation, observedGeneration, desired, updated, conditions } = workload;
  if (generation !== undefined && (observedGeneration ?? 0) < generation) return true;
  const refused = conditions.some((one) => one.type === 'ReplicaFailure' && one.status === 'True');
  return MAKERS.includes(kind) && desired > 0 && updated === 0 && !refused;
}

function nobodyActed(_: Finding, theirs: Finding, facts: Facts): boolean {
  const { kind, namespace, name } = theirs.object;
  return workloads(facts).some((one) => {
    const itself = one.kind === kind && one.name === name;
    const below = one.owners.some((owner) => owner.kind === kind && owner.name === name);
    return one.namespace === namespace && (itself || below) && isUnanswered(one);
  });
}

/** Ready Pods are there and no endpoint: nobody wrote it. */
function endpointsAreOld(_: Finding, theirs: Finding, facts: Facts): boolean {
  const pods = facts.get('pods', theirs.object);
  if (theirs.text === 'terminating' || !pods.known) return false;
  return pods.value.pods.some((pod) => podReady(pod) && pod.phase === 'Running' && pod.deletionTime === undefined);
}
