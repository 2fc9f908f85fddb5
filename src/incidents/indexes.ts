/** What leads to an incident: its key, its cause, its alerts, what was folded into it, the storm it stands in. */
import type { IncidentRecord, StormRecord } from '../core/incident.ts';
import { ms } from './instants.ts';

const NONE: ReadonlySet<string> = new Set();

/** Sets of ids under a name; an empty set is not kept. */
class Groups {
  readonly #groups = new Map<string, Set<string>>();

  get(name: string): ReadonlySet<string> {
    return this.#groups.get(name) ?? NONE;
  }

  add(name: string, id: string): void {
    const group = this.#groups.get(name);
    if (group === undefined) this.#groups.set(name, new Set([id]));
    else group.add(id);
  }

  remove(name: string, id: string): void {
    const group = this.#groups.get(name);
    group?.delete(id);
    if (group?.size === 0) this.#groups.delete(name);
  }
}

/** Indexes over a board, kept up with each change. */
export class Indexes {
  readonly #byKey = new Map<string, string>();
  readonly #holders = new Map<string, IncidentRecord>();
  readonly #alerts = new Groups();
  readonly #folded = new Groups();
  readonly #members = new Groups();
  readonly #openings = new Map<string, number[]>();
  readonly #storms = new Map<string, StormRecord>();

  addIncident(record: IncidentRecord, cause: string | undefined): void {
    this.#byKey.set(joinKey(record.route, record.key), record.id);
    if (record.foldedInto !== undefined) this.#folded.add(record.foldedInto, record.id);
    else if (cause !== undefined) this.#hold(cause, record);
    if (record.storm !== undefined) this.#members.add(record.storm, record.id);
    const openings = this.#openings.get(record.route);
    if (openings === undefined) this.#openings.set(record.route, [ms(record.openedAt)]);
    else openings.push(ms(record.openedAt));
  }

  /** Should a board ever have two holders of one cause, the one that was opened first is taken, on every machine. */
  #hold(cause: string, record: IncidentRecord): void {
    const other = this.#holders.get(cause);
    const first =
      other === undefined ||
      ms(record.openedAt) < ms(other.openedAt) ||
      (record.openedAt === other.openedAt && record.id < other.id);
    if (first) this.#holders.set(cause, record);
  }

  removeIncident(record: IncidentRecord, cause: string | undefined): void {
    const key = joinKey(record.route, record.key);
    if (this.#byKey.get(key) === record.id) this.#byKey.delete(key);
    if (record.foldedInto !== undefined) this.#folded.remove(record.foldedInto, record.id);
    if (record.storm !== undefined) this.#members.remove(record.storm, record.id);
    this.setCause(record, cause, undefined);
  }

  /** Gives the incident that alerts of this key belong to; it may be folded. */
  byKey(route: string, key: string): string | undefined {
    return this.#byKey.get(joinKey(route, key));
  }

  /** Gives the incident that has this cause and is not folded. */
  holder(cause: string): string | undefined {
    return this.#holders.get(cause)?.id;
  }

  /** Says which cause an incident has now; one that it had before and holds no more is free. */
  setCause(record: IncidentRecord, before: string | undefined, now: string | undefined): void {
    if (before !== undefined && before !== now && this.#holders.get(before)?.id === record.id)
      this.#holders.delete(before);
    if (now !== undefined && !this.#holders.has(now)) this.#holders.set(now, record);
  }

  alertsOf(incident: string): ReadonlySet<string> {
    return this.#alerts.get(incident);
  }

  addAlert(alert: string, incident: string): void {
    this.#alerts.add(incident, alert);
  }

  removeAlert(alert: string, incident: string): void {
    this.#alerts.remove(incident, alert);
  }

  /** Gives the incidents that are folded into this one. */
  foldedInto(incident: string): ReadonlySet<string> {
    return this.#folded.get(incident);
  }

  setFolded(incident: string, before: string | undefined, into: string): void {
    if (before !== undefined) this.#folded.remove(before, incident);
    this.#folded.add(into, incident);
  }

  /** Gives the incidents that stand in this storm's digest. */
  members(storm: string): ReadonlySet<string> {
    return this.#members.get(storm);
  }

  setStormOf(incident: string, before: string | undefined, storm: string | undefined): void {
    if (before !== undefined) this.#members.remove(before, incident);
    if (storm !== undefined) this.#members.add(storm, incident);
  }

  /** Gives how many incidents of the route were opened after this time (ms). */
  openedSince(route: string, since: number): number {
    return (this.#openings.get(route) ?? []).filter((at) => at > since).length;
  }

  addStorm(storm: StormRecord): void {
    if (storm.state === 'open') this.#storms.set(storm.route, storm);
    else this.removeStorm(storm);
  }

  removeStorm(storm: StormRecord): void {
    if (this.#storms.get(storm.route)?.id === storm.id) this.#storms.delete(storm.route);
  }

  /** Gives the id of the storm that the route is in. */
  stormOf(route: string): string | undefined {
    return this.#storms.get(route)?.id;
  }
}

function joinKey(route: string, key: string): string {
  return `${route}\n${key}`;
}
