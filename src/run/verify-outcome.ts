/** Weighs one look: is it sure, is it over, or is it looked at again? Pure. */
import type { Verification } from '../core/fix.ts';
import type { Draft } from '../core/remediation.ts';

/** `verify`, `refute` and `lose` are events of the fix's table. */
export type Outcome = 'verify' | 'refute' | 'lose' | 'look-again';

export interface Weighed {
  readonly outcome: Outcome;
  readonly verification: Verification;
  /** Milliseconds until the next look. */
  readonly waitMs: number;
}

/** Operators put an edit back within seconds of seeing it, slow ones at their next round: 20 s were measured. */
const STEADY_API_SECONDS = 25;
/** What dies again does so soon: a kubelet within its first restart interval of 10 s, a container within its first back-off. */
const STEADY_RESTART_SECONDS = 12;
const FIRST_WAIT_MS = 2000;
const MOST_WAIT_MS = 10_000;

/** For so long every look must be good, in seconds: where somebody may put the change back, one good look proves little. */
export function steadySeconds(draft: Draft): number {
  if (draft.expect.steadySeconds !== undefined) return draft.expect.steadySeconds;
  const edits = draft.steps.some((step) => step.type === 'api' && step.verb === 'patch');
  if (edits) return STEADY_API_SECONDS;
  return draft.steps.some((step) => step.type === 'node' || step.type === 'api') ? STEADY_RESTART_SECONDS : 0;
}

/**
 * Gives the verification after this look and what follows. `last`: what was seen before, whose `startedAt` the deadline
 * counts from. A good look may be watched beyond the deadline; a bad one ends it there.
 */
export function weigh(
  draft: Draft,
  last: Verification | undefined,
  seen: Pick<Verification, 'checks' | 'verdicts'>,
  now: number,
): Weighed {
  const at = new Date(now).toISOString();
  const { startedAt = at, goodSince: before = at } = last ?? {};
  const good = seen.checks.length > 0 && seen.checks.every(({ result }) => result === 'ok');
  const late = now - Date.parse(startedAt) >= draft.expect.seconds * 1000;
  const wrong = seen.checks.some(({ result }) => result === 'wrong' || result === 'not-yet');
  const goodSince = good ? before : undefined;
  const left = steadySeconds(draft) * 1000 - (goodSince === undefined ? 0 : now - Date.parse(goodSince));
  // What was put back by somebody does not come again by itself.
  const over = late || (last !== undefined && reversed(seen) && reversed(last));
  const outcome = good ? (left <= 0 ? 'verify' : 'look-again') : ending(over, wrong);
  const looks = (last?.looks ?? 0) + 1;
  const remaining = Date.parse(startedAt) + draft.expect.seconds * 1000 - now;
  const waitMs = good ? Math.min(left, MOST_WAIT_MS) : growingWait(looks, remaining);
  // While there is time, what is wrong is only not right yet.
  const checks = seen.checks.map((one) =>
    one.result === 'wrong' && outcome === 'look-again' ? { ...one, result: 'not-yet' as const } : one,
  );
  return {
    outcome,
    waitMs: Math.ceil(waitMs),
    verification: {
      startedAt,
      lookedAt: at,
      looks,
      ...(goodSince === undefined ? {} : { goodSince }),
      checks,
      verdicts: seen.verdicts,
    },
  };
}

/** Longer from look to look, and never beyond the deadline. */
function growingWait(looks: number, remaining: number): number {
  const growing = Math.min(MOST_WAIT_MS, FIRST_WAIT_MS * 1.5 ** (looks - 1));
  return Math.max(1000, Math.min(growing, remaining));
}

function ending(over: boolean, wrong: boolean): Outcome {
  if (!over) return 'look-again';
  return wrong ? 'refute' : 'lose';
}

function reversed({ checks }: Pick<Verification, 'checks'>): boolean {
  return checks.some(({ says, result }) => says.text === 'verify.change-reversed' && result !== 'ok');
}
