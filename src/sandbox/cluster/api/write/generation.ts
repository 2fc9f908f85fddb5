/** `metadata.generation`: which kinds count changes of their spec, and what counts as one. */
import type { Resource } from '../resource-table.ts';
import type { KubeObject } from '../types.ts';
import { isMap, own, sameJson } from './values.ts';

const COUNTING_GROUPS = new Set([
  'apps',
  'batch',
  'extensions',
  'networking.k8s.io',
  'policy',
  'apiextensions.k8s.io',
  'admissionregistration.k8s.io',
  'flowcontrol.apiserver.k8s.io',
  'discovery.k8s.io',
]);
const NOT_COUNTING = new Set(['ControllerRevision', 'ServiceCIDR', 'IPAddress', 'PodSecurityPolicy']);

/** Whether objects of this resource carry a generation. */
export function hasGeneration(resource: Resource, object: KubeObject): boolean {
  const { group, kind } = resource;
  if (NOT_COUNTING.has(kind)) return false;
  if (group === '' && kind === 'ReplicationController') return true;
  // Custom resources all do; the groups of Kubernetes itself end in .k8s.io or have no dot.
  const isCustom = group.includes('.') && !group.endsWith('.k8s.io');
  return isCustom || COUNTING_GROUPS.has(group) || own(object.metadata, 'generation') !== undefined;
}

/** The generation after a change. */
export function nextGeneration(resource: Resource, before: KubeObject, after: KubeObject): number | undefined {
  const current = own(before.metadata, 'generation');
  const counted = typeof current === 'number' ? current : undefined;
  if (!hasGeneration(resource, before)) return counted;
  return sameJson(countedPart(before), countedPart(after)) ? counted : (counted ?? 1) + 1;
}

/** All but metadata and status. */
function countedPart(object: KubeObject): unknown {
  const { metadata: _metadata, status: _status, apiVersion: _version, ...rest } = object;
  return isMap(rest) ? rest : {};
}
