import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createFixLocks, type FixLocks } from '../../../src/adapters/store/fix-locks.ts';
import { type TestRedis, testRedis } from '../../support/redis.ts';

let server: TestRedis;
let redis: ReturnType<TestRedis['connect']>;
let locks: FixLocks;
const A = 'fix-aaaaaaa';
const B = 'fix-bbbbbbb';

beforeAll(async () => {
  server = await testRedis();
  redis = server.connect();
  locks = createFixLocks(redis);
});
afterAll(async () => {
  await server.stop();
});
beforeEach(async () => {
  await redis.flushall();
});

async function fenceOf(taken: ReturnType<FixLocks['take']>): Promise<number> {
  const got = await taken;
  if ('heldBy' in got) throw new Error(`held by ${got.heldBy}`);
  return got.fence;
}

test('one change at a time in a cluster, also of another object; other clusters are free', async () => {
  await fenceOf(locks.take('prod', '/nodes//n1', A, 10_000));
  expect(await locks.take('prod', '/nodes//n1', B, 10_000)).toEqual({ heldBy: A });
  expect(await locks.take('prod', '/nodes//n2', B, 10_000)).toEqual({ heldBy: A });
  expect(await fenceOf(locks.take('test', '/nodes//n1', B, 10_000))).toBe(1);
});

test('of many in the same instant one gets it', async () => {
  const all = await Promise.all(Array.from({ length: 20 }, (_, i) => locks.take('prod', 'o', `fix-aaaaa${i}`, 10_000)));
  expect(all.filter((one) => 'fence' in one)).toHaveLength(1);
});

test('a slow holder is fenced out: its number is worth nothing once the lock was taken again', async () => {
  const slow = await fenceOf(locks.take('prod', 'o', A, 20));
  await expect.poll(() => redis.exists('kubewhy:fix-lock:prod')).toBe(0);
  const next = await fenceOf(locks.take('prod', 'o', B, 10_000));
  expect(next).toBeGreaterThan(slow);
  expect(await locks.renew('prod', A, slow, 10_000)).toBe(false);
  await locks.release('prod', A, slow);
  expect(await locks.renew('prod', B, next, 10_000)).toBe(true);
});

test('the same fix takes its own lock anew after its process died, and that fences the dead one out', async () => {
  const dead = await fenceOf(locks.take('prod', 'o', A, 10_000));
  const alive = await fenceOf(locks.take('prod', 'o', A, 10_000));
  expect(await locks.renew('prod', A, dead, 10_000)).toBe(false);
  expect(await locks.renew('prod', A, alive, 10_000)).toBe(true);
});

test('a lock that ran out is not renewed', async () => {
  const fence = await fenceOf(locks.take('prod', 'o', A, 20));
  await expect.poll(() => locks.renew('prod', A, fence, 1)).toBe(false);
});

test('given back, it is free', async () => {
  await locks.release('prod', A, await fenceOf(locks.take('prod', 'o', A, 10_000)));
  expect(await fenceOf(locks.take('prod', 'o', B, 10_000))).toBe(2);
});

test('a name that somebody wrote into Redis is not repeated', async () => {
  await redis.hset('kubewhy:fix-lock:prod', 'holder', '<!channel> hello');
  expect(await locks.take('prod', 'o', A, 10_000)).toEqual({ heldBy: 'somebody unknown' });
});

test('an object rests after a failure; a shorter rest never ends a longer one', async () => {
  expect(await locks.coolingUntil('prod', 'o')).toBeUndefined();
  await locks.coolDown('prod', 'o', 60_000);
  await locks.coolDown('prod', 'o', 1000);
  const until = (await locks.coolingUntil('prod', 'o')) ?? 0;
  expect(until - Date.now()).toBeGreaterThan(50_000);
  expect(until - Date.now()).toBeLessThanOrEqual(60_000);
  expect(await locks.coolingUntil('prod', 'other')).toBeUndefined();
  expect(await locks.coolingUntil('test', 'o')).toBeUndefined();
  await locks.coolDown('prod', 'other', 0);
  expect(await locks.coolingUntil('prod', 'other')).toBeUndefined();
});
