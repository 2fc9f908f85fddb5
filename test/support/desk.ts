/** Alerts, records and a step of the desk so small that a test can tell what it must give: one incident for each alert's name. */
import { type Alert, alertId } from '../../src/core/alert.ts';
import type { Board, BoardAlert, DeskResult } from '../../src/core/board.ts';
import type { DeskEvent } from '../../src/core/desk-event.ts';
import { INCIDENT_VERSION, type IncidentRecord } from '../../src/core/incident.ts';
import type { Question } from '../../src/core/question.ts';

export const AT = '2026-01-01T00:00:00.000Z';
export const CHANNEL = 'C0ALERTS';

export function emptyBoardOf(cluster = 'prod'): Board {
  return { cluster, incidents: new Map(), storms: new Map(), alerts: new Map() };
}

/** An alert as the door writes it. */
export function alertOf(name: string, change: Partial<Alert> = {}): Alert {
  const cluster = change.cluster ?? 'prod';
  const labels = { alertname: name };
  return {
    id: alertId(cluster, labels),
    cluster,
    route: 'main',
    name,
    labels,
    severity: 'critical',
    status: 'firing',
    startsAt: AT,
    receivedAt: AT,
    source: 'http://alertmanager:9093',
    odd: [],
    ...change,
  };
}

export function alertsEvent(...alerts: Alert[]): DeskEvent {
  return { type: 'alerts', at: AT, route: 'main', alerts };
}

/** An incident as a step makes it; a question has a diagnosis that waits. */
export function incidentOf(id: string, change: Partial<IncidentRecord> = {}): IncidentRecord {
  const { question } = change;
  return {
    version: INCIDENT_VERSION,
    id,
    rev: 1,
    cluster: 'prod',
    route: 'main',
    channel: CHANNEL,
    language: 'en',
    state: 'open',
    key: `alert ${id}`,
    severity: 'critical',
    since: AT,
    openedAt: AT,
    updatedAt: AT,
    alerts: [],
    counts: { firing: 1, resolved: 0 },
    ...(question === undefined ? {} : { diagnosis: diagnosisOf(id.replace('in-', 'dx-')) }),
    silences: [],
    reopenings: [],
    flapping: false,
    fixes: [],
    noWorker: false,
    timeline: [],
    left: 0,
    ...change,
  };
}

function diagnosisOf(id: string): NonNullable<IncidentRecord['diagnosis']> {
  return { id, state: 'queued', queuedAt: AT, causes: [], offers: [], tries: 1 };
}

export const idOf = (name: string): string =>
  `in-${name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '')
    .padStart(7, '0')}`;

/** The step: counts notifications, and notes how a diagnosis ended. `counts.firing` counts all that came. */
export function tinyStep(board: Board, events: readonly DeskEvent[]): DeskResult {
  const work = new Work(board);
  for (const event of events) work.take(event);
  return work.result();
}

class Work {
  readonly #board: Board;
  readonly #incidents = new Map<string, IncidentRecord>();
  readonly #alerts = new Map<string, BoardAlert>();

  constructor(board: Board) {
    this.#board = board;
  }

  take(event: DeskEvent): void {
    if (event.type === 'alerts') for (const alert of event.alerts) this.#alert(alert);
    const record = 'incident' in event ? this.#of(event.incident) : undefined;
    if (record === undefined) return;
    if (event.type === 'no-worker') this.#keep({ ...record, noWorker: true });
    if (event.type === 'fix') {
      const { fix: id, remediation, state, at } = event;
      this.#keep({ ...record, fixes: [...record.fixes, { id, remediation, state, at }] });
    }
    if (event.type === 'diagnosed' && record.diagnosis?.id === event.diagnosis && record.diagnosis.state === 'queued') {
      const { type: _, at, incident: __, diagnosis: ___, outcome, ...rest } = event;
      this.#keep({ ...record, diagnosis: { ...record.diagnosis, ...rest, state: outcome, endedAt: at } });
    }
  }

  result(): DeskResult {
    return {
      board: {
        ...this.#board,
        incidents: new Map([...this.#board.incidents, ...this.#incidents]),
        alerts: new Map([...this.#board.alerts, ...this.#alerts]),
      },
      incidents: [...this.#incidents.values()],
      storms: [],
      alerts: [...this.#alerts.values()],
      offBoard: { incidents: [], storms: [], alerts: [] },
    };
  }

  #of(id: string): IncidentRecord | undefined {
    return this.#incidents.get(id) ?? this.#board.incidents.get(id);
  }

  #keep(record: IncidentRecord): void {
    this.#incidents.set(record.id, { ...record, rev: (this.#board.incidents.get(record.id)?.rev ?? 0) + 1 });
  }

  #alert(alert: Alert): void {
    const id = idOf(alert.name);
    const before = this.#of(id);
    const { cluster, severity } = alert;
    const made = before ?? incidentOf(id, { cluster, severity, ...questionPart(alert.question) });
    this.#keep({ ...made, counts: { firing: (before?.counts.firing ?? 0) + 1, resolved: 0 } });
    const held = this.#alerts.get(alert.id) ?? this.#board.alerts.get(alert.id);
    this.#alerts.set(alert.id, { ...alert, incident: id, times: (held?.times ?? 0) + 1 });
  }
}

function questionPart(question: Question | undefined): Partial<IncidentRecord> {
  return question === undefined ? {} : { question };
}
