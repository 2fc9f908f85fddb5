/** Who cordoned a node, as the API server noted it; and machines that cordon by themselves. */
import type { ApiObject } from '../core/api-object.ts';

/** Whoever set `spec.unschedulable`: the field manager, and when. */
export interface Cordoned {
  readonly manager: string;
  readonly time: string | undefined;
}

/** Gives who owns the field; undefined on servers that do not note it (before v1.18), or where nobody does. */
export function cordonedBy(node: ApiObject): Cordoned | undefined {
  for (const entry of node.metadata.managedFields ?? []) {
    const fields = entry['fieldsV1'] as { 'f:spec'?: Record<string, unknown> } | undefined;
    if (fields?.['f:spec']?.['f:unschedulable'] === undefined) continue;
    return { manager: entry.manager ?? '?', time: entry.time };
  }
  return undefined;
}

const MACHINES =
  /cluster-autoscaler|karpenter|machine-?config|machine-?controller|kured|node-?problem|draino|descheduler|cluster-api|capi-|upgrade-controller|node-maintenance/i;
const MACHINE_TAINTS = [
  'ToBeDeletedByClusterAutoscaler',
  'karpenter.sh/disruption',
  'karpenter.sh/disrupted',
  'node.kubernetes.io/out-of-service',
  'node.cloudprovider.kubernetes.io/shutdown',
];
const MACHINE_NOTES = ['weave.works/kured-reboot-in-progress', 'machineconfiguration.openshift.io/state'];

/** Gives the machine that keeps this node cordoned, and would do so again or is about to take the node away. */
export function machineOf(node: ApiObject): string | undefined {
  const by = cordonedBy(node)?.manager;
  if (by !== undefined && MACHINES.test(by)) return by;
  const taints = (node['spec'] as { taints?: readonly { key?: string }[] } | undefined)?.taints ?? [];
  const taint = taints.find(({ key }) => key !== undefined && MACHINE_TAINTS.includes(key))?.key;
  if (taint !== undefined) return taint;
  const { annotations } = node.metadata;
  const note = MACHINE_NOTES.find((key) => annotations?.[key] !== undefined);
  return note === undefined || annotations?.[note] === 'Done' ? undefined : note;
}
