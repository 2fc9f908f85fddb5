/** What holds after every step of the desk, whatever happened. */
import { expect } from 'vitest';
import type { z } from 'zod';
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

/** Checks a step's result against the board that it started from: names everything that does not hold. */
export function checkStep(before: Board, result: DeskResult): void {
  const faults = [
    ...listFaults(before, result),
    ...revisionFaults(before, result),
    ...result.incidents.flatMap(recordFaults),
    ...result.storms.flatMap((storm) => parseFaults(StormRecord, storm)),
    ...result.alerts.flatMap((alert) => parseFaults(BoardAlert, alert)),
    ...boardFaults(result.board),
  ];
  if (faults.length > 0) expect(faults).toEqual([]);
}

/** What is stored is what is read again: nothing that the schema refuses, leaves out or adds. */
function parseFaults(schema: z.ZodType, one: { readonly id: string }): string[] {
  const parsed = schema.safeParse(one);
  if (!parsed.success) return [`${one.id}: ${parsed.error.message}`];
  return canonicalJson(parsed.data) === canonicalJson(one) ? [] : [`${one.id} is read otherwise than it was written`];
}

/** The new board is the old one with the lists applied: what is stored is what is known. */
function listFaults(before: Board, { board, incidents, storms, alerts, offBoard }: DeskResult): string[] {
  const same = <T extends { readonly id: string }>(
    what: string,
    now: ReadonlyMap<string, T>,
    old: ReadonlyMap<string, T>,
    changed: readonly T[],
    off: readonly string[],
  ): string[] => {
    const applied = new Map(old);
    for (const one of changed) applied.set(one.id, one);
    for (const id of off) applied.delete(id);
    const equal = now.size === applied.size && [...now].every(([id, one]) => applied.get(id) === one);
    return equal ? [] : [`the ${what} of the board are not the old ones with what changed`];
  };
  return [
    ...same('incidents', board.incidents, before.incidents, incidents, offBoard.incidents),
    ...same('storms', board.storms, before.storms, storms, offBoard.storms),
    ...same('alerts', board.alerts, before.alerts, alerts, offBoard.alerts),
  ];
}

/** `rev` is counted up by one where something changed, and only there. */
function revisionFaults(before: Board, { incidents, storms }: DeskResult): string[] {
  const pairs: { one: IncidentRecord | StormRecord; old: IncidentRecord | StormRecord | undefined }[] = [
    ...incidents.map((one) => ({ one, old: before.incidents.get(one.id) })),
    ...storms.map((one) => ({ one, old: before.storms.get(one.id) })),
  ];
  const bare = (one: IncidentRecord | StormRecord): string => canonicalJson({ ...one, rev: 0, updatedAt: '' });
  return pairs.flatMap(({ one, old }) => {
    const faults = one.rev === (old?.rev ?? 0) + 1 ? [] : [`${one.id} went from rev ${old?.rev ?? 0} to ${one.rev}`];
    if (old === undefined) return faults;
    if (Date.parse(one.updatedAt) < Date.parse(old.updatedAt)) faults.push(`${one.id} was changed before it was`);
    if (bare(one) === bare(old)) faults.push(`${one.id} was stored and has not changed`);
    return faults;
  });
}

function recordFaults(record: IncidentRecord): string[] {
  const faults = parseFaults(IncidentRecord, record);
  const { timeline, left, id } = record;
  for (const [index, entry] of timeline.entries()) {
    const last = timeline[index - 1];
    if (last === undefined) continue;
    if (entry.seq <= last.seq) faults.push(`${id}: entry ${entry.seq} follows ${last.seq}`);
    if (Date.parse(entry.at) < Date.parse(last.at)) faults.push(`${id}: entry ${entry.seq} runs backwards`);
  }
  const all = (timeline.at(-1)?.seq ?? -1) + 1;
  return left + timeline.length === all ? faults : [...faults, `${id}: ${all} entries, ${left} said to be left out`];
}

interface Tally {
  firing: number;
  resolved: number;
  worst: number;
}

/** The board as a whole: every alert has its incident, every incident its place. */
function boardFaults(board: Board): string[] {
  const faults: string[] = [];
  const tallies = new Map<string, Tally>();
  for (const { id, incident, status, severity } of board.alerts.values()) {
    const state = board.incidents.get(incident)?.state;
    if (state === undefined || state === 'folded') faults.push(`alert ${id} is in an incident that is ${state}`);
    if (status === 'firing' && state !== 'open') faults.push(`alert ${id} fires in an incident that is ${state}`);
    const tally = tallies.get(incident) ?? { firing: 0, resolved: 0, worst: 9 };
    tally[status] += 1;
    if (status === 'firing') tally.worst = Math.min(tally.worst, SEVERITIES.indexOf(severity));
    tallies.set(incident, tally);
  }
  for (const record of board.incidents.values()) {
    if (record.storm !== undefined && !board.storms.has(record.storm)) faults.push(`${record.id} is shown nowhere`);
    faults.push(
      ...(record.state === 'folded' ? foldedFaults(board, record) : livingFaults(record, tallies.get(record.id))),
    );
  }
  return [...faults, ...holderFaults(board)];
}

function foldedFaults(board: Board, { id, foldedInto = '', diagnosis }: IncidentRecord): string[] {
  const target = board.incidents.get(foldedInto)?.state;
  return [
    ...(target === 'open' || target === 'resolved' ? [] : [`${id} is folded into one that is ${target}`]),
    ...(diagnosis?.state === 'queued' ? [`${id} is folded and looked at`] : []),
  ];
}

function livingFaults(record: IncidentRecord, tally: Tally = { firing: 0, resolved: 0, worst: 9 }): string[] {
  const { id, counts, state, severity, resolvedAt } = record;
  const { firing, resolved, worst } = tally;
  return [
    ...(counts.firing === firing && counts.resolved === resolved ? [] : [`${id} counts ${JSON.stringify(counts)}`]),
    ...(state === (firing > 0 ? 'open' : 'resolved') ? [] : [`${id} is ${state} with ${firing} firing`]),
    ...(worst > 8 || severity === SEVERITIES[worst] ? [] : [`${id} is ${severity}`]),
    ...((resolvedAt === undefined) === (state === 'open') ? [] : [`${id} is ${state}, resolved at ${resolvedAt}`]),
  ];
}

/** No two incidents that live have the same confirmed first cause. */
function holderFaults(board: Board): string[] {
  const holders = new Map<string, string>();
  return [...board.incidents.values()].flatMap(({ id, state, diagnosis }) => {
    const key = diagnosis?.verdict === 'cause-found' ? diagnosis.causes[0]?.key : undefined;
    if (key === undefined || state === 'folded') return [];
    const other = holders.get(key);
    holders.set(key, id);
    return other === undefined ? [] : [`${id} and ${other} have the cause ${key}`];
  });
}
