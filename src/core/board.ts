/** What is known of a cluster's alerts and incidents now: what one step of the desk starts from, and what it gives. */
import type { z } from 'zod';
import { Alert } from './alert.ts';
import { IncidentAlert, IncidentId, type IncidentRecord, type StormRecord } from './incident.ts';

/** An alert on the board, firing or resolved not long ago, and the incident that it belongs to. */
export const BoardAlert = Alert.extend({ incident: IncidentId, times: IncidentAlert.shape.times });
export type BoardAlert = z.infer<typeof BoardAlert>;

/**
 * One cluster's board. Incidents stay on it while they are open or folded, and after their end for as long as they may reopen;
 * then they live on in their own records only. Maps are keyed by id.
 */
export interface Board {
  readonly cluster: string;
  readonly incidents: ReadonlyMap<string, IncidentRecord>;
  readonly storms: ReadonlyMap<string, StormRecord>;
  readonly alerts: ReadonlyMap<string, BoardAlert>;
}

/** What a step changed. What is not named in it is as it was. */
export interface DeskResult {
  readonly board: Board;
  /** Incidents and storms that changed (their `rev` is counted up), to be stored and shown. */
  readonly incidents: readonly IncidentRecord[];
  readonly storms: readonly StormRecord[];
  readonly alerts: readonly BoardAlert[];
  /** Ids that leave the board; records of incidents and storms are kept by themselves. */
  readonly offBoard: {
    readonly incidents: readonly string[];
    readonly storms: readonly string[];
    readonly alerts: readonly string[];
  };
}
