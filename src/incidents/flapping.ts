/** Flapping: what comes and goes too often is said once when it begins and once when it has calmed down. */
import type { Desk } from './desk.ts';
import { calmAt } from './due.ts';
import { instant, ms } from './instants.ts';
import { note } from './timeline.ts';

/** Looks whether the reopening that was just written is one too many. */
export function countFlap(desk: Desk, id: string): void {
  const { times, minutes } = desk.settings.flapping;
  const record = desk.edit(id);
  const since = ms(desk.clock) - minutes * 60_000;
  if (record.flapping || record.reopenings.filter((at) => ms(at) > since).length < times) return;
  record.flapping = true;
  note(record, desk.clock, 'flapping', { state: 'began', times: record.reopenings.length, minutes });
}

/** Says that it has calmed down, where it has at the desk's time. */
export function calmDown(desk: Desk, id: string): void {
  const record = desk.incident(id);
  const at = record === undefined ? undefined : calmAt(record, desk.settings);
  if (at === undefined || at > ms(desk.clock)) return;
  endFlapping(desk, id, instant(at));
}

/** Ends flapping, wherever it is; does nothing to what does not flap. */
export function endFlapping(desk: Desk, id: string, at: string): void {
  if (desk.incident(id)?.flapping !== true) return;
  const record = desk.edit(id);
  record.flapping = false;
  note(record, at, 'flapping', { state: 'ended', minutes: desk.settings.flapping.minutes });
}
