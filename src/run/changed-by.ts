/** Who changed an object last, as far as its managedFields tell. */
import { fixReason } from '../core/fix-reasons.ts';
import type { ApiObject } from '../core/remediation.ts';

/** Who wrote, as managedFields name it. */
export const FIELD_MANAGER = 'kubewhy';

export interface LastChange {
  /** The field manager: `kubectl-edit`, `helm`, `kube-controller-manager`. */
  readonly by: string;
  readonly at: string;
}

/** Gives the last writer besides those of the status; undefined where the server keeps no managedFields (before v1.18). */
export function lastChange(object: ApiObject): LastChange | undefined {
  const entries = (object.metadata.managedFields ?? []).filter((entry) => (entry.subresource ?? '') !== 'status');
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
