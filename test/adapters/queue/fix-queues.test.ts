import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Consumer } from '../../../src/adapters/queue/consumer.ts';
import { createFixConsumer, createFixProducer, type FixProducer } from '../../../src/adapters/queue/fix-queues.ts';
import type { FixJob } from '../../../src/core/fix.ts';
import { type TestRedis, testRedis } from '../../support/redis.ts';

let server: TestRedis;
let redis: ReturnType<TestRedis['connect']>;
let producer: FixProducer;
const errors: string[] = [];
const open: Consumer[] = [];
const onError = (error: Error): void => void errors.push(error.message);

beforeAll(async () => {
  server = await testRedis();
  redis = server.connect();
});
beforeEach(async () => {
  await producer?.close();
  await redis.flushall();
  producer = createFixProducer(redis, onError);
  errors.length = 0;
});
afterAll(async () => {
  await Promise.all(open.map((consumer) => consumer.close(100)));
  await producer.close();
  await server.stop();
});

const record = (state: 'drafted' | 'approved' | 'proposed' | 'verifying', rev = 3) => ({
  id: 'fix-abcdefg1',
  cluster: 'prod',
  rev,
  state,
});

async function consume(queue: 'fix' | 'remediate', handle: (job: FixJob) => Promise<void>): Promise<Consumer> {
  const options = { redis, queue, cluster: 'prod', concurrency: 1, onError, lockMs: 1000, stalledMs: 500 };
  const consumer = createFixConsumer({ ...options, handle });
  open.push(consumer);
  await consumer.ready();
  return consumer;
}

describe('nudges', () => {
  test.each([
    ['drafted', 'remediate', ['dry-run']],
    ['approved', 'remediate', ['apply']],
    ['verifying', 'fix', ['verify', 'show']],
    ['proposed', 'fix', ['show']],
  ] as const)('of a fix that is %s reach queue %s', async (state, queue, tasks) => {
    const seen: FixJob[] = [];
    const consumer = await consume(queue, (job) => Promise.resolve(void seen.push(job)));
    await producer.nudge(record(state));
    await vi.waitFor(() => expect(seen.map((job) => job.task).sort()).toEqual([...tasks].sort()));
    expect(seen[0]).toMatchObject({ version: 1, fix: 'fix-abcdefg1', cluster: 'prod', rev: 3 });
    await consumer.close(1000);
  });

  test('that come twice are one job while it runs, and a new one once it has ended', async () => {
    let ran = 0;
    let letGo = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const consumer = await consume('remediate', async () => {
      ran += 1;
      await held;
    });
    await producer.nudge(record('approved'));
    await vi.waitFor(() => expect(ran).toBe(1));
    await producer.nudge(record('approved'));
    letGo();
    await vi.waitFor(async () => expect(await redis.exists(`${PREFIX}:fix-abcdefg1-3-apply`)).toBe(0));
    expect(ran).toBe(1);
    await producer.nudge(record('approved'));
    await vi.waitFor(() => expect(ran).toBe(2));
    await consumer.close(1000);
  });

  test('that fail are tried again, and then dropped so that a sweeper can send them anew', async () => {
    let ran = 0;
    const consumer = await consume('remediate', () => {
      ran += 1;
      return Promise.reject(new Error(`trouble ${ran}`));
    });
    await producer.nudge(record('drafted'));
    await vi.waitFor(() => expect(errors).toContain('trouble 3'), 10_000);
    await vi.waitFor(async () => expect(await redis.exists(`${PREFIX}:fix-abcdefg1-3-dry-run`)).toBe(0));
    await consumer.close(1000);
  });

  test.each([
    ['of another cluster', { version: 1, fix: 'fix-abcdefg1', cluster: 'stage', task: 'apply', rev: 3 }],
    ["of the worker's queue", { version: 1, fix: 'fix-abcdefg1', cluster: 'prod', task: 'verify', rev: 3 }],
    ['without an id', { version: 1, fix: '../x', cluster: 'prod', task: 'apply', rev: 3 }],
    ['of no form', 'hello'],
  ])('that somebody forged (%s) are dropped with one sentence', async (_name, data) => {
    const seen: FixJob[] = [];
    const { Queue } = await import('bullmq');
    const queue = new Queue('kubewhy-remediate-prod', { connection: redis, prefix: 'kubewhy-queue' });
    await queue.add('apply', data);
    const consumer = await consume('remediate', (job) => Promise.resolve(void seen.push(job)));
    await vi.waitFor(() => expect(errors.join()).toContain('is no nudge for this queue'));
    expect(seen).toEqual([]);
    await consumer.close(1000);
    await queue.close();
  });
});

const PREFIX = 'kubewhy-queue:kubewhy-remediate-prod';
