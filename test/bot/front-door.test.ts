import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { finishedRoot, type Stage, startStage, wholeThread } from '../support/stage.ts';

vi.setConfig({ testTimeout: 60_000 });

let stage: Stage;
beforeEach(async () => {
  stage = await startStage();
});
afterEach(async () => {
  const violations = stage.slack.checkInvariants();
  await stage.close();
  expect(violations).toEqual([]);
});

test('a slash command is acknowledged at once, and its thread brings the report and the evidence', async () => {
  const { slack, alice, channel, fake } = stage;
  const outcome = await slack.asUser(alice.id).slash(channel, '/k8s', 'why-not-reachable 30080');
  expect(outcome.visibleError).toBeUndefined();
  expect(outcome.ackMs).toBeLessThan(1000);
  const root = await finishedRoot(slack, channel);
  const thread = await wholeThread(slack, channel, root.ts);
  expect(fake.started).toHaveLength(1);
  expect(slack.messages(channel)).toHaveLength(1);
  expect(root.text).toContain('Inconclusive');
  expect(thread.length).toBeGreaterThanOrEqual(3);
  const [file] = slack.files();
  expect(JSON.parse(String(file?.content))).toMatchObject({ kind: 'Evidence', id: fake.started[0]?.id });
});
