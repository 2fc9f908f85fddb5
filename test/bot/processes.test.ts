import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startSlackWorkspace } from '../../src/sandbox/slack/workspace.ts';
import type { SlackWorkspace } from '../../src/sandbox/slack/workspace-types.ts';
import { startProcess, type TestProcess } from '../support/process.ts';
import { type TestRedis, testRedis } from '../support/redis.ts';
import { finishedRoot } from '../support/stage.ts';

vi.setConfig({ testTimeout: 60_000 });

let slack: SlackWorkspace;
let redis: TestRedis;
const started: TestProcess[] = [];

beforeEach(async () => {
  [slack, redis] = await Promise.all([startSlackWorkspace(), testRedis()]);
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((p) => p.kill()));
  await slack.close();
  await redis.stop();
});

function kubewhy(process: string, env: Record<string, string> = {}): TestProcess {
  const settings = {
    KUBEWHY_SLACK_BOT_TOKEN: slack.botToken,
    KUBEWHY_SLACK_APP_TOKEN: slack.appToken,
    KUBEWHY_SLACK_API_URL: slack.apiUrl,
    KUBEWHY_KUBECONFIG: '/nowhere/kubeconfig',
    KUBEWHY_CLUSTER: 'prod',
    REDIS_URL: redis.url,
    ...env,
  };
  const one = startProcess('src/main.ts', [process], settings);
  started.push(one);
  return one;
}

test('bot and worker as processes: a kubeconfig that is missing is said in the thread; both end at SIGTERM', async () => {
  const [bot, worker] = [kubewhy('bot'), kubewhy('worker')];
  await Promise.all([bot.said('"msg":"bot ready"'), worker.said('"msg":"worker ready"')]);
  const alice = slack.addUser({ name: 'alice' }).id;
  const channel = slack.addChannel({ name: 'incidents', members: [alice] }).id;
  await slack.asUser(alice).slash(channel, '/k8s', 'why-not-reachable 30080');
  const root = await finishedRoot(slack, channel);
  const reply = await slack.waitFor((w) => w.thread(channel, root.ts)[0]);
  expect(reply.text).toContain('/nowhere/kubeconfig');
  const before = Date.now();
  expect(await Promise.all([bot.end(), worker.end()])).toEqual([0, 0]);
  expect(Date.now() - before).toBeLessThan(8000);
  const lines = `${bot.output()}${worker.output()}`.split('\n').filter((line) => line !== '');
  for (const line of lines) expect(() => JSON.parse(line)).not.toThrow();
  expect(lines.join('')).not.toContain(slack.botToken);
  expect(lines.join('')).not.toContain(slack.appToken);
});

test('a bot killed with -9 after it acknowledged: the question in the queue is answered all the same', async () => {
  const bot = kubewhy('bot');
  await bot.said('"msg":"bot ready"');
  const alice = slack.addUser({ name: 'alice' }).id;
  const channel = slack.addChannel({ name: 'incidents', members: [alice] }).id;
  await slack.asUser(alice).slash(channel, '/k8s', 'why-not-reachable 30080');
  await bot.said('question queued');
  await bot.kill();
  await kubewhy('worker').said('"msg":"worker ready"');
  await finishedRoot(slack, channel);
});

test.each([
  ['a missing token', 'bot', { KUBEWHY_SLACK_BOT_TOKEN: '' }, 2, /KUBEWHY_SLACK_BOT_TOKEN is missing/],
  [
    'a variable that nobody knows',
    'worker',
    { KUBEWHY_CONCURENCY: '3' },
    2,
    /KUBEWHY_CONCURENCY.*did you mean KUBEWHY_CONCURRENCY/,
  ],
  [
    'a token that Slack refuses',
    'bot',
    { KUBEWHY_SLACK_BOT_TOKEN: 'xoxb-not-a-real-token' },
    1,
    /Slack refuses KUBEWHY_SLACK_BOT_TOKEN: invalid_auth/,
  ],
  [
    'an app token that Slack refuses',
    'bot',
    { KUBEWHY_SLACK_APP_TOKEN: 'xapp-not-a-real-token' },
    1,
    /Slack refuses KUBEWHY_SLACK_APP_TOKEN: invalid_auth/,
  ],
])('%s ends the process with one clear sentence', async (_, process, env, code, sentence) => {
  const one = kubewhy(process, env);
  const exit = await new Promise((resolve) => one.child.once('exit', resolve));
  expect(exit).toBe(code);
  expect(one.output()).toMatch(sentence);
});
