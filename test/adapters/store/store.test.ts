import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createLog } from '../../../src/adapters/log.ts';
import { createDeliveries, EMPTY_DELIVERY } from '../../../src/adapters/store/deliveries.ts';
import { createLimits } from '../../../src/adapters/store/limits.ts';
import { createQuestions } from '../../../src/adapters/store/questions.ts';
import { createRecent } from '../../../src/adapters/store/recent.ts';
import { createResults } from '../../../src/adapters/store/results.ts';
import { createCancels, createRunning } from '../../../src/adapters/store/running.ts';
import type { DiagnoseJob, RecentEntry } from '../../../src/core/jobs.ts';
import type { Question } from '../../../src/core/question.ts';
import { fakeBundle, fakeDiagnosis } from '../../support/fake-diagnose.ts';
import { type TestRedis, testRedis } from '../../support/redis.ts';

const logs: string[] = [];
const log = createLog('test', 'debug', { write: (line) => void logs.push(line) });
let server: TestRedis;
let redis: ReturnType<TestRedis['connect']>;

beforeAll(async () => {
  server = await testRedis();
  redis = server.connect();
});
afterAll(async () => {
  await server.stop();
});
beforeEach(async () => {
  logs.length = 0;
  await redis.flushall();
});

const question: Question = { type: 'why-not-reachable', target: { kind: 'NodePort', nodePort: 30080 } };
const entry = (id: string, askedAt: string): RecentEntry => ({
  id,
  cluster: 'prod',
  question,
  askedBy: 'U0ALICE',
  place: { channel: 'C1' },
  askedAt,
  state: 'queued',
});
const job = (id: string): DiagnoseJob => ({
  version: 1,
  id,
  cluster: 'prod',
  question,
  askedBy: 'U0ALICE',
  place: { channel: 'C1' },
  language: 'en',
  askedAt: new Date().toISOString(),
});

describe('results', () => {
  const limits = { keepSeconds: 3600, most: 3, mostBytes: 1_000_000 };
  const result = (id: string) => ({ bundle: fakeBundle(job(id)), diagnosis: fakeDiagnosis(job(id)) });

  test('come back as they were', async () => {
    const results = createResults(redis, limits, log);
    expect(await results.save('dx-aaaaa', result('dx-aaaaa'))).toBe(true);
    expect(await results.load('dx-aaaaa')).toEqual(result('dx-aaaaa'));
    expect(await redis.ttl('kubewhy:result:dx-aaaaa')).toBeGreaterThan(3500);
    expect(await results.load('dx-bbbbb')).toBeUndefined();
  });

  test('the oldest go where there are too many', async () => {
    const results = createResults(redis, limits, log);
    for (const id of ['dx-aaaa1', 'dx-aaaa2', 'dx-aaaa3', 'dx-aaaa4']) await results.save(id, result(id));
    expect(await results.load('dx-aaaa1')).toBeUndefined();
    expect(await results.load('dx-aaaa4')).toBeDefined();
    expect(await redis.zcard('kubewhy:results')).toBe(3);
  });

  test('one that is too large is not kept, and the log says so', async () => {
    const results = createResults(redis, { ...limits, mostBytes: 100 }, log);
    expect(await results.save('dx-aaaaa', result('dx-aaaaa'))).toBe(false);
    expect(logs.join('')).toContain('result is too large');
  });

  test.each([
    ['not compressed', Buffer.from('hello')],
    ['empty', Buffer.alloc(0)],
  ])('a record that is %s is skipped', async (_, bytes) => {
    await redis.set('kubewhy:result:dx-aaaaa', bytes);
    expect(await createResults(redis, limits, log).load('dx-aaaaa')).toBeUndefined();
    expect(logs.join('')).toContain('cannot be read');
  });
});

describe('recent', () => {
  test('newest first, bounded, and an entry is added once', async () => {
    const recent = createRecent(redis, { keepSeconds: 3600, most: 2 }, log);
    const now = Date.now();
    for (const [i, id] of ['dx-aaaa1', 'dx-aaaa2', 'dx-aaaa3'].entries()) {
      expect(await recent.add(entry(id, new Date(now + i * 1000).toISOString()))).toBe(true);
    }
    expect(await recent.add(entry('dx-aaaa3', new Date(now).toISOString()))).toBe(false);
    expect((await recent.list(10)).map((e) => e.id)).not.toContain('dx-aaaa1');
  });

  test('an update changes only what it names, and brings no entry back', async () => {
    const recent = createRecent(redis, { keepSeconds: 3600, most: 10 }, log);
    await recent.add(entry('dx-aaaaa', new Date().toISOString()));
    await recent.update('dx-aaaaa', { state: 'done', verdict: 'cause-found' });
    expect(await recent.get('dx-aaaaa')).toMatchObject({ state: 'done', verdict: 'cause-found', askedBy: 'U0ALICE' });
    expect(await redis.ttl('kubewhy:recent:dx-aaaaa')).toBeGreaterThan(3500);
    await recent.update('dx-gone1', { state: 'done' });
    expect(await recent.get('dx-gone1')).toBeUndefined();
  });

  test.each([
    ['no JSON', '{'],
    ['of an older form', '{"id":"dx-aaaaa"}'],
  ])('a record that is %s is skipped and logged; the others are listed', async (_, text) => {
    const recent = createRecent(redis, { keepSeconds: 3600, most: 10 }, log);
    await recent.add(entry('dx-aaaa1', new Date().toISOString()));
    await recent.add(entry('dx-aaaa2', new Date().toISOString()));
    await redis.set('kubewhy:recent:dx-aaaa1', text);
    expect((await recent.list(10)).map((e) => e.id)).toEqual(['dx-aaaa2']);
    expect(logs.join('')).toContain('skipped');
  });
});

describe('running', () => {
  test('a question belongs to who claims it first, in each cluster; the order of its fields does not matter', async () => {
    const running = createRunning(redis);
    const other = { target: { nodePort: 30080, kind: 'NodePort' }, type: 'why-not-reachable' } as Question;
    expect(await running.claim('prod', question, 'dx-aaaa1')).toBe('dx-aaaa1');
    expect(await running.claim('prod', other, 'dx-aaaa2')).toBe('dx-aaaa1');
    expect(await running.claim('prod', question, 'dx-aaaa1')).toBe('dx-aaaa1');
    expect(await running.claim('test', question, 'dx-aaaa2')).toBe('dx-aaaa2');
    expect(await running.claim('prod', { ...question, at: 'n1' }, 'dx-aaaa3')).toBe('dx-aaaa3');
  });

  test('only its holder gives it up, and only one takes over an orphan', async () => {
    const running = createRunning(redis);
    await running.claim('prod', question, 'dx-aaaa1');
    await running.release('prod', question, 'dx-aaaa2');
    expect(await running.claim('prod', question, 'dx-aaaa2')).toBe('dx-aaaa1');
    expect(await running.replace('prod', question, 'dx-aaaa1', 'dx-aaaa2')).toBe(true);
    expect(await running.replace('prod', question, 'dx-aaaa1', 'dx-aaaa3')).toBe(false);
    await running.release('prod', question, 'dx-aaaa2');
    expect(await running.claim('prod', question, 'dx-aaaa3')).toBe('dx-aaaa3');
  });

  test('a stop is announced, and known to those who come later', async () => {
    const cancels = createCancels(redis);
    const heard: string[] = [];
    const stop = await cancels.listen(server.connect(), (id) => void heard.push(id));
    await cancels.ask('dx-aaaaa', 'U0ALICE');
    await expect.poll(() => heard).toEqual(['dx-aaaaa']);
    expect(await cancels.askedBy('dx-aaaaa')).toBe('U0ALICE');
    expect(await cancels.askedBy('dx-bbbbb')).toBeUndefined();
    await stop();
  });
});

describe('limits', () => {
  test('a bucket empties and says how long to wait; a refusal takes nothing from the others', async () => {
    const limits = createLimits(redis);
    const person = { key: 'person:a', allowance: { size: 2, seconds: 600 } };
    const cluster = { key: 'cluster:c', allowance: { size: 3, seconds: 600 } };
    expect(await limits.take([person, cluster])).toBeUndefined();
    expect(await limits.take([person, cluster])).toBeUndefined();
    const refused = await limits.take([person, cluster]);
    expect(refused?.key).toBe('person:a');
    expect(refused?.waitSeconds).toBeGreaterThan(290);
    expect(refused?.waitSeconds).toBeLessThanOrEqual(300);
    expect(await limits.take([cluster])).toBeUndefined();
    expect((await limits.take([cluster]))?.key).toBe('cluster:c');
  });

  test('it fills again with time', async () => {
    const limits = createLimits(redis);
    const quick = { key: 'person:b', allowance: { size: 1, seconds: 0.2 } };
    expect(await limits.take([quick])).toBeUndefined();
    expect(await limits.take([quick])).toBeDefined();
    await expect.poll(() => limits.take([quick]), { timeout: 3000 }).toBeUndefined();
  });
});

test('a delivery is kept, and a bad record counts as none', async () => {
  const deliveries = createDeliveries(redis, 3600, log);
  expect(await deliveries.load('dx-aaaaa')).toEqual(EMPTY_DELIVERY);
  const begun = { ...EMPTY_DELIVERY, rootTs: '1.2', posted: { root: '1.2' }, sending: { fix: '2020-01-01T00:00:00Z' } };
  await deliveries.save('dx-aaaaa', begun);
  expect(await deliveries.load('dx-aaaaa')).toEqual(begun);
  await redis.set('kubewhy:delivery:dx-aaaaa', '[]');
  expect(await deliveries.load('dx-aaaaa')).toEqual(EMPTY_DELIVERY);
});

test('a question behind a button is found by its id and by nothing else', async () => {
  const questions = createQuestions(redis, log);
  const stored = { cluster: 'prod', question, place: { channel: 'C1' } };
  const id = await questions.keep(stored);
  expect(id).toMatch(/^q-[0-9a-f]{24}$/);
  expect(await questions.get(id)).toEqual(stored);
  for (const wrong of ['', 'q-', '*', `${id} `, 'q-000000000000000000000000'])
    expect(await questions.get(wrong)).toBeUndefined();
});
