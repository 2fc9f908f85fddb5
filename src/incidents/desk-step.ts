/** The step that decides everything about incidents: from a board and what happened to the next board. Pure: no clock, no randomness. */
import type { DeskSettings } from '../core/alert-settings.ts';
import type { Board, DeskResult } from '../core/board.ts';
import type { DeskEvent } from '../core/desk-event.ts';
import { takeAgain, takeFix, takeHandedBack, takeOnIt, takeSilenced, takeUnsilenced } from './clicks.ts';
import { Desk } from './desk.ts';
import { takeDiagnosed, takeNoWorker } from './diagnosed.ts';
import { nextDue } from './due.ts';
import { earlier, ms } from './instants.ts';
import { takeAlerts, takeGone } from './intake.ts';
import { sweep } from './sweep.ts';

export { nextDue };

/** Gives a cluster's board on which nothing has happened yet. */
export function emptyBoard(cluster: string): Board {
  return { cluster, incidents: new Map(), storms: new Map(), alerts: new Map() };
}

/**
 * Takes the events in their order, and what is due at `now` without any, and gives what changed. The given board is left as it
 * is. Events of incidents that are not on the board are ignored; those of folded ones go to where they were folded. The same
 * events in one step or in several give the same incidents, and an event that comes twice changes nothing the second time
 * (an alert counts one more notification). An event from the future (another replica's clock) happens `now`.
 */
export function deskStep(board: Board, events: readonly DeskEvent[], now: string, settings: DeskSettings): DeskResult {
  const due = events.length > 0 ? now : nextDue(board, settings);
  if (due === undefined || ms(due) > ms(now)) return unchanged(board);
  const desk = new Desk(board, now, settings);
  for (const event of events) {
    sweep(desk, earlier(event.at, now));
    take(desk, event);
  }
  sweep(desk, now);
  return desk.finish();
}

function unchanged(board: Board): DeskResult {
  return { board, incidents: [], storms: [], alerts: [], offBoard: { incidents: [], storms: [], alerts: [] } };
}

function take(desk: Desk, event: DeskEvent): void {
  switch (event.type) {
    case 'alerts':
      return takeAlerts(desk, event);
    case 'diagnosed':
      return takeDiagnosed(desk, event);
    case 'on-it':
      return takeOnIt(desk, event);
    case 'handed-back':
      return takeHandedBack(desk, event);
    case 'silenced':
      return takeSilenced(desk, event);
    case 'unsilenced':
      return takeUnsilenced(desk, event);
    case 'gone':
      return takeGone(desk, event);
    case 'again':
      return takeAgain(desk, event);
    case 'fix':
      return takeFix(desk, event);
    case 'no-worker':
      return takeNoWorker(desk, event);
  }
}
