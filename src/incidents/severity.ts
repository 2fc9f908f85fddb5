/** The order of severities, and of alerts and incidents by them. */
import type { AlertSeverity } from '../core/alert.ts';
import type { IncidentRecord } from '../core/incident.ts';
import { compareText } from '../core/object-ref.ts';
import { ms } from './instants.ts';

const RANK: Readonly<Record<AlertSeverity, number>> = { critical: 0, warning: 1, info: 2 };

/** Orders severities, the worst first. */
export function bySeverity(a: AlertSeverity, b: AlertSeverity): number {
  return RANK[a] - RANK[b];
}

interface Ranked {
  readonly id: string;
  readonly name: string;
  readonly severity: AlertSeverity;
  readonly status: 'firing' | 'resolved';
  readonly startsAt: string;
}

/** Orders alerts by what a reader wants first: those that fire, the worse, the older; then by name and id. */
export function byInterest(a: Ranked, b: Ranked): number {
  if (a.status !== b.status) return a.status === 'firing' ? -1 : 1;
  return (
    bySeverity(a.severity, b.severity) ||
    ms(a.startsAt) - ms(b.startsAt) ||
    compareText(a.name, b.name) ||
    compareText(a.id, b.id)
  );
}

/** Orders incidents: the worse, the earlier opened; then by id. */
export function byUrgency(a: IncidentRecord, b: IncidentRecord): number {
  return bySeverity(a.severity, b.severity) || ms(a.openedAt) - ms(b.openedAt) || compareText(a.id, b.id);
}
