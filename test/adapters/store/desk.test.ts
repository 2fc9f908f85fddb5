import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createLog } from '../../../src/adapters/log.ts';
import { createDesk, DeskFull } from '../../../src/adapters/store/desk.ts';
import type { DeskResult } from '../../../src/core/board.ts';
import { alertOf, alertsEvent, emptyBoardOf, idOf, incidentOf, tinyStep } from '../../support/desk.ts';
import { type TestRedis, testRedis } from '../../support/redis.ts';

let server: TestRedis;
let logs: string[];
const log = createLog('test', 'debug', { write: (line) => void logs.push(line) });
beforeAll(async () => {
  server = await testRedis();
});
afterAll(() => server.stop());
beforeEach(async () => {
  logs = [];
  await server.flush();
});

const desk = (most?: number) =>
  createDesk(server.connect(), { keepSeconds: 60, ...(most === undefined ? {} : { most }) }, log);
type Desk = ReturnType<typeof desk>;

async function step(from: Desk): Promise<boolean> {
  const loaded = await from.load('prod');
  return from.save('prod', loaded, tinyStep(loaded.board, loaded.events));
}
const nothing = (change: Partial<DeskResult> = {}): DeskResult => ({
  board: emptyBoardOf(),
  incidents: [],
  storms: [],
  alerts: [],
  offBoard: { incidents: [], storms: [], alerts: [] },
  ...change,
});

describe('events', () => {
  test('come out in the order in which they came in, each cluster by itself', async () => {
    const d = desk();
    for (const name of ['A', 'B', 'C']) await d.accept('prod', [alertsEvent(alertOf(name))]);
    await d.accept('other', [alertsEvent(alertOf('D', { cluster: 'other' }))]);
    const { events, taken } = await d.load('prod');
    expect(events.map((event) => event.type === 'alerts' && event.alerts[0]?.name)).toEqual(['A', 'B', 'C']);
    expect(taken).toBe(3);
    expect(await d.clusters()).toEqual(['other', 'prod']);
  });

  test('are taken off the list by the step that was kept, and only those', async () => {
    const d = desk();
    await d.accept('prod', [alertsEvent(alertOf('A'))]);
    const loaded = await d.load('prod');
    await d.accept('prod', [alertsEvent(alertOf('B'))]);
    expect(await d.save('prod', loaded, tinyStep(loaded.board, loaded.events))).toBe(true);
    const next = await d.load('prod');
    expect(next.events).toEqual([alertsEvent(alertOf('B'))]);
    expect([...next.board.incidents.keys()]).toEqual([idOf('A')]);
  });

  test('one that does not fit its schema is dropped with the step; the others are not lost', async () => {
    const d = desk();
    const raw = server.connect();
    await d.accept('prod', [alertsEvent(alertOf('A'))]);
    await raw.rpush('kubewhy:desk-events:prod', '0123456789abcdef{"type":"nonsense"}', 'no JSON at all, and longer');
    await d.accept('prod', [alertsEvent(alertOf('B'))]);
    expect(await step(d)).toBe(true);
    expect(await raw.llen('kubewhy:desk-events:prod')).toBe(0);
    expect([...(await d.load('prod')).board.incidents.keys()].sort()).toEqual([idOf('A'), idOf('B')]);
    expect(logs.join('')).toContain('skipped');
  });

  test('more than may wait are refused, and none of them is half taken', async () => {
    const d = desk(3);
    await d.accept('prod', [alertsEvent(alertOf('A')), alertsEvent(alertOf('B'))]);
    await expect(d.accept('prod', [alertsEvent(alertOf('C')), alertsEvent(alertOf('D'))])).rejects.toThrow(DeskFull);
    expect((await d.load('prod')).taken).toBe(2);
    await d.accept('prod', [alertsEvent(alertOf('C'))]);
  });

  test('many accepts at once are all taken', async () => {
    const d = desk();
    await Promise.all(Array.from({ length: 500 }, (_, i) => d.accept('prod', [alertsEvent(alertOf(`A${i}`))])));
    expect(await server.connect().llen('kubewhy:desk-events:prod')).toBe(500);
  });

  test('a Redis that is away is said by an error', async () => {
    const own = await testRedis();
    const { connectRedis } = await import('../../../src/adapters/store/redis.ts');
    const redis = connectRedis(own.url, 'fail-fast', log);
    const d = createDesk(redis, { keepSeconds: 60 }, log);
    await own.kill();
    await expect(d.accept('prod', [alertsEvent(alertOf('A'))])).rejects.toThrow();
    redis.disconnect();
    await own.stop();
  });

  test('wake those who listen', async () => {
    const d = desk();
    const heard = new Promise<string>((resolve) => void d.onWake(server.connect(), resolve));
    const again = setInterval(() => void d.accept('prod', [alertsEvent(alertOf('A'))]), 50);
    expect(await heard).toBe('prod');
    clearInterval(again);
  });
});

describe('steps', () => {
  test('of two that were loaded at the same time one is kept', async () => {
    const [one, two] = [desk(), desk()];
    await one.accept('prod', [alertsEvent(alertOf('A'))]);
    const [first, second] = await Promise.all([one.load('prod'), two.load('prod')]);
    expect(await one.save('prod', first, tinyStep(first.board, first.events))).toBe(true);
    expect(await two.save('prod', second, tinyStep(second.board, second.events))).toBe(false);
    const after = await two.load('prod');
    expect(after.taken).toBe(0);
    expect(after.board.incidents.get(idOf('A'))?.counts.firing).toBe(1);
  });

  test('one after a flush between load and save is not kept, and loses nothing that came since', async () => {
    const d = desk();
    await d.accept('prod', [alertsEvent(alertOf('A'))]);
    const loaded = await d.load('prod');
    await server.flush();
    await d.accept('prod', [alertsEvent(alertOf('B'))]);
    expect(await d.save('prod', loaded, tinyStep(loaded.board, loaded.events))).toBe(false);
    expect((await d.load('prod')).events).toEqual([alertsEvent(alertOf('B'))]);
  });

  test('the board is read again where the revision is another one, however it came', async () => {
    const d = desk();
    await d.accept('prod', [alertsEvent(alertOf('A'))]);
    await step(d);
    const raw = server.connect();
    const dump = await raw.get('kubewhy:desk-rev:prod');
    await d.accept('prod', [alertsEvent(alertOf('B'))]);
    await step(d);
    expect((await d.load('prod')).board.incidents.size).toBe(2);
    // A fail-over to a Redis that has the state before.
    await raw.set('kubewhy:desk-rev:prod', dump ?? '');
    await raw.srem('kubewhy:desk-incidents:prod', idOf('B'));
    expect([...(await d.load('prod')).board.incidents.keys()]).toEqual([idOf('A')]);
  });

  test('what leaves the board lives on by itself for a while, and an empty cluster is forgotten', async () => {
    const d = desk();
    await d.accept('prod', [alertsEvent(alertOf('A'))]);
    await step(d);
    const id = idOf('A');
    const loaded = await d.load('prod');
    const gone = { incidents: [id], storms: [], alerts: [alertOf('A').id] };
    const closed = incidentOf(id, { rev: 2, state: 'resolved', updatedAt: new Date().toISOString() });
    expect(await d.save('prod', loaded, nothing({ incidents: [closed], offBoard: gone }))).toBe(true);
    expect((await d.incident(id))?.state).toBe('resolved');
    expect(await server.connect().ttl(`kubewhy:incident:${id}`)).toBeGreaterThan(50);
    expect(await d.clusters()).toEqual([]);
    expect((await d.load('prod')).board.incidents.size).toBe(0);
    expect((await d.recent({ count: 5 })).map((record) => record.id)).toEqual([id]);
    expect(await d.recent({ count: 5, open: true })).toEqual([]);
  });

  test('a record that could not be read again is refused, and nothing of its step is kept', async () => {
    const d = desk();
    const loaded = await d.load('prod');
    const wrong = incidentOf('in-0000001', { key: 'x'.repeat(2000) });
    const fine = incidentOf('in-0000002');
    await expect(d.save('prod', loaded, nothing({ incidents: [fine, wrong] }))).rejects.toThrow(/in-0000001.*key/);
    expect(await d.incident('in-0000002')).toBeUndefined();
  });
});

test('a record that somebody broke is left out; those beside it are not', async () => {
  const d = desk();
  for (const name of ['A', 'B']) await d.accept('prod', [alertsEvent(alertOf(name))]);
  await step(d);
  const raw = server.connect();
  await raw.set(`kubewhy:incident:${idOf('A')}`, '{"version":1');
  const { board } = await desk().load('prod');
  expect([...board.incidents.keys()]).toEqual([idOf('B')]);
  expect([...board.alerts.values()].map((alert) => alert.name)).toEqual(['B']);
  expect(logs.join('')).toContain('not JSON');
});

test('what stands under a record’s name and is no text is left out; the step goes on', async () => {
  const d = desk();
  for (const name of ['A', 'B']) await d.accept('prod', [alertsEvent(alertOf(name))]);
  await step(d);
  const raw = server.connect();
  await raw.del(`kubewhy:incident:${idOf('A')}`);
  await raw.rpush(`kubewhy:incident:${idOf('A')}`, 'a list');
  const other = desk();
  expect([...(await other.load('prod')).board.incidents.keys()]).toEqual([idOf('B')]);
  await other.accept('prod', [alertsEvent(alertOf('C'))]);
  expect(await step(other)).toBe(true);
});

describe('what is to be shown', () => {
  test('stays until that revision, or a newer one, was shown', async () => {
    const d = desk();
    await d.accept('prod', [alertsEvent(alertOf('A'))]);
    await step(d);
    await d.accept('prod', [alertsEvent(alertOf('A'))]);
    await step(d);
    expect(await d.toShow()).toEqual([idOf('A')]);
    await d.shown(idOf('A'), 1);
    expect(await d.toShow()).toEqual([idOf('A')]);
    await d.shown(idOf('A'), 2);
    expect(await d.toShow()).toEqual([]);
    await d.showAll((await d.load('prod')).board);
    expect(await d.toShow()).toEqual([idOf('A')]);
  });
});

test('a hundred steps over a board of a thousand incidents stay quick: the board is not read again', async () => {
  const d = desk();
  for (let i = 0; i < 1000; i += 100)
    await d.accept(
      'prod',
      Array.from({ length: 100 }, (_, n) => alertsEvent(alertOf(`A${i + n}`))),
    );
  for (let i = 0; i < 10; i += 1) await step(d);
  const raw = server.connect();
  await raw.config('RESETSTAT');
  for (let i = 0; i < 100; i += 1) {
    await d.accept('prod', [alertsEvent(alertOf(`A${i}`))]);
    expect(await step(d)).toBe(true);
  }
  const stats = await raw.info('commandstats');
  expect(stats).not.toContain('cmdstat_smembers');
  expect((await d.load('prod')).board.incidents.size).toBe(1000);
});
