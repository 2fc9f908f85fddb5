/** Finds RFC 3339 times in sentences and writes them for a reader's zone. */

/** A piece of a sentence: plain text, or a time with its seconds since 1970. */
export type Piece = { readonly text: string } | { readonly time: string; readonly unix: number };

/** A time that stands free in a sentence. One inside a quoted log line or a name stays as it is. */
const TIME = /(?<![\w"'=:/.+-])\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})(?![\w"'/-]|:\d)/g;

/** Cuts a sentence into text and times. What looks like a time and is none (or is before 1970) stays text. */
export function timesIn(text: string): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(TIME)) {
    const unix = Math.floor(Date.parse(match[0]) / 1000);
    if (!Number.isFinite(unix) || unix < 0) continue;
    if (match.index > from) pieces.push({ text: text.slice(from, match.index) });
    pieces.push({ time: match[0], unix });
    from = match.index + match[0].length;
  }
  if (from < text.length) pieces.push({ text: text.slice(from) });
  return pieces;
}

/** Gives `2020-05-21 01:45Z`, or `2020-05-21 09:45+08:00` in an IANA zone. An unknown zone reads as UTC. */
export function timeText(unix: number, zone = 'UTC'): string {
  const utc = new Date(unix * 1000).toISOString();
  if (zone === 'UTC') return `${utc.slice(0, 10)} ${utc.slice(11, 16)}Z`;
  let parts: Map<string, string>;
  try {
    const format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      timeZoneName: 'longOffset',
    });
    parts = new Map(format.formatToParts(unix * 1000).map((part) => [part.type, part.value]));
  } catch {
    return timeText(unix);
  }
  const part = (name: string) => parts.get(name) ?? '';
  const offset = part('timeZoneName').replace('GMT', '') || 'Z';
  return `${part('year')}-${part('month')}-${part('day')} ${part('hour')}:${part('minute')}${offset}`;
}

/** Gives a sentence with its times written for a zone. */
export function withTimes(text: string, zone?: string): string {
  return timesIn(text)
    .map((piece) => ('text' in piece ? piece.text : timeText(piece.unix, zone)))
    .join('');
}

/** Gives the time between two RFC 3339 times in seconds with one decimal: `3.4`. `0.0` where either is no time. */
export function secondsBetween(from: string, to: string): string {
  const ms = Date.parse(to) - Date.parse(from);
  return (Number.isFinite(ms) && ms > 0 ? ms / 1000 : 0).toFixed(1);
}
