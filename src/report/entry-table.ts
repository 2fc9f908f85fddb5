/** The table of ways in: one row for each entry node and address, with what each asker saw. */
import { refText } from '../core/object-ref.ts';
import { word } from './languages/index.ts';
import type { Report, ReportPath } from './report.ts';
import { nameText } from './visible.ts';

export interface EntryRow {
  readonly node: string;
  readonly address: string;
  /** With a mark and words: `✗ times out from k8smaster2`. */
  readonly result: string;
  readonly state: 'open' | 'failed' | 'unknown';
  readonly hasEndpoint: boolean;
}

export interface EntryTable {
  readonly rows: readonly EntryRow[];
  /** Rows beyond `max`, left out. */
  readonly leftOut: number;
  /** How many of the ways in answer, and whether only a sample was asked. */
  readonly summary: string;
}

const MARK = { open: '✓', failed: '✗', unknown: '?' } as const;
const MAX_NAMED = 3;

/** Whether anybody tried a way in at all; where nobody did, a table of them says nothing. */
export function anyWayTried(report: Report): boolean {
  return report.paths.some((path) => path.result !== 'not-asked' && path.result !== 'unknown');
}

/** Gives at most `max` rows; where some must be left out, those that answer are left out first. */
export function entryTable(report: Report, max: number): EntryTable {
  const entries = groups(report.paths);
  const rows = entries.map((paths) => rowOf(report, paths, entries.length > 1));
  const asked = rows.filter((row) => row.state !== 'unknown');
  const open = asked.filter((row) => row.state === 'open').length;
  const sentences = [word(report.language, 'paths.summary', { open, total: asked.length })];
  const { agents } = report;
  if (agents.sampled) {
    sentences.push(word(report.language, 'paths.sampled', { asked: agents.asked.length, total: agents.total }));
  }
  const weight = { failed: 0, unknown: 1, open: 2 } as const;
  const shown = rows.length <= max ? rows : rows.toSorted((a, b) => weight[a.state] - weight[b.state]).slice(0, max);
  return { rows: shown, leftOut: rows.length - shown.length, summary: sentences.join(' ') };
}

function groups(paths: readonly ReportPath[]): ReportPath[][] {
  const byEntry = new Map<string, ReportPath[]>();
  for (const path of paths) {
    const key = `${refText(path.via)} ${path.to}`;
    const group = byEntry.get(key);
    if (group === undefined) byEntry.set(key, [path]);
    else group.push(path);
  }
  return [...byEntry.values()];
}

function rowOf(report: Report, paths: readonly ReportPath[], hasOthers: boolean): EntryRow {
  const first = paths[0] as ReportPath;
  // Open from the node itself passes neither its firewall nor its forwarding: with others about, it shows nothing.
  const toItself = paths.every((path) => path.result === 'open' && path.from.name === path.via.name);
  const state = toItself && hasOthers ? 'unknown' : stateOf(paths);
  const byResult = new Map<ReportPath['result'], string[]>();
  for (const path of paths) {
    const from = byResult.get(path.result);
    const name = nameText(path.from.name);
    if (from === undefined) byResult.set(path.result, [name]);
    else from.push(name);
  }
  const parts = [...byResult].map(([result, nodes]) => seenBy(report, result, nodes));
  return {
    node: nameText(first.via.name),
    address: nameText(first.to),
    result: `${MARK[state]} ${parts.join(word(report.language, 'listJoin'))}`,
    state,
    hasEndpoint: paths.some((path) => path.hasEndpoint),
  };
}

function seenBy(report: Report, result: ReportPath['result'], nodes: readonly string[]): string {
  const { language } = report;
  const said = word(language, `result.${result}`);
  if (result === 'not-asked') return said;
  if (nodes.length > MAX_NAMED) return word(language, 'paths.from-count', { result: said, count: nodes.length });
  return word(language, 'paths.from', { result: said, nodes });
}

/** A way counts as open only where everyone who asked got through. */
function stateOf(paths: readonly ReportPath[]): EntryRow['state'] {
  const asked = paths.filter((path) => path.result !== 'not-asked' && path.result !== 'unknown');
  if (asked.length === 0) return 'unknown';
  return asked.every((path) => path.result === 'open') ? 'open' : 'failed';
}
