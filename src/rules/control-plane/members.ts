/** The control plane's static Pods, as the evidence holds them: one for each member. */
import type { PodObject } from '../../core/evidence/cluster-types.ts';
import type { Fact, Facts } from '../../core/facts.ts';

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
