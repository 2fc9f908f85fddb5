/** Parses systemctl show (blocks of key=value) and journalctl's JSON lines. */
import type { NodeUnit } from '../../core/evidence/node-system.ts';

/** waitid's si_code, as old and new systemd print `ExecMainCode`. */
const EXIT_KINDS: Readonly<Record<string, string>> = {
  '1': 'exited',
  '2': 'killed',
  '3': 'dumped',
  exited: 'exited',
  killed: 'killed',
  dumped: 'dumped',
};

/** Gives one map of properties for each unit; blocks are parted by an empty line. */
export function parseBlocks(text: string): Map<string, string>[] {
  const blocks: Map<string, string>[] = [];
  for (const block of text.split(/\n\s*\n/)) {
    const properties = new Map<string, string>();
    for (const line of block.split('\n')) {
      const at = line.indexOf('=');
      if (at > 0) properties.set(line.slice(0, at).trim(), line.slice(at + 1).trim());
    }
    if (properties.size > 0) blocks.push(properties);
  }
  return blocks;
}

/** Gives the units of `systemctl show`; old systemd (before 235) knows no NRestarts. */
export function parseUnits(text: string): NodeUnit[] {
  return parseBlocks(text).flatMap((properties): NodeUnit[] => {
    const name = properties.get('Id');
    if (name === undefined || name === '') return [];
    const exitKind = EXIT_KINDS[properties.get('ExecMainCode') ?? ''];
    const exitCode = toNumber(properties.get('ExecMainStatus'));
    const restarts = toNumber(properties.get('NRestarts'));
    const since = parseSystemdTime(properties.get('StateChangeTimestamp') ?? '');
    const unitFileState = properties.get('UnitFileState') ?? '';
    const result = properties.get('Result') ?? '';
    return [
      {
        name,
        loadState: properties.get('LoadState') ?? 'unknown',
        activeState: properties.get('ActiveState') ?? 'unknown',
        subState: properties.get('SubState') ?? 'unknown',
        ...(unitFileState === '' ? {} : { unitFileState }),
        ...(result === '' ? {} : { result }),
        ...(exitKind === undefined || exitCode === undefined ? {} : { exitCode, exitKind }),
        ...(restarts === undefined ? {} : { restarts }),
        ...(since === undefined ? {} : { since }),
      },
    ];
  });
}

/** Gives RFC 3339 for `Thu 2020-05-21 01:45:25 UTC`; programs run with TZ=UTC. Undefined for `n/a` and zones without a number. */
export function parseSystemdTime(text: string): string | undefined {
  const match = /(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2})(?:\.\d+)? (UTC|GMT|[+-]\d{2}:?\d{2})\b/.exec(text);
  if (match === null) return undefined;
  const [, date = '', time = '', zone = ''] = match;
  const offset = /^[A-Z]/.test(zone) ? 'Z' : zone.replace(/^([+-]\d{2}):?(\d{2})$/, '$1:$2');
  const at = new Date(`${date}T${time}${offset}`);
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString();
}

export interface JournalLine {
  readonly time?: string;
  readonly source?: string;
  readonly text: string;
}

/** Gives the lines of `journalctl --output json`; lines that are no JSON are skipped (`-- No entries --`). */
export function parseJournal(text: string): JournalLine[] {
  const out: JournalLine[] = [];
  for (const line of text.split('\n')) {
    if (!line.startsWith('{')) continue;
    const entry = parseObject(line);
    if (entry === undefined) continue;
    const time = microseconds(entry['__REALTIME_TIMESTAMP']);
    const source = asText(entry['SYSLOG_IDENTIFIER']) ?? asText(entry['_COMM']);
    out.push({
      ...(time === undefined ? {} : { time }),
      ...(source === undefined ? {} : { source }),
      text: asText(entry['MESSAGE']) ?? '',
    });
  }
  return out;
}

function parseObject(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** A field is text, bytes where it is not clean UTF-8, a list where it is there twice, null where it is too long. */
function asText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (!Array.isArray(value) || value.length === 0) return undefined;
  if (value.every((byte) => typeof byte === 'number')) return Buffer.from(value as number[]).toString('utf8');
  return value.map((part) => asText(part) ?? '').join('\n');
}

function microseconds(value: unknown): string | undefined {
  if (typeof value !== 'string' || !/^\d{1,17}$/.test(value)) return undefined;
  const at = new Date(Number(value) / 1000);
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString();
}

function toNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}
