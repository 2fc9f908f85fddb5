import { afterEach, expect, test, vi } from 'vitest';
import { finishedRoot, type Stage, startStage, wholeThread } from '../support/stage.ts';

vi.setConfig({ testTimeout: 60_000 });

let stage: Stage | undefined;
afterEach(async () => {
  await stage?.close();
  stage = undefined;
});

test.each([
  ['restarted', 0],
  ['away for longer than the lock of the job', 3000],
])('Redis %s in the middle of a diagnosis: one report', async (_, awayMs) => {
  const s = await startStage();
  stage = s;
  s.fake.hold();
  await s.slack.asUser(s.alice.id).slash(s.channel, '/k8s', 'diagnose calico');
  await s.slack.waitFor(() => s.fake.started.length === 1);
  await s.redis.kill();
  // Time is the subject here: the lock must have run out before Redis is back.
  if (awayMs > 0) await new Promise((resolve) => setTimeout(resolve, awayMs));
  await s.redis.restart();
  s.fake.release();
  const root = await finishedRoot(s.slack, s.channel, 25_000);
  await wholeThread(s.slack, s.channel, root.ts, 25_000);
  expect(s.slack.messages(s.channel)).toHaveLength(1);
  const texts = s.slack.thread(s.channel, root.ts).map((m) => m.text);
  expect(new Set(texts).size).toBe(texts.length);
  expect(s.slack.files()).toHaveLength(1);
});
