/** Task `verify`: looks again and again, each look noted, so that another worker goes on where this one died. */
import type { FixRecord } from '../../core/fix.ts';
import { refText } from '../../core/object-ref.ts';
import { verifyFix } from '../../run/verify.ts';
import { type FixDeps, loadFix, moveOn } from './deps.ts';

/** Milliseconds for one collection. */
const DEADLINE_MS = 20_000;
const COOL_DOWN_MINUTES = 10;

/** Verifies a fix whose steps are done, and ends it. A record in another state was taken care of already. */
export async function verifyTask(deps: FixDeps, record: FixRecord, signal: AbortSignal): Promise<void> {
  const draft = record.plan?.plan.draft;
  if (record.state !== 'verifying' || draft === undefined) return;
  const request = { draft, undo: record.mode === 'undo', language: record.language, diagnosis: record.diagnosis };
  let current = record;
  const verified = await verifyFix(request, deps.usePorts, {
    signal,
    deadlineMs: DEADLINE_MS,
    waiting: deps.waiting,
    before: record.verification,
    onLook: async (verification) => {
      const next = await deps.fixes.change(current, 'look', { verification });
      // Somebody else looks too, and was faster.
      if (next === undefined) return false;
      current = next;
      await deps.producer.show(next);
      return true;
    },
  });
  if (verified === undefined || verified.outcome === 'look-again') return;
  const { outcome, verification, reason } = verified;
  // Before the end is known: nobody may begin the next change in between.
  if (outcome !== 'verify') {
    const minutes = record.plan?.plan.coolDownMinutes ?? COOL_DOWN_MINUTES;
    await deps.locks.coolDown(deps.cluster, refText(draft.object), minutes * 60_000);
  }
  const ended = await moveOn(deps, current, outcome, { verification, reason });
  if (ended?.state === 'verified' && ended.mode === 'undo') await undone(deps, ended);
}

/** What a verified undo took back is undone. Done again where a worker died before it. */
export async function undone(deps: FixDeps, undo: FixRecord): Promise<void> {
  const first = undo.undoOf === undefined ? undefined : await loadFix(deps, undo.undoOf);
  if (first === undefined || !['verified', 'not-verified', 'failed', 'unknown'].includes(first.state)) return;
  await moveOn(deps, first, 'undo', { undoneBy: undo.id });
}
