/** Looks every few seconds for fixes that stand still: a nudge was lost with its process, or with what Redis had not kept. */
import { errorText } from '../core/errors.ts';
import type { RemediatorDeps } from './deps.ts';

export interface Sweeper {
  stop(): Promise<void>;
}

const DUE = new Set<string>(['drafted', 'approved', 'applying']);

/** Starts it. `isRunning` tells what this process is at. */
export function startSweeper(deps: RemediatorDeps, isRunning: (id: string) => boolean, everyMs: number): Sweeper {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> = Promise.resolve();
  const look = async (): Promise<void> => {
    try {
      for (const record of await deps.fixes.open(deps.cluster)) {
        if (DUE.has(record.state) && !isRunning(record.id)) await deps.producer.wake(record);
      }
    } catch (error) {
      deps.log.warn({ why: errorText(error) }, 'open fixes could not be looked at');
    }
    if (!stopped) timer = setTimeout(again, everyMs);
  };
  const again = (): void => {
    looking = look();
  };
  again();
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await looking;
    },
  };
}
