/** Who changed an object last, as far as its managedFields tell. */

import type { ApiObject } from '../core/api-object.ts';
import { fixReason } from '../core/fix-reasons.ts';
import { isRestless } from '../core/object-state.ts';

/** Who wrote, as managedFields name it. */
export const FIELD_MANAGER = 'kubewhy';

export interface LastChange {
  /** The field manager: `kubectl-edit`, `helm`, `kube-controller-manager`. */
  readonly by: string;
  readonly at: string;
}

/**
 * Gives the last writer besides those of the status and of a controller's own bookkeeping: the Deployment controller notes
 * the revision after every change of somebody else's. Undefined where the server keeps no managedFields (before v1.18).
 */
export function lastChange(object: ApiObject): LastChange | undefined {
  const entries = (object.metadata.managedFields ?? []).filter(
    (entry) => (entry.subresource ?? '') !== 'status' && !isBookkeeping(entry['fieldsV1']),
  );
  const named = entries.flatMap(({ manager, time }) =>
    manager === undefined || time === undefined ? [] : [{ by: manager.slice(0, 128), at: time.slice(0, 40) }],
  );
  return named.toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at))[0];
}

/** The reason for an object that is no longer as it was planned for. */
export function changedReason(object: string, live: ApiObject | undefined): ReturnType<typeof fixReason> {
  if (live === undefined) return fixReason('fix.object-gone', { object });
  const last = lastChange(live);
  return last === undefined
    ? fixReason('fix.object-changed', { object })
    : fixReason('fix.object-changed-by', { object, ...last });
}

/** True for fields that are all status, or annotations that controllers write by themselves (managedFields' own spelling). */
function isBookkeeping(fields: unknown): boolean {
  const top = keysOf(fields);
  if (top.length === 0) return false;
  return top.every((key) => {
    if (key === 'f:status') return true;
    if (key !== 'f:metadata') return false;
    const metadata = member(fields, key);
    const annotations = member(metadata, 'f:annotations');
    const only = keysOf(metadata).every((name) => name === 'f:annotations');
    const names = keysOf(annotations).filter((name) => name !== '.');
    return only && names.every((name) => isRestless(name.slice('f:'.length)));
  });
}

function keysOf(value: unknown): string[] {
  return typeof value === 'object' && value !== null ? Object.keys(value) : [];
}

function member(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[key] : undefined;
}
