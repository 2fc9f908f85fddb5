/** The control plane's static Pods, as the evidence holds them: one for each member. */
import type { PodObject } from '../../core/evidence/cluster-types.ts';
import type { Fact, Facts } from '../../core/facts.ts';
import { isStale } from '../model/nodes.ts';
import { podReady } from '../model/pods.ts';

export const CONTROL_PLANE = { kind: 'Component', name: 'control-plane' } as const;

/** The list of the control plane's Pods. */
export function controlPlanePods(facts: Facts): Fact<'pods'> {
  return facts.get('pods', CONTROL_PLANE);
}

/** The Pods of one component that belong to this cluster's own control plane, by name. */
export function membersOf(pods: readonly PodObject[], component: string): PodObject[] {
  return pods
    .filter((pod) => pod.labels['component'] === component && pod.deletionTime === undefined)
    .filter((pod) => pod.namespace === 'kube-system' && pod.phase !== 'Failed' && pod.phase !== 'Succeeded')
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** What is wrong with a member's Pod; undefined where it is ready, or its node is silent and nobody knows. */
export function sickState(facts: Facts, pod: PodObject): string | undefined {
  if (podReady(pod) || (pod.nodeName !== undefined && isStale(facts, pod.nodeName))) return undefined;
  const status = pod.statuses.find((s) => !s.ready);
  if (status === undefined) return pod.phase === 'Running' ? 'not ready' : pod.phase;
  const { state, reason, exitCode } = status.state;
  const word = reason ?? state;
  return exitCode === undefined ? `${word}, ${status.restartCount} restarts` : `${word}, exit code ${exitCode}`;
}
