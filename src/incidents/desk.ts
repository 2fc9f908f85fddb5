/** The working copy of a board within one step: looked up by indexes, written by copy, handed back as what changed. */
import type { DeskSettings } from '../core/alert-settings.ts';
import type { Board, BoardAlert, DeskResult } from '../core/board.ts';
import type { IncidentRecord, StormRecord } from '../core/incident.ts';
import { Agenda } from './agenda.ts';
import { confirmedKey } from './cause.ts';
import { dueOf, stormOverAt } from './due.ts';
import { Indexes } from './indexes.ts';
import { later } from './instants.ts';
import { shownAlerts } from './view.ts';

/** A board that is being changed. Built once a step, in time proportional to the board; then everything costs what it changes. */
export class Desk {
  readonly settings: DeskSettings;
  readonly cluster: string;
  /** The time of the step: when what it decides begins. */
  readonly now: string;
  /** The time of what is being handled; never runs backwards within a step. */
  clock: string;
  readonly agenda = new Agenda();
  readonly index = new Indexes();
  readonly #old: Board;
  readonly #incidents: Map<string, IncidentRecord>;
  readonly #storms: Map<string, StormRecord>;
  readonly #alerts: Map<string, BoardAlert>;
  readonly #written = { incidents: new Set<string>(), storms: new Set<string>(), alerts: new Set<string>() };
  readonly #off = { incidents: new Set<string>(), storms: new Set<string>(), alerts: new Set<string>() };

  constructor(board: Board, now: string, settings: DeskSettings) {
    this.#old = board;
    this.cluster = board.cluster;
    this.settings = settings;
    this.now = now;
    this.clock = '1970-01-01T00:00:00Z';
    this.#incidents = new Map(board.incidents);
    this.#storms = new Map(board.storms);
    this.#alerts = new Map(board.alerts);
    for (const alert of board.alerts.values()) this.index.addAlert(alert.id, alert.incident);
    for (const record of board.incidents.values()) {
      this.index.addIncident(record, confirmedKey(record));
      this.agenda.add(dueOf(record, settings), record.id);
    }
    for (const storm of board.storms.values()) {
      this.index.addStorm(storm);
      this.agenda.add(stormOverAt(storm), storm.id);
    }
  }

  /** Gives an incident as it is now. */
  incident(id: string): Readonly<IncidentRecord> | undefined {
    return this.#incidents.get(id);
  }

  /** Gives the incident in which this one lives on: itself, or where it was folded. Undefined for one that is not on the board. */
  living(id: string): Readonly<IncidentRecord> | undefined {
    const record = this.#incidents.get(id);
    return record?.foldedInto === undefined ? record : this.#incidents.get(record.foldedInto);
  }

  storm(id: string): Readonly<StormRecord> | undefined {
    return this.#storms.get(id);
  }

  alert(id: string): BoardAlert | undefined {
    return this.#alerts.get(id);
  }

  /** Gives the alerts of an incident, in the order in which they came to the board. */
  *alertsOf(incident: string): Iterable<BoardAlert> {
    for (const id of this.index.alertsOf(incident)) {
      const alert = this.#alerts.get(id);
      if (alert !== undefined) yield alert;
    }
  }

  /** Gives what an incident shows of its alerts now. */
  shown(incident: string): IncidentRecord['alerts'] {
    return shownAlerts(this.alertsOf(incident));
  }

  /** Gives the record for writing: from here on it counts as changed. */
  edit(id: string): IncidentRecord {
    const record = this.#incidents.get(id);
    if (record === undefined) throw new Error(`Incident ${id} is not on the board of ${this.cluster}.`);
    const updatedAt = later(record.updatedAt, this.clock);
    if (this.#written.incidents.has(id)) {
      record.updatedAt = updatedAt;
      return record;
    }
    const copy: IncidentRecord = {
      ...record,
      updatedAt,
      timeline: [...record.timeline],
      silences: [...record.silences],
      fixes: [...record.fixes],
      reopenings: [...record.reopenings],
    };
    this.#incidents.set(id, copy);
    this.#written.incidents.add(id);
    return copy;
  }

  /** Puts a new incident on the board. */
  addIncident(record: IncidentRecord): void {
    this.#incidents.set(record.id, record);
    this.#written.incidents.add(record.id);
    this.#off.incidents.delete(record.id);
    this.index.addIncident(record, undefined);
  }

  /** Says that what a record waits for may have changed. */
  plan(id: string): void {
    const record = this.#incidents.get(id);
    if (record !== undefined) this.agenda.add(dueOf(record, this.settings), id);
  }

  /** Puts an alert on the board, or what is newly known of it; its incident may be another one than before. */
  setAlert(alert: BoardAlert): void {
    const before = this.#alerts.get(alert.id);
    if (before !== undefined && before.incident !== alert.incident) this.index.removeAlert(before.id, before.incident);
    this.#alerts.set(alert.id, alert);
    this.#written.alerts.add(alert.id);
    this.#off.alerts.delete(alert.id);
    this.index.addAlert(alert.id, alert.incident);
  }

  setStorm(storm: StormRecord): void {
    this.#storms.set(storm.id, storm);
    this.#written.storms.add(storm.id);
    this.index.addStorm(storm);
    this.agenda.add(stormOverAt(storm), storm.id);
  }

  dropAlert(id: string): void {
    const alert = this.#alerts.get(id);
    if (alert === undefined) return;
    this.#alerts.delete(id);
    this.#off.alerts.add(id);
    this.index.removeAlert(id, alert.incident);
  }

  /** Takes an incident off the board, with its alerts; its record stays as it was last written. */
  dropIncident(id: string): void {
    const record = this.#incidents.get(id);
    if (record === undefined) return;
    // Finished while its alerts are still there: the record that is kept shows them.
    this.#finishIncident(id);
    for (const alert of this.index.alertsOf(id)) this.dropAlert(alert);
    this.#left.set(id, this.#incidents.get(id) ?? record);
    this.#incidents.delete(id);
    this.#off.incidents.add(id);
    this.index.removeIncident(record, confirmedKey(record));
  }

  dropStorm(id: string): void {
    const storm = this.#storms.get(id);
    if (storm === undefined) return;
    this.#leftStorms.set(id, storm);
    this.#storms.delete(id);
    this.#off.storms.add(id);
    this.index.removeStorm(storm);
  }

  readonly #left = new Map<string, IncidentRecord>();
  readonly #leftStorms = new Map<string, StormRecord>();

  #finishIncident(id: string): void {
    const record = this.#incidents.get(id);
    if (record === undefined || !this.#written.incidents.has(id)) return;
    record.rev = (this.#old.incidents.get(id)?.rev ?? 0) + 1;
    // What a folded one showed last stays: its alerts live in the other one.
    const alerts = record.state === 'folded' ? [] : this.shown(id);
    if (alerts.length > 0) record.alerts = alerts;
  }

  /** Gives what the step has changed. The desk is not to be used afterwards. */
  finish(): DeskResult {
    const { incidents, storms, alerts } = this.#written;
    for (const id of incidents) this.#finishIncident(id);
    for (const id of storms) {
      const storm = this.#storms.get(id) ?? this.#leftStorms.get(id);
      if (storm !== undefined) storm.rev = (this.#old.storms.get(id)?.rev ?? 0) + 1;
    }
    return {
      board: { cluster: this.cluster, incidents: this.#incidents, storms: this.#storms, alerts: this.#alerts },
      incidents: [...incidents].flatMap((id) => this.#incidents.get(id) ?? this.#left.get(id) ?? []),
      storms: [...storms].flatMap((id) => this.#storms.get(id) ?? this.#leftStorms.get(id) ?? []),
      alerts: [...alerts].flatMap((id) => this.#alerts.get(id) ?? []),
      offBoard: {
        incidents: [...this.#off.incidents],
        storms: [...this.#off.storms],
        alerts: [...this.#off.alerts].filter((id) => this.#old.alerts.has(id)),
      },
    };
  }
}
