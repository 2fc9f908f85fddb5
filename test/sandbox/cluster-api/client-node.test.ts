/** The emulator seen through the real @kubernetes/client-node. */
import { CoreV1Api } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Running, start } from './support.ts';

describe('client-node', () => {
  let running: Running;
  let core: CoreV1Api;

  beforeAll(async () => {
    running = await start();
    core = running.config().makeApiClient(CoreV1Api);
  });
  afterAll(async () => {
    await running.stop();
  });

  it('lists and gets objects', async () => {
    const pods = await core.listPodForAllNamespaces();
    expect(pods.items.map((pod) => `${pod.metadata?.namespace}/${pod.metadata?.name}`)).toEqual([
      'default/tool-1',
      'shop/web-1',
      'shop/web-2',
    ]);
    const node = await core.readNode({ name: 'alpha' });
    expect(node.status?.nodeInfo?.kubeletVersion).toBe('v1.18.2');
  });
});
