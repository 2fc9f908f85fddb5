/** What an incident shows of its alerts: the most interesting ones, how many there are, how bad, since when. */
import type { BoardAlert } from '../core/board.ts';
import { type IncidentAlert, type IncidentRecord, MOST_SHOWN_ALERTS } from '../core/incident.ts';
import { earlier } from './instants.ts';
import { byInterest, bySeverity } from './severity.ts';

/** Gives the most interesting alerts, in order: one pass and a short list, however many there are. */
export function shownAlerts(alerts: Iterable<BoardAlert>): IncidentAlert[] {
  const best: BoardAlert[] = [];
  for (const alert of alerts) {
    const last = best.at(-1);
    if (best.length >= MOST_SHOWN_ALERTS && last !== undefined && byInterest(alert, last) >= 0) continue;
    let [low, high] = [0, best.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const one = best[middle];
      if (one !== undefined && byInterest(one, alert) <= 0) low = middle + 1;
      else high = middle;
    }
    best.splice(low, 0, alert);
    if (best.length > MOST_SHOWN_ALERTS) best.pop();
  }
  return best.map(shown);
}

function shown({ cluster: _c, route: _r, question: _q, incident: _i, ...alert }: BoardAlert): IncidentAlert {
  return alert;
}

/** What is counted over all alerts of an incident. `since` never gets later: what ended and came back is one span. */
export interface Tally {
  readonly firing: number;
  readonly resolved: number;
  readonly severity: IncidentRecord['severity'];
  readonly since: string;
}

/** Counts an incident's alerts. Severity is the worst of those that fire; where none does, it stays as it was. */
export function tallyOf(record: Readonly<IncidentRecord>, alerts: Iterable<BoardAlert>): Tally {
  let [firing, resolved] = [0, 0];
  let severity: IncidentRecord['severity'] | undefined;
  let { since } = record;
  for (const alert of alerts) {
    since = earlier(since, alert.startsAt);
    if (alert.status === 'resolved') resolved += 1;
    else {
      firing += 1;
      if (severity === undefined || bySeverity(alert.severity, severity) < 0) severity = alert.severity;
    }
  }
  return { firing, resolved, severity: severity ?? record.severity, since };
}
