/** What a notification adds to what is known of its alert: something new, a repeat, or old news. */
import type { Alert } from '../core/alert.ts';
import type { BoardAlert } from '../core/board.ts';
import { earlier, later, ms } from './instants.ts';

/** A second Alertmanager tells what it knew a while ago: its peers wait 15 s for each other. */
const LATE_COPY_MS = 30_000;

/** `fired`: it fires, and did not before; `resolved`: it is over; `restarted`: fires since a newer time; `same`: nothing new. */
export type Heard = 'fired' | 'resolved' | 'restarted' | 'same';

/**
 * Judges a notification against what is known, whatever the order in which notifications come:
 * - it is over: believed where its end is not before the start of what fires now. (Starts may differ by moments between two
 *   Prometheus; an end that is older than the start is of an earlier time.)
 *   Times of receipt are not compared here: they are of several machines, and an end that is lost is shown as firing for ever,
 *   while a copy that ends what fires again since the same start is put right by the next repeat.
 * - it fires, and was over: believed where it started after the known start, and where it has the same start but was received
 *   later: an Alertmanager that lost sight of it tells the same start again. Not believed from another Alertmanager within
 *   30 seconds of the end: that one tells late. A start before the known one is old news.
 */
export function judge(known: BoardAlert, told: Alert): Heard {
  const start = ms(told.startsAt) - ms(known.startsAt);
  if (told.status === 'resolved') {
    const after = ms(endOf(told)) - ms(known.startsAt);
    return known.status === 'firing' && (after > 0 || (after === 0 && start >= 0)) ? 'resolved' : 'same';
  }
  if (known.status === 'firing') {
    // A start in the future was set to the time of receipt, at each repeat to another one.
    return start > 0 && !told.odd.includes('starts-in-future') ? 'restarted' : 'same';
  }
  if (start !== 0) return start > 0 ? 'fired' : 'same';
  const since = ms(told.receivedAt) - ms(known.receivedAt);
  return since > (told.source === known.source ? 0 : LATE_COPY_MS) ? 'fired' : 'same';
}

/** Gives when an alert that is over ended: as it says, but not after it was received. */
export function endOf(told: Pick<Alert, 'endsAt' | 'receivedAt'>): string {
  return told.endsAt === undefined ? told.receivedAt : earlier(told.endsAt, told.receivedAt);
}

/** Gives the alert as it is known after this notification. */
export function merged(known: BoardAlert, told: Alert, heard: Heard): BoardAlert {
  const times = known.times + 1;
  if (heard === 'same') {
    // The words of a repeat are fresher (`91 % full`); where it is old news they are not.
    const fresh = told.status === known.status && ms(told.receivedAt) >= ms(known.receivedAt);
    const summary = fresh ? told.summary : known.summary;
    const { summary: _, ...rest } = known;
    return {
      ...rest,
      ...(summary === undefined ? {} : { summary }),
      times,
      receivedAt: known.status === told.status ? later(known.receivedAt, told.receivedAt) : known.receivedAt,
    };
  }
  const { endsAt: _, ...alert } = told;
  const { incident, route } = known;
  // The start of what ended is the one that was shown; one end tells of nothing that began after it.
  if (heard === 'resolved') return { ...alert, startsAt: known.startsAt, endsAt: endOf(told), route, incident, times };
  return { ...alert, route, incident, times };
}
