/** Which incident an alert belongs to that fires and was not known: one that has its key, or a new one. */
import type { Alert } from '../core/alert.ts';
import { INCIDENT_VERSION, type IncidentRecord } from '../core/incident.ts';
import { questionText } from '../core/question.ts';
import type { Desk } from './desk.ts';
import { incidentId } from './ids.ts';
import { stormFor } from './storm.ts';

const MAX_KEY = 1200;

/** Gives what joins alerts at the door: the text of the question, or `alert <name>` where none maps. */
export function keyOf(alert: Pick<Alert, 'question' | 'name'>): string {
  const key = alert.question === undefined ? `alert ${alert.name}` : questionText(alert.question);
  return key.slice(0, MAX_KEY);
}

/**
 * Gives the incident for such an alert. What was folded is followed; what is over and still on the board may reopen. A new
 * one is opened otherwise, without its alerts (`opened` is true). Undefined where the alert's route is not known any more:
 * there is no channel to show it in, and Alertmanager is told so at the door from now on.
 */
export function incidentFor(desk: Desk, alert: Alert): { id: string; opened: boolean } | undefined {
  const key = keyOf(alert);
  const known = desk.index.byKey(alert.route, key);
  const living = known === undefined ? undefined : desk.living(known);
  if (living !== undefined) return { id: living.id, opened: false };
  const route = desk.settings.routes.get(alert.route);
  if (route === undefined) return undefined;
  const storm = stormFor(desk, route);
  const record: IncidentRecord = {
    version: INCIDENT_VERSION,
    id: incidentId(desk.cluster, route.name, key, desk.clock),
    rev: 1,
    cluster: desk.cluster,
    route: route.name,
    channel: route.channel,
    language: route.language,
    state: 'open',
    key,
    ...(alert.question === undefined ? {} : { question: alert.question }),
    severity: alert.severity,
    since: alert.startsAt,
    openedAt: desk.clock,
    updatedAt: desk.clock,
    alerts: [],
    counts: { firing: 0, resolved: 0 },
    silences: [],
    reopenings: [],
    flapping: false,
    ...(storm === undefined ? {} : { storm }),
    fixes: [],
    noWorker: false,
    timeline: [],
    left: 0,
  };
  desk.addIncident(record);
  return { id: record.id, opened: true };
}
