/** What a node's kubelet is doing: looping, stopped, running; and the line with which its last start ended. */

import type { EvidenceValue } from '../../core/evidence/kinds.ts';
import type { NodeUnit } from '../../core/evidence/node-system.ts';
import type { Fact, Facts } from '../../core/facts.ts';
import { nodeRef } from '../../core/object-ref.ts';
import { isReady } from '../model/nodes.ts';
import { FATAL_LINES } from './kubelet-fatal-lines.ts';
import { suspectNodes } from './suspects.ts';

export type JournalLine = EvidenceValue<'node-journal'>['lines'][number];
/** `looping`: dies at each start. `failed`: died, and systemd has given up. `stopped`: ended without a failure. */
export type KubeletState = 'looping' | 'failed' | 'stopped' | 'running' | 'absent' | 'unknown';

/** The fatal line that decides, the entry of the table that it matches, and what the line names. */
export interface FatalHit {
  readonly id: string;
  readonly line: JournalLine | undefined;
  readonly named: Readonly<Record<string, string>>;
}

export interface Kubelet {
  readonly node: string;
  readonly state: KubeletState;
  readonly unit: NodeUnit | undefined;
  readonly units: Fact<'node-units'>;
  readonly journal: Fact<'node-journal'>;
  readonly hit: FatalHit | undefined;
  /** The last words of the last start, known to the table or not. */
  readonly lastWords: JournalLine | undefined;
}

export const KUBELET_UNIT = 'kubelet.service';
/** A kubelet that has run this long after its start is past the checks that end it. */
const SETTLED_MS = 30_000;
const STARTED = /^(Starting|Started) .*kubelet/i;
const ENDED =
  /^kubelet\.service: (Main process exited|Failed with result|Unit entered failed state|Start request repeated)|killed by the OOM killer/;
/** Lines with which a kubelet ends, of all versions; everything else is noise however much it looks like a reason. */
const FATAL =
  /^F\d{4} |failed to run kubelet|"command failed"|failed to parse kubelet flag|failed to (load|validate) kubelet config|Failed to start (ContainerManager|cAdvisor)|Failed to listen and serve|the server is responsive, exiting|cannot set feature gate|^Error: |^panic: |Exec format error|status=203\/EXEC|killed by the OOM killer/i;

/** The kubelet of each suspect node, by node. Facts §3.1. */
export function kubelets(facts: Facts): readonly Kubelet[] {
  return facts.model(computeKubelets);
}

function computeKubelets(facts: Facts): Kubelet[] {
  return suspectNodes(facts).map((node) => {
    const units = facts.get('node-units', nodeRef(node.name));
    const journal = facts.get('node-journal', nodeRef(node.name), KUBELET_UNIT);
    const unit = units.known ? units.value.find((u) => u.name === KUBELET_UNIT) : undefined;
    const lines = journal.known ? journal.value.lines : [];
    const state = stateOf(units, unit, lines);
    const attempt = decisiveAttempt(lines, state);
    const silent = state === 'running' ? !isReady(node) : state === 'stopped' || state === 'absent';
    const hit = state === 'running' && silent ? runningHit(attempt) : silent ? undefined : fatalHit(attempt, unit);
    return { node: node.name, state, unit, units, journal, hit, lastWords: lastFatal(attempt) };
  });
}

function stateOf(units: Fact<'node-units'>, unit: NodeUnit | undefined, lines: readonly JournalLine[]): KubeletState {
  if (!units.known) return 'unknown';
  if (unit === undefined || unit.loadState === 'not-found') return 'absent';
  if (unit.activeState === 'failed') return 'failed';
  if (unit.activeState === 'inactive') return 'stopped';
  if (unit.activeState === 'activating' && unit.subState.startsWith('auto-restart')) return 'looping';
  return justRestarted(lines) && !settled(unit, units.item.at) ? 'looping' : 'running';
}

/** A quiet kubelet may write nothing for long: systemd's own time of its start tells how long it has run. */
function settled(unit: NodeUnit, at: string): boolean {
  return unit.since !== undefined && Date.parse(at) - Date.parse(unit.since) >= SETTLED_MS;
}

/** A kubelet that loops is "running" for the moments between its start and its end: the start before tells. */
function justRestarted(lines: readonly JournalLine[]): boolean {
  const attempts = attemptsOf(lines);
  const last = attempts.at(-1);
  const before = attempts.at(-2);
  if (last === undefined || before === undefined || duration(last) >= SETTLED_MS) return false;
  return before.some((line) => ENDED.test(line.text)) && lastFatal(before) !== undefined;
}

/** The lines of each start, oldest first; a journal whose beginning is cut off is one start. */
function attemptsOf(lines: readonly JournalLine[]): JournalLine[][] {
  const attempts: JournalLine[][] = [[]];
  for (const line of lines) {
    const current = attempts.at(-1) ?? [];
    const starts = STARTED.test(line.text) && line.source !== 'kubelet' && current.some((l) => !STARTED.test(l.text));
    if (starts) attempts.push([line]);
    else current.push(line);
  }
  return attempts.filter((attempt) => attempt.length > 0);
}

/** The last start that has ended; where kubelet runs, the one that runs. A start that has just begun says nothing yet. */
function decisiveAttempt(lines: readonly JournalLine[], state: KubeletState): readonly JournalLine[] {
  const attempts = attemptsOf(lines);
  const last = attempts.at(-1) ?? [];
  const ended = (attempt: readonly JournalLine[]): boolean =>
    attempt.some((line) => ENDED.test(line.text)) || lastFatal(attempt) !== undefined;
  if (state === 'running' || ended(last) || duration(last) >= SETTLED_MS) return last;
  return attempts.filter(ended).at(-1) ?? last;
}

function duration(attempt: readonly JournalLine[]): number {
  const times = attempt.flatMap((line) => (line.time === undefined ? [] : [Date.parse(line.time)]));
  const first = times[0];
  const last = times.at(-1);
  return first === undefined || last === undefined ? 0 : last - first;
}

function lastFatal(attempt: readonly JournalLine[]): JournalLine | undefined {
  return attempt.filter((line) => FATAL.test(line.text)).at(-1);
}

/** The table's entry for the last fatal line that it knows; without a journal, for what systemd itself says. */
function fatalHit(attempt: readonly JournalLine[], unit: NodeUnit | undefined): FatalHit | undefined {
  const fatal = attempt.filter((line) => FATAL.test(line.text)).reverse();
  for (const line of fatal) {
    const hit = entryOf(line, attempt, () => true);
    if (hit !== undefined) return hit;
  }
  const entry = unit === undefined ? undefined : FATAL_LINES.find((known) => known.unit?.(unit) === true);
  return entry === undefined ? undefined : { id: entry.id, line: undefined, named: {} };
}

/** A running kubelet has no fatal line, but may say again and again why it cannot register. */
function runningHit(attempt: readonly JournalLine[]): FatalHit | undefined {
  for (const line of [...attempt].reverse()) {
    const hit = entryOf(line, attempt, (id) => FATAL_LINES.some((entry) => entry.id === id && entry.whileRunning));
    if (hit !== undefined) return hit;
  }
  return undefined;
}

function entryOf(
  line: JournalLine,
  attempt: readonly JournalLine[],
  wanted: (id: string) => boolean,
): FatalHit | undefined {
  for (const entry of FATAL_LINES) {
    if (!wanted(entry.id)) continue;
    for (const pattern of entry.lines) {
      const match = pattern.exec(line.text);
      if (match === null) continue;
      const beside = entry.beside === undefined ? null : firstMatch(entry.beside, attempt);
      if (entry.beside !== undefined && beside === null) continue;
      return { id: entry.id, line, named: { ...groupsOf(beside), ...groupsOf(match) } };
    }
  }
  return undefined;
}

function firstMatch(pattern: RegExp, attempt: readonly JournalLine[]): RegExpExecArray | null {
  for (const line of attempt) {
    const match = pattern.exec(line.text);
    if (match !== null) return match;
  }
  return null;
}

function groupsOf(match: RegExpExecArray | null): Record<string, string> {
  const groups = Object.entries(match?.groups ?? {});
  return Object.fromEntries(groups.flatMap(([key, value]) => (value === undefined ? [] : [[key, value.trim()]])));
}
