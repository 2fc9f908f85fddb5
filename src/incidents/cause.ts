/** Which cause of an incident is confirmed. */
import type { IncidentRecord } from '../core/incident.ts';

/**
 * Gives the key of the incident's first confirmed cause; undefined where none is confirmed. While a further diagnosis is
 * queued this is what the one before it found.
 */
export function confirmedKey(record: Readonly<IncidentRecord>): string | undefined {
  return record.diagnosis?.verdict === 'cause-found' ? record.diagnosis.causes[0]?.key : undefined;
}
