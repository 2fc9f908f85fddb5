/** What holds after every step of the desk, whatever happened. */
import { expect } from 'vitest';
import { type Board, BoardAlert, type DeskResult } from '../../src/core/board.ts';
import { canonicalJson } from '../../src/core/canonical-json.ts';
import { IncidentRecord, StormRecord } from '../../src/core/incident.ts';

const SEVERITIES = ['critical', 'warning', 'info'];

/** Freezes a board and all in it: a step that writes into what it was given throws. */
export function frozen(board: Board): Board {
  for (const map of [board.incidents, board.storms, board.alerts]) for (const one of map.values()) freeze(one);
  return Object.freeze(board);
}

function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const member of Object.values(value)) freeze(member);
}

/** Checks a step's result against the board that it started from. */
export function checkStep(before: Board, result: DeskResult): void {
  checkLists(before, result);
  checkRevisions(before, result);
  for (const record of result.incidents) checkRecord(record);
  for (const storm of result.storms) expect(StormRecord.parse(storm)).toEqual(storm);
  for (const alert of result.alerts) expect(BoardAlert.parse(alert)).toEqual(alert);
  checkBoard(result.board);
}

/** The new board is the old one with the lists applied: what is stored is what is known. */
function checkLists(before: Board, { board, incidents, storms, alerts, offBoard }: DeskResult): void {
  const applied = <T extends { id: string }>(
    old: ReadonlyMap<string, T>,
    changed: readonly T[],
    off: readonly string[],
  ) => {
    const map = new Map(old);
    for (const one of changed) map.set(one.id, one);
    for (const id of off) map.delete(id);
    return map;
  };
  const same = <T>(a: ReadonlyMap<string, T>, b: ReadonlyMap<string, T>) =>
    a.size === b.size && [...a].every(([id, one]) => b.get(id) === one);
  expect({
    incidents: same(board.incidents, applied(before.incidents, incidents, offBoard.incidents)),
    storms: same(board.storms, applied(before.storms, storms, offBoard.storms)),
    alerts: same(board.alerts, applied(before.alerts, alerts, offBoard.alerts)),
  }).toEqual({ incidents: true, storms: true, alerts: true });
}

/** `rev` is counted up by one where something changed, and only there. */
function checkRevisions(before: Board, { incidents, storms }: DeskResult): void {
  const pairs = [
    ...incidents.map((one) => ({ one, old: before.incidents.get(one.id) })),
    ...storms.map((one) => ({ one, old: before.storms.get(one.id) })),
  ];
  for (const { one, old } of pairs) {
    expect({ id: one.id, rev: one.rev }).toEqual({ id: one.id, rev: (old?.rev ?? 0) + 1 });
    if (old === undefined) continue;
    expect(Date.parse(one.updatedAt)).toBeGreaterThanOrEqual(Date.parse(old.updatedAt));
    const bare = { ...one, rev: 0, updatedAt: '' };
    expect(canonicalJson(bare), `${one.id} was stored and has not changed`).not.toBe(
      canonicalJson({ ...old, rev: 0, updatedAt: '' }),
    );
  }
}

function checkRecord(record: IncidentRecord): void {
  expect(IncidentRecord.parse(record)).toEqual(record);
  for (const [index, entry] of record.timeline.entries()) {
    const last = record.timeline[index - 1];
    if (last === undefined) continue;
    expect(entry.seq).toBeGreaterThan(last.seq);
    expect(Date.parse(entry.at)).toBeGreaterThanOrEqual(Date.parse(last.at));
  }
  expect(record.left).toBe((record.timeline.at(-1)?.seq ?? -1) + 1 - record.timeline.length);
}

interface Tally {
  firing: number;
  resolved: number;
  worst: number;
}

/** The board as a whole: every alert has its incident, every incident its place. */
function checkBoard(board: Board): void {
  const tallies = new Map<string, Tally>();
  for (const alert of board.alerts.values()) {
    const state = board.incidents.get(alert.incident)?.state ?? 'none';
    expect(state, `the incident of ${alert.name}`).toMatch(alert.status === 'firing' ? /^open$/ : /^(open|resolved)$/);
    const tally = tallies.get(alert.incident) ?? { firing: 0, resolved: 0, worst: 9 };
    tally[alert.status] += 1;
    if (alert.status === 'firing') tally.worst = Math.min(tally.worst, SEVERITIES.indexOf(alert.severity));
    tallies.set(alert.incident, tally);
  }
  for (const record of board.incidents.values()) {
    if (record.storm !== undefined) expect(board.storms.has(record.storm)).toBe(true);
    if (record.state === 'folded') checkFolded(board, record);
    else checkLiving(record, tallies.get(record.id) ?? { firing: 0, resolved: 0, worst: 9 });
  }
  checkHolders(board);
}

function checkFolded(board: Board, record: IncidentRecord): void {
  expect(board.incidents.get(record.foldedInto ?? '')?.state).toMatch(/^(open|resolved)$/);
  expect(record.diagnosis?.state).not.toBe('queued');
}

function checkLiving(record: IncidentRecord, { firing, resolved, worst }: Tally): void {
  expect({ id: record.id, ...record.counts }).toEqual({ id: record.id, firing, resolved });
  expect(record.state).toBe(firing > 0 ? 'open' : 'resolved');
  if (worst < 9) expect(record.severity).toBe(SEVERITIES[worst]);
  expect(record.resolvedAt === undefined).toBe(record.state === 'open');
}

/** No two incidents that live have the same confirmed first cause. */
function checkHolders(board: Board): void {
  const holders = new Map<string, string>();
  for (const { id, state, diagnosis } of board.incidents.values()) {
    const key = diagnosis?.verdict === 'cause-found' ? diagnosis.causes[0]?.key : undefined;
    if (key === undefined || state === 'folded') continue;
    expect({ key, holder: holders.get(key) ?? id }).toEqual({ key, holder: id });
    holders.set(key, id);
  }
}
