/** What is due without an event: rechecks, the end of silences, of flapping, of storms, and leaving the board. */
import { endSilences } from './clicks.ts';
import type { Desk } from './desk.ts';
import { recheck } from './diagnosing.ts';
import { leavesAt } from './due.ts';
import { calmDown, endFlapping } from './flapping.ts';
import { instant, later, ms } from './instants.ts';
import { endStorm, leaveStorm } from './storm.ts';
import { note } from './timeline.ts';

/** Does all that is due up to this time, in order of time, each at its own time. */
export function sweep(desk: Desk, until: string): void {
  for (let item = desk.agenda.take(ms(until)); item !== undefined; item = desk.agenda.take(ms(until))) {
    desk.clock = later(desk.clock, instant(item.at));
    if (desk.storm(item.id) !== undefined) endStorm(desk, item.id);
    else look(desk, item.id);
  }
  desk.clock = later(desk.clock, until);
}

function look(desk: Desk, id: string): void {
  const record = desk.incident(id);
  if (record === undefined || record.state === 'folded') return;
  endSilences(desk, id);
  calmDown(desk, id);
  recheck(desk, id);
  const leaves = leavesAt(record, desk.settings);
  if (leaves !== undefined && leaves <= ms(desk.clock)) leave(desk, id);
  // It may wait for more than what was due now.
  else desk.plan(id);
}

/** Takes an incident off the board that can reopen no more, and what is folded into it: the next time is a new fault. */
function leave(desk: Desk, id: string): void {
  endFlapping(desk, id, desk.clock);
  const record = desk.incident(id);
  if (record?.diagnosis?.state === 'queued') {
    // Nobody will hear how it ended; the record that is kept must not say for ever that somebody looks.
    const written = desk.edit(id);
    written.diagnosis = { ...record.diagnosis, state: 'failed', endedAt: desk.clock };
    note(written, desk.clock, 'no-diagnosis', { diagnosis: record.diagnosis.id, why: 'over' });
  }
  const leaving = [...desk.index.foldedInto(id), id];
  const storms = new Set(leaving.map((one) => desk.incident(one)?.storm));
  for (const one of leaving) desk.dropIncident(one);
  for (const storm of storms) leaveStorm(desk, storm);
}
