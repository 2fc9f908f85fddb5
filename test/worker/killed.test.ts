import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { LEAST_MANIFEST } from '../../src/sandbox/slack/method-table.ts';
import { startProcess, type TestProcess } from '../support/process.ts';
import { finishedRoot, type Stage, startStage, wholeThread } from '../support/stage.ts';

const scopes = [...LEAST_MANIFEST.scopes, 'channels:history'];
let stage: Stage;
const workers: TestProcess[] = [];

/** Several processes are started and killed in each. */
vi.setConfig({ testTimeout: 120_000 });

beforeEach(async () => {
  stage = await startStage({ worker: false, slack: { manifest: { ...LEAST_MANIFEST, scopes } } });
});
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.kill()));
  await stage.close();
});

async function worker(): Promise<TestProcess> {
  const started = startProcess('test/support/worker-process.ts', [], stage.env);
  workers.push(started);
  await started.said('worker ready');
  return started;
}
const ask = () => stage.slack.asUser(stage.alice.id).slash(stage.channel, '/k8s', 'why-not-reachable 30080');
const release = () => stage.redis.connect().set('test:release', '1');
const startedBy = () => stage.redis.connect().lrange('test:started', '0', '-1');

/** One root message, one of each thread message, one file. */
async function exactlyOneReport(): Promise<void> {
  const root = await finishedRoot(stage.slack, stage.channel, 30_000);
  await wholeThread(stage.slack, stage.channel, root.ts, 30_000);
  await stage.idle();
  expect(stage.slack.messages(stage.channel)).toHaveLength(1);
  const texts = stage.slack.thread(stage.channel, root.ts).map((m) => m.text);
  expect(new Set(texts).size).toBe(texts.length);
  expect(stage.slack.files()).toHaveLength(1);
}

test('killed with -9 while it diagnoses: another worker does it again, in the same message', async () => {
  const first = await worker();
  await ask();
  await expect.poll(startedBy, { timeout: 30_000 }).toHaveLength(1);
  await worker();
  await first.kill();
  await expect.poll(startedBy, { timeout: 30_000 }).toHaveLength(2);
  await release();
  await exactlyOneReport();
  const pids = (await startedBy()).map((line) => line.split(' ')[0]);
  expect(new Set(pids).size).toBe(2);
});

test('killed with -9 in the middle of the thread: another one goes on where it stood, and does not diagnose again', async () => {
  const first = await worker();
  await release();
  await ask();
  const root = await stage.slack.waitFor((w) => w.messages(stage.channel)[0], 30_000);
  // At once, when Slack has stored the first reply and before its answer can be noted.
  await stage.slack.waitFor((w) => w.thread(stage.channel, root.ts).length === 1, 30_000);
  await first.kill();
  expect(stage.slack.files()).toHaveLength(0);
  await worker();
  await exactlyOneReport();
  expect(await startedBy()).toHaveLength(1);
});

test.each(['chat.postMessage', 'files.getUploadURLExternal', 'files.completeUploadExternal'])(
  'killed with -9 in its first call of %s, before the answer is noted: exactly one report',
  async (method) => {
    const first = await worker();
    await release();
    await ask();
    const called = (): boolean => stage.slack.ledger.some((e) => e.kind === 'request' && e.name === method);
    await stage.slack.waitFor(called, 30_000);
    await first.kill();
    await worker();
    await exactlyOneReport();
  },
);

test('killed again and again: after the fourth worker it is given up, with an answer in the thread', async () => {
  await ask();
  for (let i = 1; i <= 4; i += 1) {
    const next = await worker();
    await expect.poll(startedBy, { timeout: 30_000 }).toHaveLength(i);
    await next.kill();
  }
  await worker();
  const root = await finishedRoot(stage.slack, stage.channel, 30_000);
  expect(root.text).toMatch(/Several workers ended/);
  expect(stage.slack.messages(stage.channel)).toHaveLength(1);
});
