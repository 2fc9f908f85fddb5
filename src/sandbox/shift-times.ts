/** Moves the times of recorded objects by one constant, so that ages are what they were when they were recorded. */
const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** Gives a copy with every RFC 3339 string moved by `ms`; fractions keep their length (MicroTime stays MicroTime). */
export function shiftTimes<T>(value: T, ms: number): T {
  if (ms === 0) return value;
  return shifted(value, ms) as T;
}

function shifted(value: unknown, ms: number): unknown {
  if (typeof value === 'string') return RFC3339.test(value) ? shiftedTime(value, ms) : value;
  if (Array.isArray(value)) return value.map((item) => shifted(item, ms));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shifted(item, ms)]));
}

function shiftedTime(text: string, ms: number): string {
  const digits = /\.(\d+)/.exec(text)?.[1]?.length ?? 0;
  const moved = new Date(Date.parse(text) + ms).toISOString();
  const whole = moved.slice(0, 19);
  return digits === 0 ? `${whole}Z` : `${whole}.${moved.slice(20, 23).padEnd(digits, '0').slice(0, digits)}Z`;
}
