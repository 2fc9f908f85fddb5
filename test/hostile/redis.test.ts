/** Somebody can write to our Redis: edited records are bounded and refused, put no words into our mouth, and lead no answer elsewhere. */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { Queue } from 'bullmq';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createDeliveries } from '../../src/adapters/store/deliveries.ts';
import { createQuestions } from '../../src/adapters/store/questions.ts';
import { createRecent } from '../../src/adapters/store/recent.ts';
import { createResults } from '../../src/adapters/store/results.ts';
import { createCancels, createRunning } from '../../src/adapters/store/running.ts';
import { DiagnoseJob } from '../../src/core/jobs.ts';
import type { Question } from '../../src/core/question.ts';
import { finishedRoot, type Stage, startStage } from '../support/stage.ts';

vi.setConfig({ testTimeout: 60_000 });
const EVIL = '<!channel> <@U0BOSS> <https://evil.example|click>';
const LIMITS = { keepSeconds: 3600, most: 10, mostBytes: 1_000_000 };
const question: Question = { type: 'diagnose', target: { kind: 'Component', name: 'calico' } };
let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(async () => {
  await stage.close();
});
beforeEach(async () => {
  await stage.idle();
  await stage.redis.flush();
});

function job(more: object = {}): DiagnoseJob {
  const place = { channel: stage.channel };
  const own = { askedBy: stage.alice.id, place, language: 'en', askedAt: new Date().toISOString() };
  return { version: 1, id: 'dx-forged1', cluster: 'prod', question, ...own, ...more } as DiagnoseJob;
}

const entry = (more: object = {}) => {
  const { askedBy, place, askedAt } = job();
  return { id: 'dx-aaaaa', cluster: 'prod', question, askedBy, place, askedAt, state: 'done', ...more };
};

describe('records', () => {
  test.each([
    ['an id with markup', { id: EVIL }],
    ['a channel with markup', { place: { channel: `C> ${EVIL.slice(0, 30)}` } }],
    ['a time with markup', { askedAt: `2026|x> ${EVIL}` }],
    ['an asker with markup', { askedBy: EVIL }],
    ['an asker who is a channel', { askedBy: 'C0123' }],
    ['a timestamp that is none', { rootTs: EVIL }],
    ['a state of its own', { state: 'owned' }],
    ['a question of 1 MB', { question: { ...question, at: 'x'.repeat(1e6) } }],
    ['a list', [] as object],
  ])('%s are not listed', async (_, more) => {
    const redis = stage.redis.connect();
    const text = JSON.stringify(Array.isArray(more) ? more : entry(more));
    await redis.set('kubewhy:recent:dx-aaaaa', text);
    await redis.zadd('kubewhy:recent', Date.now(), 'dx-aaaaa');
    expect(await createRecent(redis, LIMITS, stage.log).list(10)).toEqual([]);
  });

  test('claims and stops say ids and nothing else', async () => {
    const redis = stage.redis.connect();
    const running = createRunning(redis);
    await running.claim('prod', question, 'dx-aaaaa');
    const [key = ''] = await redis.keys('kubewhy:running:*');
    await redis.set(key, EVIL);
    expect(await running.claim('prod', question, 'dx-bbbbb')).toBe('dx-bbbbb');
    await redis.set('kubewhy:cancel:dx-aaaaa', EVIL);
    expect(await createCancels(redis).askedBy('dx-aaaaa')).toBeUndefined();
  });

  test('a delivery of the future, of another type, with a channel that is none', async () => {
    const redis = stage.redis.connect();
    const deliveries = createDeliveries(redis, 60, stage.log);
    const base = { version: 1, posted: {}, sending: {}, fileUploaded: false, done: false };
    for (const bad of [{ ...base, version: 2 }, { ...base, posted: [] }, { ...base, channel: EVIL }, 'x', null]) {
      await redis.set('kubewhy:delivery:dx-aaaaa', JSON.stringify(bad));
      expect((await deliveries.load('dx-aaaaa')).channel).toBeUndefined();
    }
  });

  test('questions behind buttons are found by our own ids alone', async () => {
    const redis = stage.redis.connect();
    const questions = createQuestions(redis, stage.log);
    for (const id of ['../result:dx-aaaaa', '*', 'q-', `q-${'g'.repeat(24)}`, `q-${'0'.repeat(25)}`, '__proto__', '']) {
      expect(await questions.get(id)).toBeUndefined();
    }
    const id = await questions.keep({ cluster: 'prod', question, place: { channel: 'C1' } });
    await redis.set(`kubewhy:question:${id}`, '{"__proto__":{"cluster":"prod"}}');
    expect(await questions.get(id)).toBeUndefined();
  });

  test.each([
    ['a gzip bomb', () => promisify(gzip)(Buffer.alloc(200 * 1024 * 1024))],
    ['nothing but brackets', () => promisify(gzip)('['.repeat(30_000_000))],
    ['many small lists', () => promisify(gzip)(`[${'[],'.repeat(20_000_000)}[]]`)],
    ['no gzip', () => Promise.resolve(Buffer.from('hello'))],
    ['more than is ever kept', () => Promise.resolve(Buffer.alloc(3_000_000))],
  ])('a result that is %s is none, soon', async (_, make) => {
    const redis = stage.redis.connect();
    await redis.set('kubewhy:result:dx-aaaaa', await make());
    const started = performance.now();
    expect(await createResults(redis, LIMITS, stage.log).load('dx-aaaaa')).toBeUndefined();
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

describe('jobs', () => {
  test.each([
    ['a channel with markup', { place: { channel: '<!channel>' } }],
    ['an asker who is a channel', { askedBy: 'C0123ABC' }],
    ['a version of the future', { version: 2 }],
    ['a thread that is none', { place: { channel: 'C1', threadTs: EVIL } }],
    ['another type', { question: 'all' }],
  ])('%s does not fit', (_, more) => expect(DiagnoseJob.safeParse(job(more)).success).toBe(false));

  test('one for a channel that is shared with another company ends without a word in it', async () => {
    const shared = stage.slack.addChannel({ name: 'partners', members: [stage.alice.id], extShared: true }).id;
    const queue = new Queue('kubewhy-diagnose-prod', { connection: stage.redis.connect(), prefix: 'kubewhy-queue' });
    const started = stage.fake.started.length;
    await queue.add('diagnose', job({ id: 'dx-forged2', place: { channel: shared } }), { jobId: 'dx-forged2' });
    await stage.slack.waitFor(() => stage.logs.some((line) => line.includes('external_channel')));
    await stage.idle();
    expect(stage.slack.messages(shared)).toEqual([]);
    expect(stage.fake.started).toHaveLength(started);
    // The same for a record that leads a good job there.
    const delivery = { version: 1, channel: shared, posted: {}, sending: {}, fileUploaded: false, done: false };
    await stage.redis.connect().set('kubewhy:delivery:dx-forged3', JSON.stringify(delivery));
    await queue.add('diagnose', job({ id: 'dx-forged3' }), { jobId: 'dx-forged3' });
    await stage.slack.waitFor(() => stage.logs.filter((line) => line.includes('external_channel')).length > 1);
    await stage.idle();
    expect(stage.slack.messages(shared)).toEqual([]);
    await queue.close();
  });

  test('the bot lists what is left of a poisoned list, and goes on', async () => {
    const redis = stage.redis.connect();
    await redis.set('kubewhy:recent:dx-aaaaa', JSON.stringify(entry({ cluster: EVIL, summary: EVIL })));
    await redis.set('kubewhy:recent:dx-bbbbb', JSON.stringify(entry({ askedAt: EVIL })));
    await redis.zadd('kubewhy:recent', Date.now(), 'dx-aaaaa', Date.now(), 'dx-bbbbb', Date.now(), EVIL);
    await stage.slack.asUser(stage.alice.id).slash(stage.channel, '/k8s', 'recent');
    const told = await stage.slack.waitFor((w) =>
      w.ephemerals(stage.alice.id).find((e) => e.text.includes('dx-aaaaa')),
    );
    expect(told.text).not.toMatch(/<!(?!date)|<@|<https?:/);
    expect(told.text).not.toContain('dx-bbbbb');
    await stage.slack.asUser(stage.alice.id).slash(stage.channel, '/k8s', 'diagnose calico');
    await finishedRoot(stage.slack, stage.channel);
  });
});
