/** Storms: many new incidents of one route at once stand in one digest message, and few get a message of their own. */

import type { RouteSettings } from '../core/alert-settings.ts';
import { INCIDENT_VERSION, type IncidentRecord, type StormRecord } from '../core/incident.ts';
import { confirmedKey } from './cause.ts';
import type { Desk } from './desk.ts';
import { stormOverAt } from './due.ts';
import { stormId } from './ids.ts';
import { instant, later, ms } from './instants.ts';
import { byUrgency } from './severity.ts';

/**
 * Gives the storm that an incident which opens now stands in; undefined where all is calm. The incidents that came before it
 * was a storm keep their messages: they may be posted already, and what is posted stays.
 */
export function stormFor(desk: Desk, route: RouteSettings): string | undefined {
  const open = desk.index.stormOf(route.name);
  const known = open === undefined ? undefined : desk.storm(open);
  if (known !== undefined) {
    desk.setStorm({
      ...known,
      lastAt: later(known.lastAt, desk.clock),
      updatedAt: later(known.updatedAt, desk.clock),
      incidents: known.incidents + 1,
    });
    return known.id;
  }
  const { incidents, seconds } = desk.settings.storm;
  const before = desk.index.openedSince(route.name, ms(desk.clock) - seconds * 1000);
  if (before + 1 <= incidents) return undefined;
  const id = stormId(desk.cluster, route.name, desk.clock);
  desk.setStorm({
    version: INCIDENT_VERSION,
    id,
    rev: 1,
    cluster: desk.cluster,
    route: route.name,
    channel: route.channel,
    language: route.language,
    state: 'open',
    since: desk.clock,
    lastAt: desk.clock,
    updatedAt: desk.clock,
    alerts: 0,
    incidents: 1,
    promoted: 0,
  });
  return id;
}

/** Counts a new alert of an incident that stands in a storm. */
export function countAlert(desk: Desk, record: Readonly<IncidentRecord>): void {
  const storm = record.storm === undefined ? undefined : desk.storm(record.storm);
  if (storm === undefined) return;
  desk.setStorm({ ...storm, updatedAt: later(storm.updatedAt, desk.clock), alerts: storm.alerts + 1 });
}

/**
 * Gives an incident a message of its own, as long as the storm has room for one. `beyond`: also where it has none, because
 * another message becomes a line that must point to one.
 */
export function promote(desk: Desk, id: string, beyond = false): void {
  const record = desk.incident(id);
  const storm = record?.storm === undefined ? undefined : desk.storm(record.storm);
  if (record === undefined || storm === undefined) return;
  if (storm.promoted >= desk.settings.storm.threads && !beyond) return;
  desk.setStorm({ ...storm, updatedAt: later(storm.updatedAt, desk.clock), promoted: storm.promoted + 1 });
  delete desk.edit(id).storm;
  desk.index.setStormOf(id, storm.id, undefined);
  leaveStorm(desk, storm.id);
}

/** Ends a storm to which nothing new came; what fires on gets its own message, the most urgent first, while there is room. */
export function endStorm(desk: Desk, id: string): void {
  const storm = desk.storm(id);
  const at = storm === undefined ? undefined : stormOverAt(storm);
  if (storm === undefined || at === undefined || at > ms(desk.clock)) return;
  const overAt = instant(at);
  const over: StormRecord = { ...storm, state: 'over', overAt, updatedAt: later(storm.updatedAt, overAt) };
  desk.setStorm(over);
  const firing = [...desk.index.members(id)]
    .flatMap((member) => desk.incident(member) ?? [])
    .filter(({ state }) => state === 'open')
    .sort(byUrgency);
  for (const record of firing) promote(desk, record.id);
  leaveStorm(desk, id);
}

/** Takes a storm off the board that is over and of whose incidents none is on it any more. */
export function leaveStorm(desk: Desk, id: string | undefined): void {
  if (id === undefined || desk.storm(id)?.state !== 'over' || desk.index.members(id).size > 0) return;
  desk.dropStorm(id);
}

/** Gives a message to an incident whose cause is confirmed and that is no fold. */
export function promoteConfirmed(desk: Desk, id: string): void {
  const record = desk.incident(id);
  if (record !== undefined && record.state !== 'folded' && confirmedKey(record) !== undefined) promote(desk, id);
}
