/** Brings the store in line with a changed model: only objects that the change touches are written, and only in the fields that it touches. */
import { isDeepStrictEqual } from 'node:util';
import { toStorage } from '../cluster/api/convert.ts';
import type { ObjectStore } from '../cluster/api/object-store.ts';
import type { KubeObject } from '../cluster/api/types.ts';
import type { ClusterModel } from '../cluster/simulate/model.ts';
import { objectsOf } from '../cluster/simulate/render.ts';
import { derive } from '../cluster/simulate/world.ts';
import { shiftTimes } from '../shift-times.ts';
import { carry } from './merge.ts';

/** Kinds that follow from the model. All others belong to clients and to the controllers beside this file. */
const FOLLOWING = new Set([
  'Pod',
  'Endpoints',
  'EndpointSlice',
  'Node',
  'Lease',
  'Event',
  'IPAMBlock',
  'BlockAffinity',
]);

/** What a model makes of the kinds that follow from it, by kind, namespace and name. */
export type Rendered = ReadonlyMap<string, KubeObject>;

/** Renders a settled model as of a moment; both sides of a comparison take the same one. */
export function renderFollowing(model: ClusterModel, now: string, shiftMs: number): Rendered {
  const objects = objectsOf(derive({ ...model, now })).filter((one) => FOLLOWING.has(one.kind));
  return new Map(shiftTimes(objects, shiftMs).map((one) => [nameOf(one), toStorage(one)]));
}

/** Writes the difference between two renderings. Events are never taken away: they expire, and nobody recalls them. */
export function publish(store: ObjectStore, before: Rendered, after: Rendered): void {
  for (const [name, old] of before) {
    if (after.has(name) || old.kind === 'Event') continue;
    store.delete(refOf(old));
  }
  for (const [name, next] of after) {
    const old = before.get(name);
    if (old !== undefined && isDeepStrictEqual(old, next)) continue;
    const live = store.get(refOf(next));
    if (live === undefined) {
      // What a client has removed does not come back by a change of something else.
      if (old === undefined) store.put(next);
      continue;
    }
    const merged = carry(old ?? live, next, live) as KubeObject;
    if (!isDeepStrictEqual(merged, live)) store.put(merged);
  }
}

/** `Pod kube-system/calico-node-x`. */
export function nameOf(object: KubeObject): string {
  return `${object.kind} ${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}

function refOf({ apiVersion, kind, metadata }: KubeObject) {
  return { apiVersion, kind, namespace: metadata.namespace, name: metadata.name };
}
