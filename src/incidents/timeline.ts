/** An incident's timeline: appended to, bounded, in order. */
import { type IncidentRecord, MOST_TIMELINE, type TimelineEntry, type TimelineWhat } from '../core/incident.ts';
import { later } from './instants.ts';

/** How it began is always kept; what is too much is left out behind these. */
const KEPT_FIRST = 100;
const MAX_TEXT = 700;

/** Facts of an entry; what is undefined is left out, and text that is too long is cut. */
export type Facts = Readonly<Record<string, string | number | undefined>>;

/**
 * Adds an entry to a record that may be written. `at` is when it happened; should the record know of something later, it
 * takes that time, so that a timeline never runs backwards.
 */
export function note(record: IncidentRecord, at: string, what: TimelineWhat, facts: Facts = {}, by?: string): void {
  const last = record.timeline.at(-1);
  const data: TimelineEntry['data'] = {};
  for (const [name, value] of Object.entries(facts)) {
    if (value !== undefined) data[name] = typeof value === 'string' ? value.slice(0, MAX_TEXT) : value;
  }
  record.timeline.push({
    seq: last === undefined ? 0 : last.seq + 1,
    at: last === undefined ? at : later(last.at, at),
    what,
    ...(by === undefined ? {} : { by }),
    data,
  });
  if (record.timeline.length <= MOST_TIMELINE) return;
  record.timeline.splice(KEPT_FIRST, 1);
  record.left += 1;
}

/** Gives the newest entry that is one of these; undefined where there is none. */
export function newestOf(record: IncidentRecord, ...what: readonly TimelineWhat[]): TimelineEntry | undefined {
  return record.timeline.findLast((entry) => what.includes(entry.what));
}

/** Gives the names of alerts with how many there are of each, `KubeletDown, TargetDown ×2`. */
export function namesOf(alerts: readonly { readonly name: string }[]): string {
  const counts = new Map<string, number>();
  for (const { name } of alerts) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, count]) => (count === 1 ? name : `${name} ×${count}`)).join(', ');
}
