/** When an incident is over, and when it is open again: follows from its alerts alone. */
import type { BoardAlert } from '../core/board.ts';
import type { Desk } from './desk.ts';
import { wantsDiagnosis } from './diagnosing.ts';
import { countFlap } from './flapping.ts';
import { earlier, later, ms } from './instants.ts';
import { type Facts, namesOf, note } from './timeline.ts';
import { tallyOf } from './view.ts';

/** Resolved alerts of an incident that goes on are forgotten where there are more than this, the oldest first. */
const MOST_ENDED_ALERTS = 1000;
const MOST_REOPENINGS = 20;

/** What happened to an incident's alerts in one event. */
export interface Changes {
  readonly fired: readonly BoardAlert[];
  readonly ended: readonly BoardAlert[];
}

/** More alerts than this in one event are told in one entry. */
const MOST_ENTRIES = 8;

/** Brings the incident in line with its alerts after some of them changed: counts, open or over, its timeline. */
export function settle(desk: Desk, id: string, changes: Changes, facts: Facts = {}): void {
  const before = desk.incident(id);
  if (before === undefined) return;
  const tally = tallyOf(before, desk.alertsOf(id));
  const record = desk.edit(id);
  record.counts = { firing: tally.firing, resolved: tally.resolved };
  record.severity = tally.severity;
  record.since = tally.since;
  const reopens = record.state === 'resolved' && tally.firing > 0;
  const ends = record.state === 'open' && tally.firing === 0;
  if (reopens) reopen(desk, id, changes.fired);
  else tell(desk, id, 'fired', changes.fired, facts);
  if (ends) end(desk, id, changes.ended, facts);
  else tell(desk, id, 'resolved-alert', changes.ended, facts);
  if (record.state === 'resolved' && !ends) record.resolvedAt = endOfAll(desk, id, record.resolvedAt ?? record.since);
  forget(desk, id, tally.resolved);
  desk.plan(id);
}

function tell(
  desk: Desk,
  id: string,
  what: 'fired' | 'resolved-alert',
  alerts: readonly BoardAlert[],
  facts: Facts,
): void {
  const record = desk.edit(id);
  const alone = alerts.length <= MOST_ENTRIES;
  for (const { id: alert, name, startsAt, endsAt } of alone ? alerts : [])
    note(record, desk.clock, what, { alert, name, startsAt, endsAt, ...facts });
  if (!alone) note(record, desk.clock, what, { names: namesOf(alerts), count: alerts.length, ...facts });
}

function end(desk: Desk, id: string, ended: readonly BoardAlert[], facts: Facts): void {
  const record = desk.edit(id);
  record.state = 'resolved';
  record.resolvedAt = endOfAll(desk, id, record.since);
  delete record.recheckAt;
  const { since, resolvedAt } = record;
  const seconds = Math.round((ms(resolvedAt) - ms(since)) / 1000);
  note(record, desk.clock, 'resolved', { names: namesOf(ended), since, endsAt: resolvedAt, seconds, ...facts });
}

/** The latest end of its alerts; never after what is known now, never before it began. */
function endOfAll(desk: Desk, id: string, least: string): string {
  let found = least;
  for (const { endsAt } of desk.alertsOf(id)) if (endsAt !== undefined) found = later(found, endsAt);
  return ms(desk.clock) > ms(least) ? earlier(found, desk.clock) : found;
}

/** Opens an incident again whose alerts fire again, and has it looked at again. */
function reopen(desk: Desk, id: string, fired: readonly BoardAlert[]): void {
  const record = desk.edit(id);
  record.state = 'open';
  delete record.resolvedAt;
  record.reopenings = [...record.reopenings, desk.clock].slice(-MOST_REOPENINGS);
  const [first] = fired;
  note(record, desk.clock, 'reopened', {
    ...(first === undefined ? {} : { alert: first.id, name: first.name }),
    names: namesOf(fired),
    count: fired.length,
  });
  countFlap(desk, id);
  wantsDiagnosis(desk, id, 'reopened');
}

function forget(desk: Desk, id: string, ended: number): void {
  if (ended <= MOST_ENDED_ALERTS) return;
  const record = desk.edit(id);
  const until = ms(desk.clock) - desk.settings.reopenMinutes * 60_000;
  const old = [...desk.alertsOf(id)]
    .filter(({ status, endsAt }) => status === 'resolved' && endsAt !== undefined && ms(endsAt) <= until)
    .sort((a, b) => ms(a.endsAt ?? '') - ms(b.endsAt ?? '') || (a.id < b.id ? -1 : 1))
    .slice(0, ended - MOST_ENDED_ALERTS);
  for (const alert of old) desk.dropAlert(alert.id);
  record.counts = { ...record.counts, resolved: ended - old.length };
}
