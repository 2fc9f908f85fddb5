/** Choosing lines of a recorded log: by time, by tail, by size. Times are read from the lines themselves. */

/** What of a log is wanted. Times are those of the recording, not of the clock. */
export interface LineChoice {
  nowMs: number;
  /** What is added to a time when it is served. */
  shiftMs: number;
  sinceMs: number | undefined;
  tailLines: number | undefined;
  limitBytes: number | undefined;
  /** Puts the time of each line in front, as the kubelet does. */
  timestamps: boolean;
}

const ISO = /(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(\.\d+|,\d+)?/;
const KLOG = /^[IWEF](\d\d)(\d\d) (\d\d:\d\d:\d\d\.\d+)/;
const DAY_MS = 86_400_000;

/** The chosen lines. A line without a time has that of the line before it; the first ones that of the container's start. */
export function chooseLines(log: string, choice: LineChoice, startedMs: number | undefined): string {
  const { sinceMs, tailLines, limitBytes, timestamps } = choice;
  if (log === '') return '';
  const ended = log.endsWith('\n');
  let lines: string[] = (ended ? log.slice(0, -1) : log).split('\n');
  if (sinceMs !== undefined || timestamps) {
    let time = startedMs ?? Number.NEGATIVE_INFINITY;
    const dated = lines.map((line) => {
      time = timeOf(line, choice.nowMs) ?? time;
      return { line, time };
    });
    const kept = dated.filter((one) => sinceMs === undefined || one.time >= sinceMs);
    lines = kept.map((one) => (timestamps ? `${stamp(one.time, choice)} ${one.line}` : one.line));
  }
  if (tailLines !== undefined) lines = tailLines === 0 ? [] : lines.slice(-tailLines);
  const chosen = lines.length === 0 ? '' : `${lines.join('\n')}${ended ? '\n' : ''}`;
  if (limitBytes === undefined) return chosen;
  return Buffer.from(chosen, 'utf8').subarray(0, limitBytes).toString('utf8');
}

/** The time written at or near the start of a line (UTC), in ms, or undefined. */
function timeOf(line: string, nowMs: number): number | undefined {
  const head = line.slice(0, 64);
  const klog = KLOG.exec(head);
  if (klog !== null) {
    const [, month = '', day = '', clock = ''] = klog;
    // klog has no year: the latest one that is not in the future.
    const year = new Date(nowMs).getUTCFullYear();
    const thisYear = Date.parse(`${year}-${month}-${day}T${clock.slice(0, 12)}Z`);
    return thisYear > nowMs + DAY_MS ? Date.parse(`${year - 1}-${month}-${day}T${clock.slice(0, 12)}Z`) : thisYear;
  }
  const iso = ISO.exec(head);
  if (iso === null) return undefined;
  const [, day = '', clock = '', fraction = ''] = iso;
  const time = Date.parse(`${day}T${clock}${fraction.replace(',', '.').slice(0, 4)}Z`);
  return Number.isNaN(time) ? undefined : time;
}

function stamp(timeMs: number, { nowMs, shiftMs }: LineChoice): string {
  const time = Number.isFinite(timeMs) ? timeMs : nowMs;
  return new Date(time + shiftMs).toISOString().replace('Z', '000000Z');
}
