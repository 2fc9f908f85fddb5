/** When something is to be done without an event: what each record waits for. */
import type { DeskSettings } from '../core/alert-settings.ts';
import type { Board } from '../core/board.ts';
import type { IncidentRecord, StormRecord } from '../core/incident.ts';
import { instant, ms } from './instants.ts';

/** A storm is over when for so long no new incident came. */
export const STORM_CALM_SECONDS = 300;

/** Gives when an incident that is over leaves the board, in ms; undefined for one that is not over. */
export function leavesAt(record: IncidentRecord, settings: DeskSettings): number | undefined {
  if (record.state !== 'resolved' || record.resolvedAt === undefined) return undefined;
  return ms(record.resolvedAt) + settings.reopenMinutes * 60_000;
}

/** Gives when flapping has been calm for long enough, in ms; undefined where it does not flap. */
export function calmAt(record: IncidentRecord, settings: DeskSettings): number | undefined {
  if (!record.flapping) return undefined;
  return ms(record.reopenings.at(-1) ?? record.updatedAt) + settings.flapping.minutes * 60_000;
}

/** Gives when the next silence ends, in ms; undefined where there is none. */
export function silenceEndsAt(record: IncidentRecord): number | undefined {
  return least(...record.silences.map(({ until }) => ms(until)));
}

/** Gives when a record is to be looked at without an event, in ms; undefined where it waits for nothing. */
export function dueOf(record: IncidentRecord, settings: DeskSettings): number | undefined {
  if (record.state === 'folded') return undefined;
  return least(
    leavesAt(record, settings),
    calmAt(record, settings),
    silenceEndsAt(record),
    record.recheckAt === undefined ? undefined : ms(record.recheckAt),
  );
}

/** Gives when a storm is over if nothing new comes, in ms; undefined for one that is over. */
export function stormOverAt(storm: StormRecord): number | undefined {
  return storm.state === 'open' ? ms(storm.lastAt) + STORM_CALM_SECONDS * 1000 : undefined;
}

/** Gives when deskStep is to be called next although no event came; undefined where nothing waits. It may be past. */
export function nextDue(board: Board, settings: DeskSettings): string | undefined {
  let next: number | undefined;
  for (const record of board.incidents.values()) next = least(next, dueOf(record, settings));
  for (const storm of board.storms.values()) next = least(next, stormOverAt(storm));
  return next === undefined ? undefined : instant(next);
}

function least(...times: readonly (number | undefined)[]): number | undefined {
  let found: number | undefined;
  for (const time of times) if (time !== undefined && (found === undefined || time < found)) found = time;
  return found;
}
