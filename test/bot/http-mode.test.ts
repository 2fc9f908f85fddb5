import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { finishedRoot, type Stage, startStage, wholeThread } from '../support/stage.ts';

vi.setConfig({ testTimeout: 60_000 });

let stage: Stage;
beforeAll(async () => {
  stage = await startStage({ http: true });
});
afterAll(async () => {
  await stage.close();
});

test('a signed command is acknowledged and answered; buttons and mentions come the same way', async () => {
  const { slack, alice, channel, fake } = stage;
  const outcome = await slack.asUser(alice.id).slash(channel, '/k8s', 'diagnose calico');
  expect(outcome.visibleError).toBeUndefined();
  expect(outcome.ackMs).toBeLessThan(1000);
  const root = await finishedRoot(slack, channel);
  await wholeThread(slack, channel, root.ts);
  const click = await slack.asUser(alice.id).click(channel, root.ts, 'diagnosis_again');
  expect(click.visibleError).toBeUndefined();
  await slack.waitFor(() => fake.started.length === 2);
  slack.asUser(alice.id).mention(channel, 'diagnoze calico');
  await slack.waitFor((w) => w.ephemerals(alice.id).find((e) => e.text.includes('Did you mean')));
});

test.each([
  ['stale', 401],
  ['unsigned', 401],
  ['wrong-secret', 401],
  ['tampered', 401],
  ['oversized', 413],
] as const)('a request that is %s is refused and starts nothing', async (kind, status) => {
  const before = stage.fake.started.length;
  expect((await stage.slack.faults.probe(kind)).status).toBe(status);
  expect(stage.fake.started).toHaveLength(before);
});

test("Slack's own check of the address is answered", async () => {
  expect(await stage.slack.faults.probe('url-verification')).toMatchObject({
    status: 200,
    body: expect.stringContaining('c-1'),
  });
});
