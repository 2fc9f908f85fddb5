/** A plan carried out step by step: each noted before and after, what may have happened never done twice, stopped at the first that fails. */

import { targetKey } from '../core/api-object.ts';
import type { Plan, Reason, StepProgress } from '../core/fix.ts';
import { fixReason } from '../core/fix-reasons.ts';
import { type PlanStep } from '../core/remediation.ts';
import { runApiStep } from './api-step.ts';
import { targetText } from './api-write.ts';
import { runNodeStep } from './node-step.ts';
import type { ApplyPorts, StepEnd } from './step-end.ts';
import { runWaitStep, waitReason } from './wait-step.ts';

export type { ApplyPorts, ApplyTimes } from './step-end.ts';

/** The frozen plan, who approved it, and how far an earlier process came with it. */
export interface ApplyRun {
  readonly plan: Pick<Plan, 'fix' | 'draft' | 'dryRun'> & Partial<Pick<Plan, 'createdAt'>>;
  readonly planHash: string;
  readonly approvedBy: readonly string[];
  readonly progress: readonly StepProgress[];
  /** Steps that are known to have been done, whatever the progress says: a store that was set back forgets. */
  readonly doneBefore?: ReadonlySet<number>;
}

/** Both are awaited. They throw `Superseded` where somebody else has the fix now: nothing more is done. */
export interface ApplyHooks {
  /** Just before a step; it is to be noted as `running` before anything is sent. */
  before(index: number): Promise<void>;
  after(progress: StepProgress): Promise<void>;
}

export type ApplyOutcome =
  | { readonly status: 'applied' }
  /** `void`: nothing was changed. `failed`: something was, or was tried. `unknown`: a step may or may not have happened. */
  | { readonly status: 'void' | 'failed' | 'unknown'; readonly reason: Reason };

/** The record was changed by somebody else: this process was fenced out and must stop at once. */
export class Superseded extends Error {
  constructor(what: string) {
    super(`${what} is carried out by another process now`);
    this.name = 'Superseded';
  }
}

/**
 * Carries the plan out from where it stands. Steps that are done are passed over; one that is `running` was begun by a
 * process that died, and is looked at before it is done.
 * @throws Superseded (from the hooks), the signal's reason, ClusterError `unauthorised`: the progress then says what is open.
 */
export async function applyPlan(
  run: ApplyRun,
  ports: ApplyPorts,
  hooks: ApplyHooks,
  signal: AbortSignal,
): Promise<ApplyOutcome> {
  const progress = new Map(run.progress.map((one) => [one.index, one]));
  const { steps } = run.plan.draft;
  for (const [index, step] of steps.entries()) {
    const known = progress.get(index);
    if (known !== undefined && isDone(known)) continue;
    const over = known === undefined || known.state === 'running' ? undefined : stopped(step, known);
    if (over !== undefined) return outcomeOf(over.progress.state, over.reason, changed(steps, progress));
    signal.throwIfAborted();
    if (step.type !== 'manual') await hooks.before(index);
    const end = await runStep({ run, step, index, progress, known }, ports, signal);
    const now: StepProgress = { index, at: new Date(ports.clock.now()).toISOString(), ...end.progress };
    progress.set(index, now);
    await hooks.after(now);
    if (!isDone(now)) return outcomeOf(now.state, end.reason, changed(steps, progress));
  }
  return { status: 'applied' };
}

interface Current {
  readonly run: ApplyRun;
  readonly step: PlanStep;
  readonly index: number;
  readonly progress: ReadonlyMap<number, StepProgress>;
  readonly known: StepProgress | undefined;
}

function runStep(
  { run, step, index, progress, known }: Current,
  ports: ApplyPorts,
  signal: AbortSignal,
): Promise<StepEnd> {
  const resumed = known !== undefined;
  if (step.type === 'manual') return Promise.resolve({ progress: { state: 'skipped' } });
  if (step.type === 'wait')
    return runWaitStep(step, known === undefined ? ports.clock.now() : Date.parse(known.at), ports, signal);
  if (step.type === 'node') {
    const { planHash, approvedBy } = run;
    return runNodeStep({ step, index, fix: run.plan.fix, planHash, approvedBy, resumed }, ports, signal);
  }
  const before = leftBy(run.plan.draft.steps.slice(0, index), targetKey(step.target), progress) ?? step.before;
  const expected = run.plan.dryRun.find((one) => one.index === index)?.after;
  const doneBefore = run.doneBefore?.has(index);
  return runApiStep({ step, before, expected, plannedAt: run.plan.createdAt, resumed, doneBefore }, ports, signal);
}

/** The state in which an earlier step of this plan left the object. */
function leftBy(
  earlier: readonly PlanStep[],
  key: string,
  progress: ReadonlyMap<number, StepProgress>,
): StepProgress['after'] {
  const index = earlier.findLastIndex((step) => step.type === 'api' && targetKey(step.target) === key);
  return index < 0 ? undefined : progress.get(index)?.after;
}

function isDone({ state }: StepProgress): boolean {
  return state === 'done' || state === 'already' || state === 'skipped';
}

/** True where the cluster or a node is no longer as it was. */
function changed(steps: readonly PlanStep[], progress: ReadonlyMap<number, StepProgress>): boolean {
  return [...progress.values()].some(({ index, state, result }) => {
    const type = steps[index]?.type;
    if (type !== 'api' && type !== 'node') return false;
    return state === 'done' || state === 'unknown' || (state === 'failed' && (result?.changes.length ?? 0) > 0);
  });
}

function outcomeOf(state: StepProgress['state'], reason: Reason | undefined, somethingChanged: boolean): ApplyOutcome {
  const why = reason ?? { code: 'fix.outcome-unknown', data: {} };
  if (state === 'unknown') return { status: 'unknown', reason: why };
  return { status: state === 'refused' && !somethingChanged ? 'void' : 'failed', reason: why };
}

/** A step that had stopped the plan when the process died before it could say so. */
function stopped(step: PlanStep, known: StepProgress): StepEnd {
  const why = (known.note ?? '').replace(/\.$/, '');
  return { progress: known, reason: reasonAgain(step, known.state, why) };
}

function reasonAgain(step: PlanStep, state: StepProgress['state'], why: string): Reason {
  if (step.type === 'wait') return waitReason(step, why);
  if (step.type === 'node') {
    const code = state === 'unknown' ? 'fix.node-unknown' : state === 'failed' ? 'fix.node-failed' : 'fix.node-refused';
    return fixReason(code, { node: step.node, why });
  }
  const object = step.type === 'api' ? targetText(step.target) : '';
  if (state === 'unknown') return fixReason('fix.outcome-unknown', { object, why });
  return state === 'failed'
    ? fixReason('fix.write-refused', { object, why })
    : fixReason('fix.object-changed', { object });
}
