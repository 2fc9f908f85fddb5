/** Does what was written still stand, and has it rolled out? Reads each changed object once. */

import type { ApiTarget, ObjectRead } from '../core/api-object.ts';
import { targetKey } from '../core/api-object.ts';
import type { ClusterReader } from '../core/ports.ts';
import type { ApiStep, Draft } from '../core/remediation.ts';
import { targetText } from './api-write.ts';
import { reversedField } from './change-stands.ts';
import { lastChange } from './changed-by.ts';
import { readObject } from './plan.ts';
import { rollingOf, rolloutOf } from './rollout.ts';
import { type Check, check } from './verify-checks.ts';

/** `rollouts`: false for an undo, which may bring back what never rolled out. @throws ClusterError `unreachable` and `unauthorised`. */
export async function changeChecks(
  draft: Draft,
  cluster: ClusterReader,
  { signal, rollouts }: { readonly signal: AbortSignal; readonly rollouts: boolean },
): Promise<Check[]> {
  const steps = lastWrites(draft);
  const rolling = rollouts ? rollingOf(draft.steps) : [];
  const targets = new Map([...steps, ...rolling].map(({ target }) => [targetKey(target), target]));
  const reads = new Map<string, ObjectRead>();
  await Promise.all(
    [...targets].map(async ([key, target]) => reads.set(key, await readObject(cluster, target, signal))),
  );
  const readOf = (target: ApiTarget): ObjectRead =>
    reads.get(targetKey(target)) ?? { status: 'unreadable', reason: 'it was not read' };
  return [
    ...steps.map((step) => standsCheck(step, readOf(step.target))),
    ...rolling.flatMap(({ target, except }) => rolloutCheck(target, readOf(target), except.length)),
  ];
}

/** Of several writes to one object the last decides. */
function lastWrites(draft: Draft): ApiStep[] {
  const writes = draft.steps.flatMap((step) => (step.type === 'api' ? [step] : []));
  return [...new Map(writes.map((step) => [targetKey(step.target), step])).values()];
}

function standsCheck(step: ApiStep, read: ObjectRead): Check {
  const object = targetText(step.target);
  if (read.status === 'unreadable')
    return check('unseen', 'verify.change-unseen', { object, why: read.reason.replace(/\.$/, '') });
  if (step.verb === 'delete') {
    const there = read.status === 'read' && read.object.metadata.uid === step.before.uid;
    return there ? check('wrong', 'verify.not-deleted', { object }) : check('ok', 'verify.deleted', { object });
  }
  if (read.status === 'absent') {
    // A request for a certificate is cleaned up once it is served.
    return step.verb === 'update'
      ? check('ok', 'verify.change-stands', { object })
      : check('wrong', 'verify.object-gone', { object });
  }
  const field = reversedField(read.object, step);
  if (field === undefined) return check('ok', 'verify.change-stands', { object });
  const writer = lastChange(read.object);
  return check('wrong', 'verify.change-reversed', { object, field, by: writer === undefined ? '' : ` (${writer.by})` });
}

function rolloutCheck(target: ApiTarget, read: ObjectRead, missing: number): Check[] {
  if (read.status !== 'read') return [];
  const rollout = rolloutOf(read.object, missing);
  if (rollout === undefined) return [];
  const { done, updated, available, desired } = rollout;
  const object = targetText(target);
  return done
    ? [check('ok', 'verify.rolled-out', { object, available, desired })]
    : [check('wrong', 'verify.rolling', { object, updated, available, desired })];
}
