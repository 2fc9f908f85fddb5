/** Alerts that came, and alerts that are gone: each to its incident, and each incident told what changed. */
import type { Alert } from '../core/alert.ts';
import type { BoardAlert } from '../core/board.ts';
import type { DeskEvent } from '../core/desk-event.ts';
import type { Desk } from './desk.ts';
import { wantsDiagnosis } from './diagnosing.ts';
import { endOf, judge, merged } from './heard.ts';
import { ms } from './instants.ts';
import { incidentFor } from './opening.ts';
import { type Changes, settle } from './states.ts';
import { countAlert } from './storm.ts';
import { namesOf, note } from './timeline.ts';

type Came = Extract<DeskEvent, { type: 'alerts' }>;
type Gone = Extract<DeskEvent, { type: 'gone' }>;

/** What one event does to one incident. */
interface Touched {
  readonly opened: boolean;
  readonly fired: BoardAlert[];
  readonly ended: BoardAlert[];
  /** Alerts with a name that the incident did not have. */
  strange: boolean;
}

/** Takes in one notification. An incident is looked at once all its alerts of the event are in: what ends and what fires together is one change. */
export function takeAlerts(desk: Desk, event: Came): void {
  const touched = new Map<string, Touched>();
  for (const alert of event.alerts) {
    if (alert.cluster !== desk.cluster) continue;
    const known = desk.alert(alert.id);
    if (known === undefined) takeNew(desk, alert, touched);
    else takeKnown(desk, known, alert, touched);
  }
  for (const [id, one] of touched) conclude(desk, id, one);
}

/** An alert that nobody saw firing and that is over opens nothing: there is no message that it could end. */
function takeNew(desk: Desk, alert: Alert, touched: Map<string, Touched>): void {
  if (alert.status === 'resolved') return;
  const found = incidentFor(desk, alert);
  if (found === undefined) return;
  const one = touch(touched, found.id, found.opened);
  if (!one.opened && !one.strange) one.strange = !hasName(desk, found.id, alert.name);
  const { endsAt: _, ...told } = alert;
  const added: BoardAlert = { ...told, incident: found.id, times: 1 };
  desk.setAlert(added);
  one.fired.push(added);
  const record = desk.incident(found.id);
  if (record !== undefined) countAlert(desk, record);
  if (alert.odd.length > 0)
    note(desk.edit(found.id), desk.clock, 'odd', { alert: alert.id, name: alert.name, odd: alert.odd.join(', ') });
}

function takeKnown(desk: Desk, known: BoardAlert, told: Alert, touched: Map<string, Touched>): void {
  const heard = judge(known, told);
  const now = merged(known, told, heard);
  desk.setAlert(now);
  if (heard === 'same') return;
  const one = touch(touched, known.incident, false);
  if (heard === 'resolved') one.ended.push(now);
  if (heard === 'fired') one.fired.push(now);
}

function touch(touched: Map<string, Touched>, id: string, opened: boolean): Touched {
  const known = touched.get(id);
  if (known !== undefined) return known;
  const one: Touched = { opened, fired: [], ended: [], strange: false };
  touched.set(id, one);
  return one;
}

function hasName(desk: Desk, incident: string, name: string): boolean {
  for (const alert of desk.alertsOf(incident)) if (alert.name === name) return true;
  return false;
}

function conclude(desk: Desk, id: string, { opened, fired, ended, strange }: Touched): void {
  const changes: Changes = { fired, ended };
  if (!opened) {
    settle(desk, id, changes);
    if (strange) wantsDiagnosis(desk, id, 'joined');
    return;
  }
  const [first] = fired;
  const record = desk.edit(id);
  // Oddities were noted as the alerts came; how it began stands before them.
  const odd = record.timeline.splice(0);
  note(record, desk.clock, 'opened', {
    ...(first === undefined ? {} : { alert: first.id, name: first.name, startsAt: first.startsAt }),
    names: namesOf(fired),
    count: fired.length,
  });
  for (const { at, what, data } of odd) note(record, at, what, data);
  settle(desk, id, { fired: [], ended });
  wantsDiagnosis(desk, id, 'opened');
}

/** Ends alerts that Alertmanager does not know any more, unless they were heard firing since. */
export function takeGone(desk: Desk, event: Gone): void {
  const record = desk.living(event.incident);
  if (record === undefined) return;
  const ended: BoardAlert[] = [];
  for (const id of event.alerts) {
    const known = desk.alert(id);
    if (known?.incident !== record.id || known.status !== 'firing' || ms(known.receivedAt) > ms(event.at)) continue;
    const now: BoardAlert = {
      ...known,
      status: 'resolved',
      endsAt: endOf({ endsAt: event.at, receivedAt: desk.clock }),
    };
    desk.setAlert(now);
    ended.push(now);
  }
  if (ended.length > 0) settle(desk, record.id, { fired: [], ended }, { gone: 1 });
}
