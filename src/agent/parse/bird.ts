/** Parses BIRD's answer to `show protocols all`, of 1.6 (Calico's) and of 2.x: the BGP sessions. */
import type { BirdSession } from '../../core/evidence/node-network.ts';

const STATES = 'down|start|wait|feed|up|stop|flush|\\?\\?\\?';
/** name proto table state rest. Columns are not aligned where names are long. */
const ROW = new RegExp(`^(\\S+)\\s+(\\S+)\\s+(\\S+)\\s+(${STATES})(?:\\s+(.*))?$`);
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const CLOCK = /^\d{2}:\d{2}(:\d{2}(\.\d+)?)?$/;

export interface BirdAnswer {
  readonly version: string | undefined;
  readonly sessions: BirdSession[];
  /** False where the end line `0000` is missing: the answer was cut. */
  readonly complete: boolean;
  /** What BIRD said where it refused (codes 8xxx and 9xxx). */
  readonly refused: string | undefined;
}

/** Gives the sessions in BIRD's order. Protocols other than BGP are skipped. */
export function parseBird(text: string): BirdAnswer {
  const version = /^0001 BIRD (\S+) ready/m.exec(text)?.[1];
  const sessions: BirdSession[] = [];
  const lastErrors = new Map<BirdSession, string>();
  let current: BirdSession | undefined;
  for (const raw of text.split('\n')) {
    const line = content(raw.replace(/\r$/, ''));
    if (line === undefined) continue;
    const row = ROW.exec(line);
    if (row !== null) {
      current = row[2] === 'BGP' ? session(row[1] ?? '', row[4] ?? '', row[5] ?? '') : undefined;
      if (current !== undefined) sessions.push(current);
      continue;
    }
    if (current !== undefined) addDetail(current, line, lastErrors);
  }
  for (const [one, error] of lastErrors) {
    // The last error of an established session is history; of any other it is why.
    if (one.info !== 'Established' && one.error === undefined) one.error = error;
  }
  return {
    version,
    sessions,
    complete: /^0000(\s|$)/m.test(text),
    refused: /^[89]\d{3}[ -](.*)$/m.exec(text)?.[1]?.trim(),
  };
}

function addDetail(session: BirdSession, line: string, lastErrors: Map<BirdSession, string>): void {
  const detail = /^\s+(Neighbor address|Source address|Last error):\s*(\S.*)$/.exec(line);
  const value = detail?.[2]?.trim();
  if (value === undefined) return;
  if (detail?.[1] === 'Neighbor address') session.neighbour = value.replace(/%.*$/, '');
  if (detail?.[1] === 'Source address') session.sourceAddress = value;
  if (detail?.[1] === 'Last error') lastErrors.set(session, value);
}

/** Takes the wire protocol's prefix off: `1002-`, or one space on lines that continue. Undefined for lines that carry nothing. */
function content(line: string): string | undefined {
  const coded = /^(\d{4})[- ](.*)$/.exec(line);
  if (coded !== null) return ['0000', '0001', '2002'].includes(coded[1] ?? '') ? undefined : coded[2];
  return line.startsWith(' ') ? line.slice(1) : line;
}

function session(name: string, state: string, rest: string): BirdSession {
  const words = rest.split(/\s+/).filter((word) => word !== '');
  // `since` is a date, a time, or with a long time format both.
  const sinceWords = DATE.test(words[0] ?? '') && CLOCK.test(words[1] ?? '') ? 2 : 1;
  const [info = '', ...error] = words.slice(sinceWords);
  return {
    name,
    state,
    since: words.slice(0, sinceWords).join(' '),
    info,
    ...(error.length === 0 ? {} : { error: error.join(' ') }),
  };
}
