/** From a step of a plan to the write that carries it out on the object as it was just read, and whether it was carried out. */

import { type ApiObject, type ApiTarget, apiPath, type ObjectState } from '../core/api-object.ts';
import { stateOf } from '../core/object-state.ts';
import type { ClusterWrite } from '../core/ports.ts';
import { type ApiStep } from '../core/remediation.ts';

type Json = Readonly<Record<string, unknown>>;

/**
 * Gives the write. It holds the uid and the resourceVersion of `live`, so that the server refuses it (409) for any other
 * object or version.
 */
export function writeOf(step: ApiStep, live: ApiObject, options: { readonly dryRun: boolean }): ClusterWrite {
  const path = apiPath(step.target, step.subresource);
  const { uid, resourceVersion } = live.metadata;
  const body = isMap(step.body) ? step.body : {};
  // With a body, the server takes a delete's options from there alone: `dryRun` in the query would be ignored.
  if (step.verb === 'delete') {
    const dryRun = options.dryRun ? { dryRun: ['All'] } : {};
    const more = { ...body, preconditions: { uid, resourceVersion }, ...dryRun };
    return { method: 'DELETE', path, body: { apiVersion: 'v1', kind: 'DeleteOptions', ...more } };
  }
  const query = options.dryRun ? { query: { dryRun: 'All' } } : {};
  if (step.verb === 'update') return { method: 'PUT', path, ...query, body: mergeJson(live, body) };
  if (step.patch === 'json') {
    const operations = Array.isArray(step.body) ? (step.body as unknown[]) : [];
    const guards = [
      { op: 'test', path: '/metadata/uid', value: uid },
      // Not `test`, which is answered with 422 as many a fault of the patch itself is: this gives 409.
      { op: 'replace', path: '/metadata/resourceVersion', value: resourceVersion },
    ];
    return { method: 'PATCH', path, patch: 'json', ...query, body: [...guards, ...operations] };
  }
  const guarded = withGuards(body, { uid, resourceVersion });
  return { method: 'PATCH', path, patch: step.patch ?? 'merge', ...query, body: guarded };
}

/** Added without a merge: a patch's `null` means something. */
function withGuards(body: Json, guards: Json): Json {
  const metadata = isMap(body['metadata']) ? body['metadata'] : {};
  return { ...body, metadata: { ...metadata, ...guards } };
}

/**
 * Gives the state in which the step leaves the object, given the answer to its dry run; undefined for a delete. The answer
 * to a write of a subresource is not the object itself (a Scale), and so the object is changed here as the server does it.
 */
export function stateAfter(step: ApiStep, live: ApiObject, answer: ApiObject): ObjectState | undefined {
  if (step.verb === 'delete') return undefined;
  return stateOf(answer.kind === live.kind ? answer : (mergeJson(live, step.body) as ApiObject));
}

/** True where the object is as the step wants it. `expected` is the state that the dry run gave. */
export function carriedOut(step: ApiStep, live: ApiObject | undefined, expected: ObjectState | undefined): boolean {
  if (live === undefined || live.metadata.uid !== step.before.uid) return step.verb === 'delete';
  if (step.verb === 'delete') return (live.metadata.deletionTimestamp ?? null) !== null;
  if (step.verb === 'update') return contains(live, step.body);
  return expected !== undefined && stateOf(live).digest === expected.digest;
}

/** True for a step that is for Pods that do not serve, where the Pod has become Ready since. */
export function isLeftAlone(step: ApiStep, live: ApiObject): boolean {
  if (step.onlyWhile !== 'not-ready') return false;
  const { conditions } = (isMap(live['status']) ? live['status'] : {}) as { conditions?: unknown };
  const all: unknown[] = Array.isArray(conditions) ? conditions : [];
  return all.some((one) => isMap(one) && one['type'] === 'Ready' && one['status'] === 'True');
}

/** RFC 7396: `null` removes, maps are merged, all else is replaced. */
export function mergeJson(target: unknown, patch: unknown): unknown {
  if (!isMap(patch)) return patch;
  const merged = new Map(Object.entries(isMap(target) ? target : {}));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key);
    else merged.set(key, mergeJson(merged.get(key), value));
  }
  return Object.fromEntries(merged);
}

/** `DaemonSet kube-system/calico-node`, as reasons name an object. */
export function targetText({ kind, namespace, name }: ApiTarget): string {
  return namespace === undefined ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;
}

/** True where `whole` has everything that `part` has; the server may have added fields of its own. */
function contains(whole: unknown, part: unknown): boolean {
  if (Array.isArray(part))
    return Array.isArray(whole) && whole.length === part.length && part.every((item, i) => contains(whole[i], item));
  if (!isMap(part)) return whole === part;
  return isMap(whole) && Object.entries(part).every(([key, value]) => contains(whole[key], value));
}

function isMap(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
