/** Failures that a test orders for coming calls: statuses, errors, hanging, resets, and a message stored but answered with 500. */

/** One failure, as a test orders it. */
export interface Fault {
  status?: 429 | 500 | 502 | 503;
  /** Seconds; only with 429. Null leaves the header out. */
  retryAfter?: number | null;
  /** Answers `{ok:false,error}` with status 200. */
  error?: string;
  /** Carries the call out, then answers 500. */
  storeThenFail?: boolean;
  /** Accepts the request and never answers. */
  hang?: boolean;
  /** Closes the connection without an answer. */
  reset?: boolean;
  /** Answers only after this many milliseconds. */
  delayMs?: number;
  /** How many calls are struck; 1 by default. */
  times?: number;
}

export interface FaultPlan {
  /** Orders a fault for the next calls of a method; `*` strikes any method. */
  next(method: string, fault: Fault): void;
  /** Takes the fault that strikes this call, if one is ordered. */
  take(method: string): Fault | undefined;
  clear(): void;
}

/** Makes an empty plan: nothing fails. */
export function makeFaultPlan(): FaultPlan {
  const queue: { method: string; fault: Fault; left: number }[] = [];
  return {
    next(method, fault) {
      queue.push({ method, fault, left: fault.times ?? 1 });
    },
    take(method) {
      const at = queue.findIndex((q) => q.method === method || q.method === '*');
      const found = queue[at];
      if (!found) return undefined;
      found.left -= 1;
      if (found.left <= 0) queue.splice(at, 1);
      return found.fault;
    },
    clear() {
      queue.length = 0;
    },
  };
}
