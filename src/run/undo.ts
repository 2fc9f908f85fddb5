/** The plan that takes a fix back: its own undo steps, only for what it did, only where nobody changed it since. Pure. */

import { type ApiTarget, type ObjectRead, type ObjectState, targetKey } from '../core/api-object.ts';
import { canBeUndone } from '../core/approval.ts';
import type { FixRecord, Reason, StepProgress } from '../core/fix.ts';
import { fixReason } from '../core/fix-reasons.ts';
import { stateOf } from '../core/object-state.ts';
import { type ApiStep, type Draft, type NodeStep, type PlanStep } from '../core/remediation.ts';
import { targetText } from './api-write.ts';
import { reversedField } from './change-stands.ts';
import { lastChange } from './changed-by.ts';
import { verifyLine } from './verify-checks.ts';

export type UndoOutcome =
  | { readonly status: 'draft'; readonly draft: Draft }
  | { readonly status: 'refused'; readonly reason: Reason };

/** Gives the objects that `planUndo` has to see. */
export function undoTargets(first: FixRecord): ApiTarget[] {
  const undo = first.plan?.plan.draft.undo ?? [];
  const targets = undo.flatMap((step) => (step.type === 'api' ? [step.target] : []));
  return [...new Map(targets.map((target) => [targetKey(target), target])).values()];
}

/**
 * Plans the undo of a fix. Steps of the fix that were not done, or that found everything so already, are not taken back.
 * `readOf`: the objects as they are now. Refused where one of them is no longer as the fix left it, and by whom if known.
 */
export function planUndo(first: FixRecord, readOf: (target: ApiTarget) => ObjectRead): UndoOutcome {
  const plan = first.plan?.plan;
  if (plan === undefined || !canBeUndone(first.state))
    return refused(fixReason('fix.undo-not-now', { fix: first.id, state: first.state }));
  const { draft } = plan;
  if (draft.undo.length === 0)
    return refused({
      ...fixReason('fix.undo-none'),
      ...(draft.noUndo === undefined ? {} : { line: draft.noUndo }),
    });
  const done = new Map(first.progress.map((one) => [one.index, one]));
  const kept: PlanStep[] = [];
  for (const step of draft.undo) {
    const taken = step.type === 'api' ? apiUndo(step, draft, done, readOf) : otherUndo(step, draft, done);
    if (taken === undefined) continue;
    if ('code' in taken) return refused(taken);
    kept.push(taken);
  }
  const writes = kept.filter((step) => step.type === 'api' || step.type === 'node');
  if (writes.length === 0) return refused(fixReason('fix.undo-nothing', { fix: first.id }));
  return { status: 'draft', draft: undoDraft(draft, kept) };
}

function refused(reason: Reason): UndoOutcome {
  return { status: 'refused', reason };
}

type Done = ReadonlyMap<number, StepProgress>;

/** The step with what the object must be, undefined where there is nothing to take back, or why it cannot be. */
function apiUndo(
  step: ApiStep,
  draft: Draft,
  done: Done,
  readOf: (target: ApiTarget) => ObjectRead,
): ApiStep | Reason | undefined {
  const object = targetText(step.target);
  const key = targetKey(step.target);
  const forward = draft.steps.flatMap((one, index) =>
    one.type === 'api' && targetKey(one.target) === key ? [{ step: one, progress: done.get(index) }] : [],
  );
  const last = forward.findLast(({ progress }) => mayHaveChanged(progress));
  if (last === undefined) return undefined;
  const read = readOf(step.target);
  if (read.status === 'absent') return fixReason('fix.object-gone', { object });
  if (read.status === 'unreadable') return fixReason('fix.object-unreadable', { object, why: read.reason });
  const now = stateOf(read.object);
  const { after } = last.progress ?? {};
  if (after !== undefined) return isSame(now, after) ? { ...step, before: now } : changed(object, read.object);
  // Nobody noted how the step left the object: it is as before, as the step wanted it, or somebody else's.
  if (last.progress?.state !== 'done' && isSame(now, last.step.before)) return undefined;
  const stands = now.uid === last.step.before.uid && reversedField(read.object, last.step) === undefined;
  return stands ? { ...step, before: now } : changed(object, read.object);
}

function mayHaveChanged(progress: StepProgress | undefined): boolean {
  return progress !== undefined && ['done', 'unknown', 'running'].includes(progress.state);
}

function isSame(a: ObjectState, b: ObjectState): boolean {
  return a.uid === b.uid && a.digest === b.digest;
}

function changed(object: string, live: Parameters<typeof lastChange>[0]): Reason {
  const last = lastChange(live);
  return last === undefined
    ? fixReason('fix.undo-changed', { object })
    : fixReason('fix.undo-changed-by', { object, ...last });
}

/** Steps on nodes whose like changed something; waits and what people do stay. */
function otherUndo(step: PlanStep, draft: Draft, done: Done): PlanStep | undefined {
  if (step.type !== 'node') return step;
  const here = draft.steps.flatMap((one, index) =>
    one.type === 'node' && one.node === step.node ? [{ step: one, progress: done.get(index) }] : [],
  );
  const like = here.filter((one) => sameThing(one.step, step));
  // A step that has no like (a restart after the file is back) belongs to whatever was done on the node.
  return (like.length === 0 ? here : like).some(({ progress }) => nodeChanged(progress)) ? step : undefined;
}

function nodeChanged(progress: StepProgress | undefined): boolean {
  if (progress === undefined) return false;
  const { state, result } = progress;
  if (state === 'done') return result === undefined || result.outcome === 'changed';
  return state === 'unknown' || state === 'running' || (state === 'failed' && (result?.changes.length ?? 0) > 0);
}

/** What a step is about, besides the state that it brings about. */
const IDENTITY = ['device', 'unit', 'line', 'file', 'flag', 'name'];

function sameThing(a: NodeStep, b: NodeStep): boolean {
  if (a.action.step !== b.action.step) return false;
  return IDENTITY.every((key) => a.action.params[key] === b.action.params[key]);
}

function undoDraft(draft: Draft, steps: readonly PlanStep[]): Draft {
  const objects = steps.flatMap((step) => (step.type === 'api' ? [targetText(step.target)] : []));
  const { before: _, ...expect } = draft.expect;
  return {
    ...draft,
    steps: [...steps],
    undo: [],
    noUndo: verifyLine('undo.not-again'),
    // What was said before the fix is not true of its way back: what was not ready then is now, and moves the other way.
    blast: blastOf(draft.nodes, objects),
    checksBefore: [...new Set(objects)].slice(0, 40).map((object) => verifyLine('undo.check-unchanged', { object })),
    checksAfter: [...new Set(objects)].slice(0, 40).map((object) => verifyLine('undo.check-restored', { object })),
    notes: [verifyLine('undo.fault-returns')],
    expect,
  };
}

function blastOf(nodes: readonly string[], objects: readonly string[]): Draft['blast'] {
  return nodes.length === 0
    ? [...new Set(objects)].slice(0, 40).map((object) => verifyLine('undo.blast-object', { object }))
    : [verifyLine('undo.blast-nodes', { nodes: nodes.slice(0, 100), count: nodes.length })];
}
