import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createLog } from '../../../src/adapters/log.ts';
import { createDesk, type Desk } from '../../../src/adapters/store/desk.ts';
import { connectRedis } from '../../../src/adapters/store/redis.ts';
import { createTurns } from '../../../src/adapters/store/turns.ts';
import { type DeskLoop, type DeskLoopOptions, startDeskLoop } from '../../../src/bot/incidents/desk-loop.ts';
import type { IncidentRecord } from '../../../src/core/incident.ts';
import { alertOf, alertsEvent, idOf, tinyStep } from '../../support/desk.ts';
import { type TestRedis, testRedis } from '../../support/redis.ts';

vi.setConfig({ testTimeout: 60_000 });

let server: TestRedis;
let loops: DeskLoop[];
let logs: string[];
const log = createLog('test', 'debug', { write: (line) => void logs.push(line) });
beforeEach(async () => {
  server = await testRedis();
  loops = [];
  logs = [];
});
afterEach(async () => {
  await Promise.all(loops.map((loop) => loop.close()));
  await server.stop();
});

const desk = (): Desk => createDesk(server.connect(), { keepSeconds: 600 }, log);

function start(change: Partial<DeskLoopOptions> = {}): DeskLoop {
  const loop = startDeskLoop({
    desk: desk(),
    turns: createTurns(server.connect(), 1000),
    judge: { step: tinyStep, nextDue: () => undefined },
    onChanged: () => Promise.resolve(),
    onSweep: () => Promise.resolve(),
    log,
    everyMs: 30,
    mostPauseMs: 200,
    ...change,
  });
  loops.push(loop);
  return loop;
}

const soon = <T>(look: () => Promise<T> | T): Promise<T> => vi.waitFor(look, { timeout: 20_000, interval: 20 });
/** Notifications that the board has counted, by incident. */
async function counted(d: Desk): Promise<Map<string, number>> {
  const { board, taken } = await d.load('prod');
  expect(taken).toBe(0);
  return new Map([...board.incidents].map(([id, record]) => [id, record.counts.firing]));
}
const sum = (counts: Map<string, number>): number => [...counts.values()].reduce((a, b) => a + b, 0);

test('two loops over one list: a thousand alerts are each taken once', async () => {
  const changed: IncidentRecord[] = [];
  const onChanged = (records: readonly IncidentRecord[]) => Promise.resolve(void changed.push(...records));
  start({ onChanged });
  start({ onChanged });
  const d = desk();
  await Promise.all(Array.from({ length: 1000 }, (_, i) => d.accept('prod', [alertsEvent(alertOf(`A${i % 250}`))])));
  const counts = await soon(async () => {
    const found = await counted(d);
    expect(sum(found)).toBe(1000);
    return found;
  });
  expect(counts.size).toBe(250);
  expect(new Set(counts.values())).toEqual(new Set([4]));
  // Each revision of each record followed once: none was made twice.
  const revisions = changed.map(({ id, rev }) => `${id} ${rev}`);
  expect(new Set(revisions).size).toBe(revisions.length);
});

test('even where the turn fails to keep them apart, a step is kept once', async () => {
  const free = {
    take: async <T>(_: string, work: (lost: AbortSignal) => Promise<T>) => ({
      result: await work(new AbortController().signal),
    }),
  };
  start({ turns: free });
  start({ turns: free });
  start({ turns: free });
  const d = desk();
  for (let i = 0; i < 300; i += 1) await d.accept('prod', [alertsEvent(alertOf(`A${i % 10}`))]);
  await soon(async () => expect(sum(await counted(d))).toBe(300));
});

test('a loop that dies with the turn in its hand holds the others up for its lease only', async () => {
  const d = desk();
  await server.connect().set('kubewhy:turn:desk:prod', 'of a dead process', 'PX', 700);
  start();
  await d.accept('prod', [alertsEvent(alertOf('A'))]);
  await soon(async () => expect(sum(await counted(d))).toBe(1));
});

test('a step without events is taken when it is due', async () => {
  let due: string | undefined = new Date(Date.now() + 300).toISOString();
  const steps: string[] = [];
  const d = desk();
  await d.accept('prod', [alertsEvent(alertOf('A'))]);
  start({
    judge: {
      step(board, events, now) {
        if (events.length === 0) {
          steps.push(now);
          due = undefined;
        }
        return tinyStep(board, events);
      },
      nextDue: (board) => (board.incidents.size === 0 ? undefined : due),
    },
  });
  const [at] = await soon(() => {
    expect(steps).toHaveLength(1);
    return steps;
  });
  expect(Date.parse(at ?? '')).toBeGreaterThan(Date.now() - 5000);
});

describe('what goes wrong', () => {
  test('an event that breaks the step is dropped alone, and the log says so', async () => {
    const d = desk();
    for (const name of ['A', 'Bad', 'C']) await d.accept('prod', [alertsEvent(alertOf(name))]);
    start({
      judge: {
        step(board, events) {
          if (JSON.stringify(events).includes('"Bad"')) throw new Error('a bug in the step');
          return tinyStep(board, events);
        },
        nextDue: () => undefined,
      },
    });
    const counts = await soon(async () => {
      const found = await counted(d);
      expect(found.size).toBe(2);
      return found;
    });
    expect([...counts.keys()].sort()).toEqual([idOf('A'), idOf('C')]);
    expect(logs.join('')).toContain('cannot take an event');
  });

  test('where the step fails without events too, none is lost', async () => {
    const d = desk();
    await d.accept('prod', [alertsEvent(alertOf('A'))]);
    let broken = true;
    let tried = 0;
    start({
      judge: {
        step(board, events) {
          tried += 1;
          if (broken) throw new Error('a bug in what is due');
          return tinyStep(board, events);
        },
        nextDue: () => undefined,
      },
    });
    await soon(() => expect(tried).toBeGreaterThan(4));
    broken = false;
    await soon(async () => expect(sum(await counted(d))).toBe(1));
  });

  test('what follows and fails is left to the sweep, which comes at once', async () => {
    const d = desk();
    const swept: number[] = [];
    start({
      onChanged: () => Promise.reject(new Error('the queue is away')),
      onSweep: (board) => Promise.resolve(void swept.push(board.incidents.size)),
      sweepMs: 60_000,
    });
    await d.accept('prod', [alertsEvent(alertOf('A'))]);
    await soon(() => expect(swept).toContain(1));
  });

  test('Redis that is killed in the middle of it all: what was accepted is there afterwards, once', async () => {
    const open = () => connectRedis(server.url, 'fail-fast', log);
    const own = Array.from({ length: 5 }, open);
    const [one, two, three, four, five] = own as [ReturnType<typeof open>, ...ReturnType<typeof open>[]];
    for (const [redis, turns] of [
      [one, two],
      [three, four],
    ] as const) {
      if (redis === undefined || turns === undefined) throw new Error('no connection');
      start({ desk: createDesk(redis, { keepSeconds: 600 }, log), turns: createTurns(turns, 1000) });
    }
    if (five === undefined) throw new Error('no connection');
    const door = createDesk(five, { keepSeconds: 600 }, log);
    // As Alertmanager: what was not accepted is sent again.
    const send = async (i: number): Promise<void> => {
      for (;;) {
        try {
          await door.accept('prod', [alertsEvent(alertOf(`A${i}`))]);
          return;
        } catch {
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      }
    };
    for (let round = 0; round < 3; round += 1) {
      const sent = Array.from({ length: 60 }, (_, i) => send(round * 60 + i));
      await server.restart();
      await Promise.all(sent);
    }
    const d = desk();
    await soon(async () => expect((await counted(d)).size).toBe(180));
    for (const redis of own) redis.disconnect();
  });

  test('a Redis that lost everything: the loop goes on from what is there', async () => {
    start();
    const d = desk();
    await d.accept('prod', [alertsEvent(alertOf('A'))]);
    await soon(async () => expect(sum(await counted(d))).toBe(1));
    await server.flush();
    await d.accept('prod', [alertsEvent(alertOf('B'))]);
    await soon(async () => expect([...(await counted(d)).keys()]).toEqual([idOf('B')]));
  });
});

test('one that is told to end ends after its step, and takes nothing more', async () => {
  const loop = start();
  const d = desk();
  await d.accept('prod', [alertsEvent(alertOf('A'))]);
  await soon(async () => expect(sum(await counted(d))).toBe(1));
  await loop.close();
  await d.accept('prod', [alertsEvent(alertOf('B'))]);
  loop.wake('prod');
  expect((await d.load('prod')).taken).toBe(1);
});
