/** What will happen later in a living cluster: timers by name, in seconds of the cluster, which may run faster than the clock. */

export interface Timers {
  /** Runs once after so many seconds. What already waits under this name is left alone. Background work never ends by itself. */
  once(name: string, seconds: number, run: () => void, background?: boolean): void;
  cancel(name: string): void;
  /** Forgets everything that waits. */
  clear(): void;
  /** Resolves when nothing but background work waits. @throws what a consequence threw, which is a mistake of the simulator. */
  settled(): Promise<void>;
}

/** Gives timers that run `speed` times as fast as the clock. */
export function createTimers(speed: number): Timers {
  const waiting = new Map<string, { timer: NodeJS.Timeout; background: boolean }>();
  let failure: Error | undefined;
  let listeners: (() => void)[] = [];
  const busy = (): boolean => [...waiting.values()].some((one) => !one.background);
  // Later, since what runs now may still bring more about.
  const told = (): void => {
    setImmediate(() => {
      if (busy() && failure === undefined) return;
      const ready = listeners;
      listeners = [];
      for (const listener of ready) listener();
    });
  };
  const cancel = (name: string): void => {
    clearTimeout(waiting.get(name)?.timer);
    waiting.delete(name);
    told();
  };
  return {
    once(name, seconds, run, background = false) {
      if (waiting.has(name)) return;
      const timer = setTimeout(
        () => {
          waiting.delete(name);
          try {
            run();
          } catch (error) {
            failure ??= error instanceof Error ? error : new Error(String(error));
          }
          told();
        },
        (seconds * 1000) / speed,
      );
      timer.unref();
      waiting.set(name, { timer, background });
    },
    cancel,
    clear() {
      for (const name of waiting.keys()) cancel(name);
    },
    async settled() {
      // The wait itself keeps the process alive; the cluster's own timers do not.
      const keep = setInterval(() => undefined, 60_000);
      try {
        while (failure === undefined && busy()) await new Promise<void>((resolve) => listeners.push(resolve));
        if (failure !== undefined) throw failure;
      } finally {
        clearInterval(keep);
      }
    },
  };
}
