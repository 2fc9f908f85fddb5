/** How controllers write: counts of a status only where they change, a spec as a named field manager. */
import { isDeepStrictEqual } from 'node:util';
import { at, count } from '../cluster/api/json.ts';
import type { KubeObject } from '../cluster/api/types.ts';
import { rulesOfKind } from '../cluster/api/write/list-types.ts';
import { afterUpdate, withManagers } from '../cluster/api/write/managed-fields.ts';
import type { Life } from './life.ts';

/** Fields that Go writes also where they are zero. */
const WITH_ZERO = new Set(
  'replicas currentNumberScheduled desiredNumberScheduled numberMisscheduled numberReady'.split(' '),
);

type Counts = Record<string, number>;

/** Writes counts into a status; `more` gives what changes with them. As in Go, a zero is left out; that alone is no change. */
export function putStatus(
  life: Life,
  object: KubeObject,
  counts: Counts,
  more: () => Record<string, unknown> = () => ({}),
): void {
  const before = (at(object, 'status') ?? {}) as Record<string, unknown>;
  const same = Object.entries(counts).every(([field, value]) => count(before, field) === value);
  if (same) return;
  const kept = Object.fromEntries(Object.entries(before).filter(([field]) => !Object.hasOwn(counts, field)));
  const shown = Object.fromEntries(
    Object.entries(counts).filter(([field, value]) => value !== 0 || WITH_ZERO.has(field)),
  );
  life.store.put({ ...object, status: { ...kept, ...shown, ...more() } });
}

/** Writes a changed object as a controller does, its generation counted up where the spec changed. */
export function putAs(life: Life, manager: string, before: KubeObject, after: KubeObject): KubeObject {
  const changed = !isDeepStrictEqual(before['spec'], after['spec']);
  const generation = Math.max(1, count(before, 'metadata', 'generation')) + (changed ? 1 : 0);
  const next: KubeObject = { ...after, metadata: { ...after.metadata, generation } };
  const time = `${new Date().toISOString().slice(0, 19)}Z`;
  const writer = { manager, operation: 'Update' as const, apiVersion: after.apiVersion, subresource: '', time };
  const stored = life.store.put(withManagers(next, afterUpdate(before, next, writer, rulesOfKind(after.kind, true))));
  // Controllers look again, as after any change.
  life.edit((model) => ({ ...model }));
  return stored;
}
