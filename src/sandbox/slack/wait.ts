/** Waiting for a condition of the workspace by its own changes, without polling. */
import type { SlackWorkspace } from './workspace-types.ts';

const DEFAULT_MS = 5000;

function summary(w: SlackWorkspace): string {
  const last = w.ledger.slice(-12).map((e) => `${e.kind} ${e.name}${e.error === undefined ? '' : ` (${e.error})`}`);
  return last.length === 0 ? 'nothing happened' : `last: ${last.join('; ')}`;
}

/** Makes `waitFor`. A predicate that throws counts as not yet true; its error is told when time is up. */
export function makeWait(workspace: () => SlackWorkspace, listeners: Set<() => void>): SlackWorkspace['waitFor'] {
  return (predicate, timeoutMs = DEFAULT_MS) =>
    new Promise((resolve, reject) => {
      let failure: unknown;
      const look = (): boolean => {
        try {
          const found = predicate(workspace());
          if (found === undefined || found === false || found === null) return false;
          listeners.delete(look);
          clearTimeout(timer);
          resolve(found);
          return true;
        } catch (error) {
          failure = error;
          return false;
        }
      };
      const timer = setTimeout(() => {
        listeners.delete(look);
        const said = failure instanceof Error ? ` It failed with: ${failure.message}.` : '';
        reject(
          new Error(
            `Waited ${timeoutMs} ms in vain for: ${predicate.toString().slice(0, 300)}.${said} In the workspace, ${summary(workspace())}.`,
          ),
        );
      }, timeoutMs);
      if (!look()) listeners.add(look);
    });
}
