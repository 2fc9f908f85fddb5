/** One write of a plan, done once: preconditions before, and after an answer that was lost a look at what became of it. */

import { ApiObject, type ObjectRead, type ObjectState } from '../core/api-object.ts';
import { ClusterError, errorText } from '../core/errors.ts';
import type { Reason } from '../core/fix.ts';
import { fixReason } from '../core/fix-reasons.ts';
import { stateOf } from '../core/object-state.ts';
import { type ApiStep } from '../core/remediation.ts';
import { carriedOut, isLeftAlone, targetText, writeOf } from './api-write.ts';
import { changedReason, FIELD_MANAGER, lastChange } from './changed-by.ts';
import { readObject } from './plan.ts';
import { APPLY_TIMES, type ApplyPorts, note, pause, type StepEnd } from './step-end.ts';

/** Writes that met another version of the object although its decisive part was the same. */
const MOST_CONFLICTS = 5;
/** Writes of which nobody knows what became, with the object as before each time; a webhook that fails gives these. */
const MOST_LOST = 5;

export interface ApiStepInput {
  readonly step: ApiStep;
  /** What the object must be: as planned, or as an earlier step of this plan left it. */
  readonly before: ObjectState;
  /** What the dry run made of it. */
  readonly expected: ObjectState | undefined;
  /** When the plan was made; a writer who is named for a time after that has changed the object since. */
  readonly plannedAt?: string | undefined;
  /** True where an earlier process began this step: it may have been carried out. */
  readonly resumed: boolean;
  /** True where the audit log says that this step was done: one approval changes an object once, whatever the record says. */
  readonly doneBefore?: boolean | undefined;
}

/**
 * Carries the step out, or finds that it was. Never writes on an object that is not as planned.
 * @throws the signal's reason, and ClusterError `unauthorised`.
 */
export async function runApiStep(input: ApiStepInput, ports: ApplyPorts, signal: AbortSignal): Promise<StepEnd> {
  const { pollMs } = { ...APPLY_TIMES, ...ports.times };
  const state: Attempts = {
    doubt: input.resumed ? 'the process that sent it was ended' : undefined,
    refusal: undefined,
    conflicts: 0,
    lost: 0,
  };
  for (;;) {
    const seen = await look(input, state.doubt, ports, signal);
    if (!('live' in seen)) return seen;
    // The object is as before: whatever was sent has not been carried out.
    if (state.refusal !== undefined) return failed(state.refusal);
    try {
      const answer = await ports.writer.write(writeOf(input.step, seen.live, { dryRun: false }), signal);
      return await ended(input, seen.live, answer, ports, signal);
    } catch (error) {
      if (!(error instanceof ClusterError) || error.code === 'unauthorised') throw error;
      signal.throwIfAborted();
      takeIn(state, error, targetText(input.step.target));
      if (state.refusal !== undefined && state.doubt === undefined) return failed(state.refusal);
      if (state.refusal === undefined && error.code !== 'conflict') await pause(pollMs * state.lost, signal);
    }
  }
}

interface Attempts {
  /** Why an attempt may have been carried out. */
  doubt: string | undefined;
  /** Set where nothing more is tried. */
  refusal: { readonly reason: Reason; readonly why: string } | undefined;
  conflicts: number;
  lost: number;
}

const PASSING = new Set<string>(['unknown-outcome', 'timeout', 'throttled', 'unreachable']);

function takeIn(state: Attempts, error: ClusterError, object: string): void {
  const why = errorText(error);
  if (error.code === 'unknown-outcome') state.doubt = why;
  if (error.code === 'conflict') {
    state.conflicts += 1;
    const reason = fixReason('fix.write-contended', { object, attempts: state.conflicts });
    if (state.conflicts > MOST_CONFLICTS) state.refusal = { reason, why };
    return;
  }
  if (PASSING.has(error.code)) state.lost += 1;
  if (!PASSING.has(error.code) || state.lost >= MOST_LOST)
    state.refusal = { reason: fixReason('fix.write-refused', { object, why }), why };
}

/** Gives the object to write on, as planned; or how the step has ended. */
async function look(
  input: ApiStepInput,
  doubt: string | undefined,
  ports: ApplyPorts,
  signal: AbortSignal,
): Promise<{ readonly live: ApiObject } | StepEnd> {
  const { step, before } = input;
  const object = targetText(step.target);
  const read = await readPatiently(step, ports, signal);
  if (read.status === 'away' || read.status === 'unreadable') return unseen(read, object, doubt);
  const live = read.status === 'read' ? read.object : undefined;
  const found = foundDone(input, live, doubt);
  if (found !== undefined) return found;
  if (input.doneBefore === true) return refused(fixReason('fix.done-before', { object }));
  if (live !== undefined && isSame(stateOf(live), before))
    return isLeftAlone(step, live) ? refused(fixReason('fix.pod-ready', { object })) : { live };
  if (doubt !== undefined) return unknown(object, `${doubt}; it is neither as before nor as planned`);
  return refused(changedReason(object, live));
}

/** How the step has ended where the object is as it wants it, by our own hand as far as that can be told. */
function foundDone(
  { step, before, expected, plannedAt }: ApiStepInput,
  live: ApiObject | undefined,
  doubt: string | undefined,
): StepEnd | undefined {
  if (!carriedOut(step, live, expected)) return undefined;
  if (doubt !== undefined) return done(step, live === undefined ? undefined : stateOf(live));
  // Also without a doubt: the store may have lost what it had acknowledged, and our write is known by its manager.
  if (live === undefined || expected === undefined || expected.digest === before.digest) return undefined;
  const last = lastChange(live);
  if (last?.by === FIELD_MANAGER) return done(step, stateOf(live));
  // Whoever takes a field away is named for nothing.
  const named = plannedAt === undefined || (last !== undefined && Date.parse(last.at) >= Date.parse(plannedAt));
  return named ? undefined : already(stateOf(live));
}

function unseen(
  read: Extract<Patient, { status: 'away' | 'unreadable' }>,
  object: string,
  doubt: string | undefined,
): StepEnd {
  const { reason: why } = read;
  if (doubt !== undefined) return unknown(object, `${doubt}; ${why}`);
  return read.status === 'away'
    ? refused(fixReason('fix.api-away', { why, seconds: read.seconds }), why)
    : refused(fixReason('fix.object-unreadable', { object, why }), why);
}

function isSame(a: ObjectState, b: ObjectState): boolean {
  return a.uid === b.uid && a.digest === b.digest;
}

function done(step: ApiStep, after: ObjectState | undefined, told?: string): StepEnd {
  const kept = step.verb === 'delete' || after === undefined ? {} : { after };
  return { progress: { state: 'done', ...kept, ...(told === undefined ? {} : { note: note(told) }) } };
}

function already(after: ObjectState): StepEnd {
  return { progress: { state: 'already', after, note: 'it is as planned already, and who wrote it is not recorded' } };
}

function refused(reason: Reason, why?: string): StepEnd {
  return { progress: { state: 'refused', ...(why === undefined ? {} : { note: note(why) }) }, reason };
}

function failed({ reason, why }: { readonly reason: Reason; readonly why: string }): StepEnd {
  return { progress: { state: 'failed', note: note(why) }, reason };
}

function unknown(object: string, why: string): StepEnd {
  const told = note(why);
  return {
    progress: { state: 'unknown', note: told },
    reason: fixReason('fix.outcome-unknown', { object, why: told }),
  };
}

type Patient = ObjectRead | { readonly status: 'away'; readonly reason: string; readonly seconds: number };

/** Reads again and again while nobody answers, for a while. */
async function readPatiently(step: ApiStep, ports: ApplyPorts, signal: AbortSignal): Promise<Patient> {
  const { pollMs, apiAwayMs } = { ...APPLY_TIMES, ...ports.times };
  const start = performance.now();
  for (;;) {
    const read = await readOnce(step, ports, signal);
    if (read.status === 'read' || read.status === 'absent' || performance.now() - start >= apiAwayMs) return read;
    await pause(pollMs, signal);
  }
}

async function readOnce(step: ApiStep, ports: ApplyPorts, signal: AbortSignal): Promise<Patient> {
  try {
    return await readObject(ports.reader, step.target, signal);
  } catch (error) {
    if (!(error instanceof ClusterError) || error.code === 'unauthorised') throw error;
    const { apiAwayMs } = { ...APPLY_TIMES, ...ports.times };
    return { status: 'away', reason: errorText(error), seconds: Math.round(apiAwayMs / 1000) };
  }
}

/** After a write that was answered: the state that it left, read anew where the answer is not the object. */
async function ended(
  { step, expected }: ApiStepInput,
  live: ApiObject,
  answer: unknown,
  ports: ApplyPorts,
  signal: AbortSignal,
): Promise<StepEnd> {
  if (step.verb === 'delete') return done(step, undefined);
  const parsed = ApiObject.safeParse(answer);
  let after = parsed.success && parsed.data.kind === live.kind ? stateOf(parsed.data) : undefined;
  if (after === undefined) {
    const read = await readPatiently(step, ports, signal);
    if (read.status === 'read') after = stateOf(read.object);
  }
  const same = expected === undefined || after === undefined || after.digest === expected.digest;
  return done(step, after, same ? undefined : 'the server made something else of it than in the dry run');
}
