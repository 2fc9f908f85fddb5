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

/** Times at the beginning of a component's log lines, UTC: `2020-05-26 12:42:35.947 [ERROR]…`, `2020-05-26T12:42:35.947Z …`. */
const LINE_TIME = /^(\d{4}-\d\d-\d\d)([T ])(\d\d:\d\d:\d\d)(?:\.(\d+))?/gm;

/** Gives a log with the times that its lines begin with moved by `ms`; their form stays. */
export function shiftLogTimes(text: string, ms: number): string {
  if (ms === 0) return text;
  return text.replaceAll(LINE_TIME, (whole, date: string, gap: string, time: string, fraction: string | undefined) => {
    const at = Date.parse(`${date}T${time}.${(fraction ?? '').padEnd(3, '0').slice(0, 3)}Z`);
    if (Number.isNaN(at)) return whole;
    const moved = new Date(at + ms).toISOString();
    const digits =
      fraction === undefined ? '' : `.${moved.slice(20, 23).padEnd(fraction.length, '0').slice(0, fraction.length)}`;
    return `${moved.slice(0, 10)}${gap}${moved.slice(11, 19)}${digits}`;
  });
}
