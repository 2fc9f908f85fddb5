/** The whole product, where a part of it does not start. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { loadStage } from '../../src/sandbox/incidents/nodeport-30080/index.ts';
import { startPlatform } from '../../src/sandbox/platform.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kubewhy-platform-'));
  vi.stubEnv('TMPDIR', folder);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

test.each([
  // The cluster fails at once; Redis, which takes longer, is still starting then.
  ['the cluster', { state: { ...loadStage(1), now: 'no time' } }],
  ['bot and worker', { env: { KUBEWHY_LANGUAGE: 'none' } }],
])('%s: it is told, and what had started or was starting is ended', async (_, broken) => {
  const whole = { state: { ...loadStage(1), hosts: [] }, nodes: [], clusterName: 'prod', say: () => undefined };
  await expect(startPlatform({ ...whole, ...broken })).rejects.toThrow();
  expect(await readdir(folder)).toEqual([]);
});
