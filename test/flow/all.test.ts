/** `kubewhy all`: bot and worker in one process, for small clusters. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ApiServer, startApiServer } from '../../src/sandbox/cluster/api/server.ts';
import { loadStage } from '../../src/sandbox/incidents/nodeport-30080/index.ts';
import { startProcess } from '../../src/sandbox/processes.ts';
import { type PrivateRedis, startRedis } from '../../src/sandbox/redis.ts';
import { startSlackWorkspace } from '../../src/sandbox/slack/workspace.ts';
import type { SlackWorkspace } from '../../src/sandbox/slack/workspace-types.ts';

let folder: string;
let redis: PrivateRedis;
let slack: SlackWorkspace;
let api: ApiServer;
let env: Record<string, string>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kubewhy-all-'));
  const stage = loadStage(1);
  [redis, slack, api] = await Promise.all([
    startRedis(),
    startSlackWorkspace(),
    startApiServer({ version: stage.version, objects: stage.objects, timeShiftMs: Date.now() - Date.parse(stage.now) }),
  ]);
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, api.kubeconfig(), { mode: 0o600 });
  env = {
    REDIS_URL: redis.url,
    KUBEWHY_SLACK_BOT_TOKEN: slack.botToken,
    KUBEWHY_SLACK_APP_TOKEN: slack.appToken,
    KUBEWHY_SLACK_API_URL: slack.apiUrl,
    KUBEWHY_KUBECONFIG: kubeconfig,
    KUBEWHY_AGENTS: 'off',
  };
});

afterAll(async () => {
  await Promise.all([slack?.close(), api?.close(), redis?.stop()]);
  await rm(folder, { recursive: true, force: true });
});

test('answers a question on its own, and ends at SIGTERM', { timeout: 60_000 }, async () => {
  const all = await startProcess({ name: 'all', args: ['all'], env, ready: 'worker ready' });
  try {
    await slack.waitFor((w) => w.openSockets() > 0, 20_000);
    const person = slack.addUser({ name: 'wsg' });
    const channel = slack.addChannel({ name: 'incidents', members: [person.id] });
    await slack.asUser(person.id).slash(channel.id, '/k8s', 'why-not-reachable 30099');
    const verdict = /No Service of this cluster has NodePort 30099/;
    const root = await slack.waitFor((w) => w.messages(channel.id).find((m) => m.own && verdict.test(m.text)), 30_000);
    expect(root.threadTs).toBeUndefined();
  } finally {
    await all.stop();
  }
  expect(await all.exited).toBe(0);
});
