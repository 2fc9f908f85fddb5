/** From the texts in Redis to a board: what does not fit its schema is left out, and nothing else with it. */
import type { z } from 'zod';
import { type Board, BoardAlert } from '../../core/board.ts';
import { IncidentRecord, StormRecord } from '../../core/incident.ts';
import type { Log } from '../log.ts';
import { parseRecord } from './record.ts';

type Texts = readonly { readonly id: string; readonly text: string }[];

export interface BoardTexts {
  readonly cluster: string;
  readonly incidents: Texts;
  readonly storms: Texts;
  readonly alerts: Texts;
}

/**
 * Gives the board. A record under a name or in a cluster that is not its own is left out as well. An alert whose incident is
 * not there is left out too: when it fires again, it opens one.
 */
export function parseBoard({ cluster, incidents, storms, alerts }: BoardTexts, log: Log): Board {
  const own = parsed(IncidentRecord, incidents, cluster, log);
  const all = parsed(BoardAlert, alerts, cluster, log);
  const held = [...all].filter(([, alert]) => own.has(alert.incident));
  if (held.length < all.size) log.warn({ cluster, alerts: all.size - held.length }, 'alerts without their incident');
  return { cluster, incidents: own, storms: parsed(StormRecord, storms, cluster, log), alerts: new Map(held) };
}

function parsed<T extends { readonly id: string; readonly cluster: string }>(
  schema: z.ZodType<T>,
  texts: Texts,
  cluster: string,
  log: Log,
): Map<string, T> {
  const found = new Map<string, T>();
  for (const { id, text } of texts) {
    // A record that expired or was lost: its id alone says nothing.
    const record = parseRecord(schema, text === '' ? null : text, id, log);
    if (record === undefined) continue;
    if (record.id === id && record.cluster === cluster) found.set(id, record);
    else log.warn({ key: id, cluster }, 'record is not the one of its name, skipped');
  }
  return found;
}
