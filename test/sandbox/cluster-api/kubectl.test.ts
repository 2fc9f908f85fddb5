/** The emulator seen through a real kubectl; left out, and counted as skipped, where there is none. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasKubectl, type Running, start } from './support.ts';

const available = await hasKubectl();
if (!available) console.warn('kubectl is not on PATH: its tests are skipped (apt-get install kubernetes-client)');

describe.skipIf(!available)('kubectl against a v1.18.2 server', () => {
  let running: Running;

  beforeAll(async () => {
    running = await start();
  });
  afterAll(async () => {
    await running.stop();
  });

  it('get nodes shows status, roles and ages as recorded', async () => {
    const { stdout } = await running.kubectl('get nodes');
    expect(stdout).toBe(
      [
        'NAME    STATUS     ROLES    AGE   VERSION',
        'alpha   Ready      master   28d   v1.18.2',
        'beta    NotReady   <none>   28d   v1.18.2',
        '',
      ].join('\n'),
    );
  });
});
