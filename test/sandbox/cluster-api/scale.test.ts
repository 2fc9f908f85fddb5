/** A store of 5,000 nodes, 50,000 Pods and 5,000 Services: what a diagnosis asks must not notice the size. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KubeObject } from '../../../src/sandbox/cluster/api/server.ts';
import { pod } from './fixtures.ts';
import { ADMIN_TOKEN, type Running, send, start } from './support.ts';

const NODES = 5000;
const PODS = 50_000;
const SERVICES = 5000;

function* largeCluster(): Generator<KubeObject> {
  for (let i = 0; i < NODES; i++) yield { apiVersion: 'v1', kind: 'Node', metadata: { name: `node-${i}` } };
  for (let i = 0; i < PODS; i++) yield pod(`ns-${i % 100}`, `app${i % 5000}-${i}`, `node-${i % NODES}`);
  for (let i = 0; i < SERVICES; i++) {
    yield { apiVersion: 'v1', kind: 'Service', metadata: { namespace: `ns-${i % 100}`, name: `svc-${i}` } };
  }
}

describe('a large cluster', () => {
  let running: Running;

  beforeAll(async () => {
    running = await start({ objects: [...largeCluster()] });
  });
  afterAll(async () => {
    await running.stop();
  });

  async function ask(path: string): Promise<{ items: unknown[]; ms: number; metadata: { continue?: string } }> {
    const started = performance.now();
    const { text } = await send(running.api, path, { token: ADMIN_TOKEN });
    const ms = performance.now() - started;
    return { ...(JSON.parse(text) as { items: unknown[]; metadata: { continue?: string } }), ms };
  }

  // The limits are ten times what a slow machine needs: they catch work that grows with the store, not noise.
  it.each([
    ['one node, by field', '/api/v1/nodes?fieldSelector=metadata.name%3Dnode-77', 1, 300],
    ['the Pods of one node', '/api/v1/pods?fieldSelector=spec.nodeName%3Dnode-77', 10, 1000],
    ['Pods of one Service, by label', '/api/v1/namespaces/ns-3/pods?labelSelector=app%3Dapp3', 10, 1000],
    ['a page of Pods', '/api/v1/pods?limit=500', 500, 1000],
    ['all nodes', '/api/v1/nodes', NODES, 3000],
    ['all Services', '/api/v1/services', SERVICES, 3000],
  ])('%s', async (_title, path, count, limitMs) => {
    await ask(path);
    const { items, ms } = await ask(path);
    expect(items).toHaveLength(count);
    expect(ms).toBeLessThan(limitMs);
  });

  it('pages through all Pods, each exactly once', async () => {
    const seen = new Set<string>();
    let token = '';
    do {
      const page = await ask(`/api/v1/pods?limit=5000${token === '' ? '' : `&continue=${token}`}`);
      for (const one of page.items as KubeObject[]) seen.add(`${one.metadata.namespace}/${one.metadata.name}`);
      token = page.metadata.continue ?? '';
    } while (token !== '');
    expect(seen.size).toBe(PODS);
  });
});
