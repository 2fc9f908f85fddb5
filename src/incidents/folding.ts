/** Folding: an incident whose first confirmed cause another one has already goes on there. */
import type { IncidentRecord } from '../core/incident.ts';
import { confirmedKey } from './cause.ts';
import type { Desk } from './desk.ts';
import { earlier, later } from './instants.ts';
import { settle } from './states.ts';
import { promote } from './storm.ts';
import { namesOf, note } from './timeline.ts';

const MOST_SILENCES = 60;
const MOST_FIXES = 20;

/**
 * Says which first cause the incident has now (`before`: which it had), and folds it where another one has that cause. The
 * one that has it first stays, also where it is over and may reopen. A fold is for good: should the one that stays get
 * another cause later, what was folded into it stays with it, because people follow it there.
 */
export function joinByCause(desk: Desk, id: string, before: string | undefined): void {
  const record = desk.incident(id);
  if (record === undefined) return;
  const now = confirmedKey(record);
  const holder = now === undefined ? undefined : desk.index.holder(now);
  if (holder === undefined || holder === id) desk.index.setCause(record, before, now);
  else {
    desk.index.setCause(record, before, undefined);
    fold(desk, id, holder);
  }
}

function fold(desk: Desk, from: string, into: string): void {
  const target = desk.edit(into);
  const record = desk.edit(from);
  // What was folded before follows, so that every pointer leads to a living incident in one step.
  for (const id of desk.index.foldedInto(from)) point(desk, id, from, into);
  const alerts = [...desk.alertsOf(from)];
  freeze(desk, from);
  point(desk, from, undefined, into);
  const { key: cause, says } = record.diagnosis?.causes[0] ?? {};
  const facts = { incident: from, names: namesOf(alerts), count: alerts.length, cause, says };
  note(target, desk.clock, 'folded-in', facts);
  for (const alert of alerts) desk.setAlert({ ...alert, incident: into });
  takeOver(target, record);
  // A message that becomes a line must point to a message.
  if (target.storm !== undefined && record.storm === undefined) promote(desk, into, true);
  const wasOver = target.state === 'resolved';
  const fired = wasOver ? alerts.filter(({ status }) => status === 'firing') : [];
  settle(desk, into, { fired, ended: [] });
  if (!wasOver || target.state !== 'resolved') return;
  if (record.resolvedAt !== undefined)
    target.resolvedAt = later(target.resolvedAt ?? record.resolvedAt, record.resolvedAt);
  desk.plan(into);
}

function point(desk: Desk, id: string, before: string | undefined, into: string): void {
  const record = desk.edit(id);
  record.state = 'folded';
  record.foldedInto = into;
  desk.index.setFolded(id, before, into);
  note(record, desk.clock, 'folded-into', { incident: into, cause: record.diagnosis?.causes[0]?.key });
}

/** What it showed last stays: its one line names its alerts. */
function freeze(desk: Desk, id: string): void {
  const record = desk.edit(id);
  record.alerts = desk.shown(id);
  delete record.recheckAt;
  record.flapping = false;
}

/** Who is on it, its silences and its fixes go with its alerts. */
function takeOver(target: IncidentRecord, record: IncidentRecord): void {
  target.since = earlier(target.since, record.since);
  if (target.onIt === undefined && record.onIt !== undefined) target.onIt = record.onIt;
  const has = (id: string, at: string): boolean =>
    target.silences.some((one) => one.id === id && one.alertmanager === at);
  const silences = record.silences.filter(({ id, alertmanager }) => !has(id, alertmanager));
  target.silences = [...target.silences, ...silences].slice(-MOST_SILENCES);
  const fixes = record.fixes.filter(({ id }) => !target.fixes.some((one) => one.id === id));
  target.fixes = [...target.fixes, ...fixes].slice(-MOST_FIXES);
  record.silences = [];
}
