/** What people press, and what comes of it elsewhere: on it, handed back, silences, again, fixes. */
import type { DeskEvent } from '../core/desk-event.ts';
import type { IncidentRecord, IncidentSilence } from '../core/incident.ts';
import type { Desk } from './desk.ts';
import { canDiagnose, wantsDiagnosis } from './diagnosing.ts';
import { silenceEndsAt } from './due.ts';
import { later, ms } from './instants.ts';
import { newestOf, note } from './timeline.ts';

type Event<T extends DeskEvent['type']> = Extract<DeskEvent, { type: T }>;

const MOST_SILENCES = 60;
const MOST_FIXES = 20;

/** Somebody is on it. A second person takes over; a press that is older than the newest one changes nothing. */
export function takeOnIt(desk: Desk, event: Event<'on-it'>): void {
  const before = desk.living(event.incident);
  if (before === undefined) return;
  const silences = newSilences(desk, before, event.silences);
  const last = before.onIt?.at ?? newestOf(before, 'handed-back')?.at;
  const takes = before.onIt?.by !== event.by && (last === undefined || ms(event.at) >= ms(last));
  if (!takes && silences.length === 0) return;
  const record = desk.edit(before.id);
  addSilences(desk, record, silences);
  if (!takes) return;
  record.onIt = { by: event.by, at: event.at };
  note(record, desk.clock, 'on-it', { until: latestEnd(silences) }, event.by);
}

/** Whoever is on it gives it back; anybody may say so of anybody, as people do when one has gone home. */
export function takeHandedBack(desk: Desk, event: Event<'handed-back'>): void {
  const before = desk.living(event.incident);
  if (before?.onIt === undefined || ms(event.at) < ms(before.onIt.at)) return;
  const record = desk.edit(before.id);
  delete record.onIt;
  note(record, desk.clock, 'handed-back', {}, event.by);
}

export function takeSilenced(desk: Desk, event: Event<'silenced'>): void {
  const before = desk.living(event.incident);
  if (before === undefined) return;
  const silences = newSilences(desk, before, event.silences);
  if (silences.length === 0) return;
  const record = desk.edit(before.id);
  addSilences(desk, record, silences);
  const why = silences[0]?.why;
  note(record, desk.clock, 'silenced', { until: latestEnd(silences), count: silences.length, why }, event.by);
}

export function takeUnsilenced(desk: Desk, event: Event<'unsilenced'>): void {
  const before = desk.living(event.incident);
  if (before === undefined) return;
  removeSilences(desk, before, ({ id }) => event.ids.includes(id), desk.clock, event.by);
}

/** Silences end at their time, whether or not anybody asks the Alertmanager. */
export function endSilences(desk: Desk, id: string): void {
  const before = desk.incident(id);
  const at = before === undefined ? undefined : silenceEndsAt(before);
  if (before === undefined || at === undefined || at > ms(desk.clock)) return;
  removeSilences(desk, before, ({ until }) => ms(until) <= ms(desk.clock), desk.clock);
}

function removeSilences(
  desk: Desk,
  before: Readonly<IncidentRecord>,
  gone: (silence: IncidentSilence) => boolean,
  at: string,
  by?: string,
): void {
  const count = before.silences.filter(gone).length;
  if (count === 0) return;
  const record = desk.edit(before.id);
  record.silences = record.silences.filter((silence) => !gone(silence));
  note(record, at, by === undefined ? 'silence-ended' : 'unsilenced', { count }, by);
  desk.plan(record.id);
}

function newSilences(
  desk: Desk,
  record: Readonly<IncidentRecord>,
  silences: readonly IncidentSilence[],
): IncidentSilence[] {
  const key = ({ id, alertmanager }: IncidentSilence): string => `${alertmanager} ${id}`;
  const known = new Set(record.silences.map(key));
  // What had ended before the record's last change is an old event that came again.
  const now = ms(later(desk.clock, record.updatedAt));
  return silences.filter((silence) => !known.has(key(silence)) && ms(silence.until) > now);
}

function addSilences(desk: Desk, record: IncidentRecord, silences: readonly IncidentSilence[]): void {
  record.silences = [...record.silences, ...silences].slice(-MOST_SILENCES);
  desk.plan(record.id);
}

function latestEnd(silences: readonly IncidentSilence[]): string | undefined {
  return silences
    .map(({ until }) => until)
    .reduce<string | undefined>((a, b) => (a === undefined ? b : later(a, b)), undefined);
}

/** Looks again, unless nothing can be asked, or the newest diagnosis ended after the press: that one answers it. */
export function takeAgain(desk: Desk, event: Event<'again'>): void {
  const before = desk.living(event.incident);
  if (before === undefined || before.diagnosis?.state === 'queued' || !canDiagnose(desk, before)) return;
  if (answers(before, event.at) || answers(desk.incident(event.incident), event.at)) return;
  note(desk.edit(before.id), desk.clock, 'again', {}, event.by);
  wantsDiagnosis(desk, before.id, 'again');
}

/** True where the newest diagnosis ended at this time or later; of a folded one that is the one by which it was folded. */
function answers(record: Readonly<IncidentRecord> | undefined, pressed: string): boolean {
  const { queuedAt, endedAt = queuedAt } = record?.diagnosis ?? {};
  return endedAt !== undefined && ms(pressed) <= ms(endedAt);
}

/** A fix has come to another state; what is older than what is known of it changes nothing. */
export function takeFix(desk: Desk, event: Event<'fix'>): void {
  const before = desk.living(event.incident);
  if (before === undefined) return;
  const known = before.fixes.find(({ id }) => id === event.fix);
  if (known !== undefined && (known.state === event.state || ms(event.at) < ms(known.at))) return;
  const { fix: id, remediation, state, at } = event;
  const record = desk.edit(before.id);
  const now = { id, remediation, state, at };
  record.fixes = (
    known === undefined ? [...record.fixes, now] : record.fixes.map((one) => (one.id === id ? now : one))
  ).slice(-MOST_FIXES);
  note(record, desk.clock, 'fix', { fix: id, remediation, state });
}
