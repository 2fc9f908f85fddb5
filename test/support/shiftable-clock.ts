/** The time of day of this process, which a test may let pass; timers run as they do. */

export interface ShiftableClock {
  /** Milliseconds from now on later. */
  pass(ms: number): void;
  passed(): number;
  restore(): void;
}

/** Puts it in place of the real one until `restore`. */
export function shiftableClock(): ShiftableClock {
  const Real = globalThis.Date;
  let ahead = 0;
  const now = (): number => Real.now() + ahead;
  globalThis.Date = new Proxy(Real, {
    construct: (target, given: unknown[], newTarget) =>
      Reflect.construct(target, given.length === 0 ? [now()] : given, newTarget) as object,
    get: (target, key, receiver) => (key === 'now' ? now : (Reflect.get(target, key, receiver) as unknown)),
  });
  return {
    pass(ms) {
      ahead += ms;
    },
    passed: () => ahead,
    restore() {
      globalThis.Date = Real;
    },
  };
}
