/** A desk in a test: events go in, each step is checked against what must always hold, and the board is read in plain words. */
import { type Alert, alertId } from '../../src/core/alert.ts';
import { DESK_DEFAULTS, type DeskSettings } from '../../src/core/alert-settings.ts';
import type { Board, DeskResult } from '../../src/core/board.ts';
import { DeskEvent } from '../../src/core/desk-event.ts';
import type { IncidentCause, IncidentRecord, IncidentSilence } from '../../src/core/incident.ts';
import { parseQuestion } from '../../src/core/parse-question.ts';
import { deskStep, emptyBoard } from '../../src/incidents/desk-step.ts';
import { checkStep, frozen } from './invariants.ts';

export const CLUSTER = 'lab';
export const START = Date.parse('2026-11-25T05:00:00Z');

/** `at(90)` is 90 s after the start. */
export function at(seconds: number): string {
  return new Date(START + seconds * 1000).toISOString();
}

const ROUTE = { channel: 'C1', language: 'en', cluster: CLUSTER, clusterLabel: 'cluster' } as const;
export const SETTINGS: DeskSettings = {
  routes: new Map(['main', 'other'].map((name) => [name, { ...ROUTE, name }])),
  clusters: [CLUSTER],
  ...DESK_DEFAULTS,
};

export interface AlertWords {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** As a person would type it. */
  readonly question?: string;
  readonly severity?: Alert['severity'];
  /** Seconds after the start. */
  readonly starts?: number;
  readonly ends?: number;
  readonly received?: number;
  readonly source?: string;
  readonly route?: string;
  readonly odd?: Alert['odd'];
}

function questionOf(text: string): Alert['question'] {
  return parseQuestion(text.split(' '));
}

/** Gives an alert; with `ends` it is over. */
export function alert(words: AlertWords): Alert {
  const labels = { alertname: words.name, ...words.labels };
  const { starts = 0, ends, received = ends ?? starts, question } = words;
  return {
    id: alertId(CLUSTER, labels),
    cluster: CLUSTER,
    route: words.route ?? 'main',
    name: words.name,
    labels,
    severity: words.severity ?? 'warning',
    status: ends === undefined ? 'firing' : 'resolved',
    startsAt: at(starts),
    ...(ends === undefined ? {} : { endsAt: at(ends) }),
    receivedAt: at(received),
    source: words.source ?? 'http://alertmanager-1:9093',
    ...(question === undefined ? {} : { question: questionOf(question) }),
    odd: words.odd ?? [],
  };
}

/** Gives the event of a notification with these alerts. */
export function notified(seconds: number, ...alerts: readonly AlertWords[]): DeskEvent {
  const told = alerts.map((words) => alert({ received: seconds, ...words }));
  return { type: 'alerts', at: at(seconds), route: told[0]?.route ?? 'main', alerts: told };
}

/** Gives a cause from its key, `rule|Kind/name`. */
export function cause(key: string): IncidentCause {
  const [rule = '', object = ''] = key.split('|');
  const [kind = '', name = ''] = object.split('/');
  return { key, rule, object: { kind, name }, says: `It is ${key}.` };
}

export function silence(id: string, until: number, by = 'U1'): IncidentSilence {
  const alertmanager = 'http://alertmanager-1:9093';
  return { id, alertmanager, alert: 'al-1', by, why: '1h', from: at(0), until: at(until) };
}

/** How a diagnosis ends: a cause's key, `healthy`, `unclear`, or `failed`. */
export type Ending = string;

export class Scene {
  board: Board = frozen(emptyBoard(CLUSTER));
  last: DeskResult | undefined;
  readonly settings: DeskSettings;

  constructor(settings: Partial<DeskSettings> = {}) {
    this.settings = { ...SETTINGS, ...settings };
  }

  /** One step at this second; every result is checked. */
  step(seconds: number, ...events: readonly DeskEvent[]): DeskResult {
    for (const event of events) DeskEvent.parse(event);
    const result = deskStep(this.board, events, at(seconds), this.settings);
    checkStep(this.board, result);
    this.board = frozen(result.board);
    this.last = result;
    return result;
  }

  /** One notification in a step of its own. */
  notify(seconds: number, ...alerts: readonly AlertWords[]): DeskResult {
    return this.step(seconds, notified(seconds, ...alerts));
  }

  get incidents(): IncidentRecord[] {
    return [...this.board.incidents.values()];
  }

  /** Incidents that have a thread of their own: not folded, and in no digest. */
  get threads(): IncidentRecord[] {
    return this.incidents.filter(({ state, storm }) => state !== 'folded' && storm === undefined);
  }

  /** The incident that was opened for this question or alert, folded or not. */
  of(key: string): IncidentRecord {
    const found = this.incidents.find((record) => record.key === key);
    if (found === undefined)
      throw new Error(`No incident has the key ${key}: ${this.incidents.map((one) => one.key).join('; ')}`);
    return found;
  }

  /** The event by which the queued diagnosis of this incident ends. */
  ending(seconds: number, record: IncidentRecord, ending: Ending): DeskEvent {
    return diagnosed(seconds, record.id, record.diagnosis?.id ?? 'dx-00000', ending);
  }

  diagnose(seconds: number, key: string, ending: Ending): DeskResult {
    return this.step(seconds, this.ending(seconds, this.of(key), ending));
  }

  /** The timeline of an incident as words. */
  told(key: string): string[] {
    return this.of(key).timeline.map(({ what }) => what);
  }
}

export function diagnosed(seconds: number, incident: string, diagnosis: string, ending: Ending): DeskEvent {
  const base = {
    type: 'diagnosed' as const,
    at: at(seconds),
    incident,
    diagnosis,
    causes: [],
    offers: [],
  } satisfies Partial<DeskEvent>;
  if (ending === 'failed') return { ...base, outcome: 'failed', reason: 'The API server did not answer.' };
  const words = { healthy: 'no-fault-found', unclear: 'inconclusive' } as const;
  const verdict = ending === 'healthy' || ending === 'unclear' ? words[ending] : 'cause-found';
  return {
    ...base,
    outcome: 'done',
    verdict,
    summary: `It ended with ${ending}.`,
    causes: verdict === 'cause-found' ? [cause(ending)] : [],
  };
}
