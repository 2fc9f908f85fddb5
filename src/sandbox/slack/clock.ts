/** Time for the workspace: the real clock, or one that only moves when a test moves it. */

/** What the emulator needs of time. `now` is in milliseconds; `setTimer` returns a function that cancels the timer. */
export interface Clock {
  now(): number;
  setTimer?(ms: number, run: () => void): () => void;
}

/** A clock whose timers run only when `advance` is called. */
export interface ManualClock extends Clock {
  setTimer(ms: number, run: () => void): () => void;
  advance(ms: number): void;
}

export const realClock: Clock = { now: () => Date.now() };

/** Starts a timer on the given clock; a clock without timers of its own gets real ones, which never keep the process alive. */
export function startTimer(clock: Clock, ms: number, run: () => void): () => void {
  if (clock.setTimer) return clock.setTimer(ms, run);
  const timer = setTimeout(run, ms);
  timer.unref();
  return () => clearTimeout(timer);
}

/** Makes a clock that stands still at `start` (milliseconds) until advanced; due timers run in order of time. */
export function manualClock(start: number): ManualClock {
  let now = start;
  let next = 0;
  const timers = new Map<number, { at: number; run: () => void }>();
  return {
    now: () => now,
    setTimer(ms, run) {
      next += 1;
      const key = next;
      timers.set(key, { at: now + Math.max(0, ms), run });
      return () => {
        timers.delete(key);
      };
    },
    advance(ms) {
      const end = now + ms;
      for (;;) {
        const due = [...timers.entries()]
          .filter(([, t]) => t.at <= end)
          .sort((a, b) => a[1].at - b[1].at || a[0] - b[0]);
        const first = due[0];
        if (!first) break;
        timers.delete(first[0]);
        now = first[1].at;
        first[1].run();
      }
      now = end;
    },
  };
}
