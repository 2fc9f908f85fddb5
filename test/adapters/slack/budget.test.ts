import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createLog } from '../../../src/adapters/log.ts';
import { type Budget, createBudget } from '../../../src/adapters/slack/budget.ts';
import { type TestRedis, testRedis } from '../../support/redis.ts';

const log = createLog('test', 'error', { write: () => undefined });
let redis: TestRedis;
let one: Budget;
let two: Budget;

beforeAll(async () => {
  redis = await testRedis();
  one = createBudget(redis.connect(), 'T1', log);
  two = createBudget(redis.connect(), 'T1', log);
});
afterAll(async () => {
  await redis.stop();
});
beforeEach(async () => {
  await redis.flush();
});

/** Waits of so many calls in a row, all asked for at once. */
async function waits(count: number, take: () => Promise<number | undefined>): Promise<(number | undefined)[]> {
  const list: (number | undefined)[] = [];
  for (let i = 0; i < count; i += 1) list.push(await take());
  return list;
}

describe('one budget', () => {
  test('a channel takes a few messages at once, then one a second, whoever posts them', async () => {
    const post = (budget: Budget) => () => budget.take('chat.postMessage', 'C1', 'first');
    const first = await waits(2, post(one));
    const second = await waits(3, post(two));
    const [a, b, c, d, e] = [...first, ...second] as number[];
    expect([a, b, c]).toEqual([0, 0, 0]);
    expect(d).toBeGreaterThan(800);
    expect(e).toBeGreaterThan((d ?? 0) + 900);
    // Another channel does not wait for this one, and another workspace has a budget of its own.
    expect(await one.take('chat.postMessage', 'C2', 'must')).toBe(0);
    expect(await createBudget(redis.connect(), 'T2', log).take('chat.postMessage', 'C1', 'must')).toBe(0);
  });

  test('the rest of an answer leaves room for a root message', async () => {
    const [a, b, c] = (await waits(3, () => one.take('chat.postMessage', 'C1', 'must'))) as number[];
    expect([a, b]).toEqual([0, 0]);
    expect(c).toBeGreaterThan(800);
    // The third was reserved for later; a root message goes before it is sent.
    await redis.flush();
    await waits(2, () => one.take('chat.postMessage', 'C1', 'must'));
    expect(await two.take('chat.postMessage', 'C1', 'first')).toBe(0);
  });

  test('progress is dropped before answers have to wait', async () => {
    const progress = await waits(40, () => one.take('chat.update', 'C1', 'may'));
    const passed = progress.filter((wait) => wait === 0).length;
    expect(progress.filter((wait) => wait !== 0 && wait !== undefined)).toEqual([]);
    expect(passed).toBeGreaterThanOrEqual(5);
    expect(passed).toBeLessThan(40);
    expect(await two.take('chat.update', 'C2', 'must')).toBe(0);
  });

  test('in no minute are more calls let through than Slack promises', async () => {
    const all = (await waits(60, () => one.take('chat.update', 'C1', 'must'))) as number[];
    const inFirstMinute = all.filter((wait) => wait < 60_000).length;
    expect(inFirstMinute).toBeLessThanOrEqual(50);
    expect(inFirstMinute).toBeGreaterThan(40);
  });

  test('after a 429 everybody waits as long as Slack said, and progress is dropped', async () => {
    await one.block('chat.update', 'C1', 2);
    const wait = await two.take('chat.update', 'C2', 'must');
    expect(wait).toBeGreaterThan(1500);
    expect(await two.take('chat.update', 'C2', 'may')).toBeUndefined();
    await expect.poll(() => two.take('chat.update', 'C2', 'may'), { timeout: 5000 }).toBe(0);
  });

  test('a method without a limit of its own is not paced', async () => {
    expect(await waits(5, () => one.take('auth.test', undefined, 'may'))).toEqual([0, 0, 0, 0, 0]);
  });
});

test('without Redis an answer goes out unpaced, and progress is dropped', async () => {
  const own = await testRedis();
  const client = own.connect();
  client.options.maxRetriesPerRequest = 0;
  const budget = createBudget(client, 'T1', log);
  await own.stop();
  client.disconnect();
  expect(await budget.take('chat.update', 'C1', 'must')).toBe(0);
  expect(await budget.take('chat.update', 'C1', 'may')).toBeUndefined();
});
