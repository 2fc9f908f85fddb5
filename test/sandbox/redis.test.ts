import { spawn } from 'node:child_process';
import { access } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { testRedis } from '../support/redis.ts';

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
