/** The sweeper: nudges again what stands still, because a process died between its change and its nudge; ends what is too old. */
import type { FixEvent } from '../../core/approval.ts';
import { errorText } from '../../core/errors.ts';
import type { FixRecord, Reason } from '../../core/fix.ts';
import { fixReason } from '../../core/fix-reasons.ts';
import { type FixDeps, moveOn } from './deps.ts';

export interface SweepTimes {
  readonly everyMs: number;
  /** For so long a plan may be made, and a dry run. */
  readonly planningMs: number;
  /** After so long without a change a record stands still: of states that change in one step, and of those that go on. */
  readonly stillMs: number;
  readonly goingStillMs: number;
  /** The remediator looks at the expiry itself; this is for one that is not there. */
  readonly graceMs: number;
}

export const SWEEP_TIMES: SweepTimes = {
  everyMs: 3000,
  planningMs: 120_000,
  stillMs: 3000,
  goingStillMs: 60_000,
  graceMs: 15_000,
};

/** Gives how a record that is too old ends; undefined where it is not. Pure. */
export function expiryOf(
  record: FixRecord,
  now: number,
  times: SweepTimes = SWEEP_TIMES,
): { readonly event: FixEvent; readonly reason: Reason } | undefined {
  const { state, plan } = record;
  const age = now - Date.parse(state === 'planning' ? record.requestedAt : record.updatedAt);
  const seconds = Math.round(times.planningMs / 1000);
  if (state === 'planning' && age > times.planningMs)
    return { event: 'expire', reason: fixReason('fix.no-worker', { seconds }) };
  if (state === 'drafted' && age > times.planningMs)
    return { event: 'expire', reason: fixReason('fix.no-remediator', { seconds }) };
  if (plan === undefined) return undefined;
  const at = plan.plan.expiresAt;
  const late = now - Date.parse(at);
  if (state === 'proposed' && late >= 0) return { event: 'expire', reason: fixReason('fix.too-late', { at }) };
  if (state === 'approved' && late > times.graceMs)
    return { event: 'expire', reason: fixReason('fix.not-begun', { at }) };
  return undefined;
}

/** True where a record waits for a process, and nothing has happened for a while. */
export function standsStill(record: FixRecord, now: number, times: SweepTimes = SWEEP_TIMES): boolean {
  const going = record.state === 'applying' || record.state === 'verifying';
  // A proposal waits for people.
  if (record.state === 'proposed') return false;
  return now - Date.parse(record.updatedAt) > (going ? times.goingStillMs : times.stillMs);
}

/** Starts the sweeper; gives what ends it. `setBack`: asked each round whether the store may have lost what it had acknowledged. */
export function startSweeper(
  deps: FixDeps,
  times: SweepTimes = SWEEP_TIMES,
  setBack: () => boolean = () => false,
): { close(): Promise<void> } {
  const seen = new Map<string, FixRecord>();
  let running: Promise<void> = Promise.resolve();
  let busy = false;
  const sweep = async (): Promise<void> => {
    busy = true;
    try {
      await sweepOnce(deps, seen, times, setBack());
    } catch (error) {
      deps.log.warn({ err: errorText(error) }, 'open fixes could not be looked through');
    } finally {
      busy = false;
    }
  };
  const timer = setInterval(() => {
    if (!busy) running = sweep();
  }, times.everyMs);
  return {
    async close() {
      clearInterval(timer);
      await running;
    },
  };
}

/** One round. `seen`: what was open in the round before; what is open no more may have died before it could tell its thread. */
export async function sweepOnce(
  deps: FixDeps,
  seen: Map<string, FixRecord>,
  times: SweepTimes = SWEEP_TIMES,
  setBack = false,
): Promise<void> {
  const open = await deps.fixes.open(deps.cluster);
  const now = deps.waiting.now();
  for (const record of open) {
    const expiry = expiryOf(record, now, times);
    if (expiry !== undefined) await moveOn(deps, record, expiry.event, { reason: expiry.reason });
    else if (standsStill(record, now, times)) await deps.producer.nudge(record);
    // The card may show a decision that is lost: people must see that they have to decide again.
    else if (record.state === 'proposed' && setBack) await deps.producer.show({ ...record, rev: record.rev + 1 });
    else if (record.state === 'proposed' && seen.get(record.id)?.rev !== record.rev) await deps.producer.show(record);
  }
  const ids = new Set(open.map(({ id }) => id));
  for (const [id, record] of seen) {
    if (ids.has(id)) continue;
    // A revision of its own: whatever was shown before, the newest record is shown.
    await deps.producer.show({ ...record, rev: record.rev + 1 });
  }
  seen.clear();
  for (const record of open) seen.set(record.id, record);
}
