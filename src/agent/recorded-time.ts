/** Moves the times in a recorded host's texts by a constant, so that a recording of any age reads as of today. */

const DAY_MS = 86_400_000;
const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
/** `Thu 2020-05-21 01:45:25 UTC`, or in the local time of the host that was recorded: `Thu 2020-05-21 09:45:25 CST`. */
const SYSTEMD_TIME =
  /\b(?:Sun|Mon|Tue|Wed|Thu|Fri|Sat) (\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2}) (UTC|GMT|[A-Z]{2,5}|[+-]\d{2}(?:\d{2})?)(?![\w+-])/g;
/** RFC 3339, and Go's spelling `2020-05-27 02:40:11.123456789 +0000 UTC`. */
const DATED_TIME = /\b(\d{4}-\d{2}-\d{2})([T ])(\d{2}:\d{2}:\d{2})(\.\d+)?( ?(?:Z|[+-]\d{2}:?\d{2}))/g;
const JOURNAL_STAMP = /^_{0,2}(?:SOURCE_)?REALTIME_TIMESTAMP$/;
const SINCE = /(\s)(\d{4}-\d{2}-\d{2})?(\s)?(\d{2}:\d{2}:\d{2}(?:\.\d+)?)?(?=\s|$)/g;

/**
 * Moves the times of systemd, RFC 3339 and Go; other text stays as it is, and each time keeps its spelling. systemd's local
 * times become UTC, as the agent's programs print them; `zone` is the recorded host's time zone (`Asia/Shanghai`).
 */
export function shiftTimes(text: string, shiftMs: number, zone?: string): string {
  return text
    .replace(SYSTEMD_TIME, (whole, date: string, time: string, suffix: string) => {
      const offset = /^(UTC|GMT)$/.test(suffix) ? 0 : offsetOf(zone, Date.parse(`${date}T${time}Z`));
      const moved = offset === undefined ? undefined : moveTo(`${date}T${time}Z`, shiftMs - offset);
      if (moved === undefined) return whole;
      return `${WEEKDAYS[moved.getUTCDay()]} ${moved.toISOString().slice(0, 10)} ${moved.toISOString().slice(11, 19)} UTC`;
    })
    .replace(DATED_TIME, (whole, date: string, gap: string, time: string, fraction = '', zone: string) => {
      // The zone stays: moving the wall clock by a duration moves the instant by the same.
      const moved = moveTo(`${date}T${time}Z`, Math.round(shiftMs / 1000) * 1000);
      if (moved === undefined) return whole;
      return `${moved.toISOString().slice(0, 10)}${gap}${moved.toISOString().slice(11, 19)}${fraction}${zone}`;
    });
}

/** Moves the stamps (microseconds) of `journalctl --output json`; messages stay word for word. */
export function shiftJournal(text: string, shiftMs: number): string {
  if (shiftMs === 0) return text;
  return text
    .split('\n')
    .map((line) => {
      if (!line.startsWith('{')) return line;
      const entry: unknown = parseJson(line);
      if (typeof entry !== 'object' || entry === null) return line;
      const year = yearOf(entry);
      const moved = Object.entries(entry).map(([key, value]) => {
        if (typeof value !== 'string') return [key, value];
        if (key === 'MESSAGE') return [key, shiftKlog(value, year, shiftMs)];
        const stamp = JOURNAL_STAMP.test(key) && /^\d{1,17}$/.test(value);
        return [key, stamp ? String(BigInt(value) + BigInt(Math.round(shiftMs)) * 1000n) : value];
      });
      return JSON.stringify(Object.fromEntries(moved));
    })
    .join('\n');
}

/** klog's header has no year: it is the entry's own. */
const KLOG = /^([IWEF])(\d{2})(\d{2}) (\d{2}:\d{2}:\d{2}\.\d{3})(\d{3})/;

function yearOf(entry: object): string {
  const stamp = (entry as Record<string, unknown>)['__REALTIME_TIMESTAMP'];
  const time = new Date(typeof stamp === 'string' ? Number(stamp) / 1000 : Number.NaN);
  // A stamp beyond all dates is not one.
  return Number.isNaN(time.getTime()) ? '1970' : time.toISOString().slice(0, 4);
}

/** Moves the time in a klog header (`F0527 10:37:34.102211`), in whatever zone it was written. */
function shiftKlog(message: string, year: string, shiftMs: number): string {
  return message.replace(KLOG, (whole, level: string, month: string, day: string, time: string, micros: string) => {
    const moved = moveTo(`${year}-${month}-${day}T${time}Z`, shiftMs)?.toISOString();
    return moved === undefined
      ? whole
      : `${level}${moved.slice(5, 7)}${moved.slice(8, 10)} ${moved.slice(11, 23)}${micros}`;
  });
}

/** Moves the `since` column of BIRD: dates by the shift in days, times of day by the rest. */
export function shiftSince(text: string, shiftMs: number): string {
  if (shiftMs === 0) return text;
  return text.replace(SINCE, (whole, lead: string, date?: string, gap?: string, time?: string) => {
    if (date === undefined && time === undefined) return whole;
    if (date !== undefined && time === undefined) {
      const moved = moveTo(`${date}T12:00:00Z`, Math.round(shiftMs / DAY_MS) * DAY_MS);
      return moved === undefined ? whole : `${lead}${moved.toISOString().slice(0, 10)}${gap ?? ''}`;
    }
    const [clock = '', fraction] = (time ?? '').split('.');
    const moved = moveTo(`${date ?? '2000-01-01'}T${clock}Z`, shiftMs);
    if (moved === undefined) return whole;
    const day = date === undefined ? '' : moved.toISOString().slice(0, 10);
    const rest = fraction === undefined ? '' : `.${fraction}`;
    return `${lead}${day}${gap ?? ''}${moved.toISOString().slice(11, 19)}${rest}`;
  });
}

/** Gives how far a zone is ahead of UTC at a local time, in milliseconds; undefined for a zone that nobody knows. */
function offsetOf(zone: string | undefined, localMs: number): number | undefined {
  if (zone === undefined || Number.isNaN(localMs)) return undefined;
  try {
    const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
    // Asked at the local time as if it were UTC: wrong only within hours of a change of summer time.
    const name = format.formatToParts(localMs).find(({ type }) => type === 'timeZoneName')?.value ?? '';
    const match = /^GMT(?:([+-])(\d{2}):(\d{2}))?$/.exec(name);
    if (match === null) return undefined;
    const minutes = Number(match[2] ?? 0) * 60 + Number(match[3] ?? 0);
    return (match[1] === '-' ? -minutes : minutes) * 60_000;
  } catch {
    return undefined;
  }
}

function moveTo(time: string, shiftMs: number): Date | undefined {
  const moved = new Date(Date.parse(time) + shiftMs);
  return Number.isNaN(moved.getTime()) ? undefined : moved;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
