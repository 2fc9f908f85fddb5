import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { finishedRoot, type Stage, startStage } from '../support/stage.ts';

vi.setConfig({ testTimeout: 60_000 });

let stage: Stage;
beforeEach(async () => {
  stage = await startStage();
  await stage.slack.waitFor((w) => w.openSockets() === 2);
});
afterEach(async () => {
  await stage.close();
});
const help = () => stage.slack.asUser(stage.alice.id).slash(stage.channel, '/k8s', 'help');

test.each([['refresh_requested'], ['warning'], ['rst']] as const)(
  'connections that Slack ends (%s) are opened again at once, both of them',
  async (reason) => {
    stage.slack.faults.closeSockets(reason);
    await stage.slack.waitFor((w) => w.openSockets() < 2);
    const gone = Date.now();
    await stage.slack.waitFor((w) => w.openSockets() === 2, 10_000);
    // The library alone would wait for 5 s.
    expect(Date.now() - gone).toBeLessThan(2500);
    expect((await help()).visibleError).toBeUndefined();
    expect(stage.bot.openSockets()).toBe(2);
  },
);

test('while one connection is renewed, commands come through the other', async () => {
  stage.slack.faults.closeSockets('refresh_requested', 1);
  await stage.slack.waitFor((w) => w.openSockets() === 1);
  const outcome = await help();
  expect(outcome.visibleError).toBeUndefined();
  await stage.slack.waitFor((w) => w.openSockets() === 2, 10_000);
});

test('while Slack refuses new connections the bot goes on trying, and comes back', async () => {
  stage.slack.expect('internal_error');
  stage.slack.faults.next('apps.connections.open', { status: 500, times: 4 });
  stage.slack.faults.closeSockets('rst');
  await stage.slack.waitFor((w) => w.openSockets() === 0);
  await stage.slack.waitFor((w) => w.openSockets() === 2, 20_000);
  await stage.slack.asUser(stage.alice.id).slash(stage.channel, '/k8s', 'diagnose calico');
  await finishedRoot(stage.slack, stage.channel);
});
