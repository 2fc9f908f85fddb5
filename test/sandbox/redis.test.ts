import { spawn } from 'node:child_process';
import { access, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { readWorkerConfig } from '../../src/config/worker.ts';
import { testRedis } from '../support/redis.ts';

afterEach(() => vi.unstubAllEnvs());

const there = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

test('it answers, keeps what was written over a crash, and leaves nothing behind', async () => {
  const redis = await testRedis();
  const folder = dirname(redis.url.replace('unix://', ''));
  const client = redis.connect();
  await client.set('kept', 'yes');
  expect(await client.config('GET', 'appendonly')).toContain('yes');
  // Redis writes its append-only file within a second (appendfsync everysec); a crash of the process loses nothing of it.
  await redis.restart();
  expect(await client.get('kept')).toBe('yes');
  await redis.stop();
  expect(await there(folder)).toBe(false);
});

test.each([
  ['with spaces and other letters', 'tëmp folder 空'],
  ['deeper than a socket may lie', 'deep/'.repeat(40)],
])('a folder for temporary files %s', async (_, name) => {
  const top = await mkdtemp(join(tmpdir(), 'kubewhy-test-'));
  await mkdir(join(top, name), { recursive: true });
  vi.stubEnv('TMPDIR', join(top, name));
  const redis = await testRedis();
  try {
    const { redisUrl } = readWorkerConfig({ KUBEWHY_SLACK_BOT_TOKEN: 'xoxb-1-2-abc', REDIS_URL: redis.url });
    expect(redisUrl).toBe(redis.url);
    expect(await redis.connect().ping()).toBe('PONG');
  } finally {
    await redis.stop();
    await rm(top, { recursive: true, force: true });
  }
});

test('it ends with its starter, even when that is killed with -9', async () => {
  const script = `import { startRedis } from '${new URL('../../src/sandbox/redis.ts', import.meta.url).href}';
    const redis = await startRedis();
    console.log(redis.url);
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await new Promise<string>((resolve) =>
    child.stdout.once('data', (d: Buffer) => resolve(String(d).trim())),
  );
  const folder = dirname(url.replace('unix://', ''));
  expect(await there(folder)).toBe(true);
  child.kill('SIGKILL');
  for (let i = 0; i < 200 && (await there(folder)); i += 1) await sleep(25);
  expect(await there(folder)).toBe(false);
});
