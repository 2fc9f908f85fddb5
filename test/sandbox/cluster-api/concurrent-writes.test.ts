/** Many writers at once, through the real @kubernetes/client-node: preconditions lose nothing, watchers see everything. */
import { ApiException, AppsV1Api, CoreV1Api, PatchStrategy, setHeaderOptions, Watch } from '@kubernetes/client-node';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { pod, smallCluster, workload } from './fixtures.ts';
import { type Running, start } from './support.ts';

const WRITERS = 100;
const COUNTERS = 10;
const CONFIG = { namespace: 'shop', name: 'counter-0' };

let running: Running;
let core: CoreV1Api;

beforeEach(async () => {
  const counters = Array.from({ length: COUNTERS }, (_, index) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace: 'shop', name: `counter-${index}` },
    data: { count: '0' },
  }));
  running = await start({ version: 'v1.33.1', objects: smallCluster([...counters, workload('Deployment', 'web')]) });
  core = running.config().makeApiClient(CoreV1Api);
});
afterEach(async () => {
  await running.stop();
});

function isConflict(error: unknown): boolean {
  return error instanceof ApiException && error.code === 409;
}

/** Reads, adds one, writes back with the resource version that was read; again on a conflict. Gives the conflicts. */
async function increment(name: string): Promise<number> {
  for (let conflicts = 0; ; conflicts++) {
    const current = await core.readNamespacedConfigMap({ ...CONFIG, name });
    current.data = { count: String(Number(current.data?.['count']) + 1) };
    try {
      await core.replaceNamespacedConfigMap({ ...CONFIG, name, body: current });
      return conflicts;
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
  }
}

describe('many writers', () => {
  it('of 100 who have read the same state, exactly one writes', async () => {
    const body = await core.readNamespacedConfigMap(CONFIG);
    body.data = { count: 'mine' };
    const before = running.api.objects.resourceVersion();
    const results = await Promise.allSettled(
      Array.from({ length: WRITERS }, (_, index) => {
        const data = { count: `writer ${index}` };
        return core.replaceNamespacedConfigMap({ ...CONFIG, body: Object.assign(structuredClone(body), { data }) });
      }),
    );
    expect(results.filter((one) => one.status === 'fulfilled')).toHaveLength(1);
    expect(results.filter((one) => one.status === 'rejected' && isConflict(one.reason))).toHaveLength(WRITERS - 1);
    expect(running.api.objects.resourceVersion()).toBe(before + 1);
  }, 60_000);

  it('each of 100 increments counts, though some had to try again; one event per stored write', async () => {
    const seen: string[] = [];
    const watch = new Watch(running.config());
    const aborted = await watch.watch(
      '/api/v1/namespaces/shop/configmaps',
      {},
      (type: string, { metadata, data }: { metadata: { name: string }; data: { count: string } }) =>
        seen.push(`${type} ${metadata.name} ${data.count}`),
      () => undefined,
    );
    await vi.waitFor(() => expect(seen).toHaveLength(COUNTERS), { timeout: 5000, interval: 10 });
    const conflicts = await Promise.all(
      Array.from({ length: WRITERS }, (_, index) => increment(`counter-${index % COUNTERS}`)),
    );
    const each = String(WRITERS / COUNTERS);
    const all = (await core.listNamespacedConfigMap({ namespace: 'shop' })).items;
    expect(all.map((one) => one.data?.['count'])).toEqual(Array.from({ length: COUNTERS }, () => each));
    expect(conflicts.reduce((sum, one) => sum + one, 0)).toBeGreaterThan(0);
    const wanted = Array.from({ length: WRITERS / COUNTERS }, (_, index) => `MODIFIED counter-3 ${index + 1}`);
    await vi.waitFor(
      () => expect(seen.filter((line) => line.includes('counter-3'))).toEqual(['ADDED counter-3 0', ...wanted]),
      { timeout: 10_000, interval: 20 },
    );
    expect(seen).toHaveLength(COUNTERS + WRITERS);
    aborted.abort();
  }, 60_000);

  it('100 patches of different keys all arrive, without any precondition', async () => {
    const header = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);
    await Promise.all(
      Array.from({ length: WRITERS }, (_, index) =>
        core.patchNamespacedConfigMap({ ...CONFIG, body: { data: { [`key-${index}`]: 'x' } } }, header),
      ),
    );
    expect(Object.keys((await core.readNamespacedConfigMap(CONFIG)).data ?? {})).toHaveLength(WRITERS + 1);
  }, 60_000);

  it('of 100 who delete the same Pod by its uid, one succeeds', async () => {
    running.api.objects.put(pod('shop', 'victim', ''));
    const target = { namespace: 'shop', name: 'victim' };
    const results = await Promise.allSettled(
      Array.from({ length: WRITERS }, () =>
        core.deleteNamespacedPod({ ...target, body: { preconditions: { uid: 'uid-victim' } } }),
      ),
    );
    expect(results.filter((one) => one.status === 'fulfilled')).toHaveLength(1);
  }, 60_000);
});

describe('client-node', () => {
  it('server-side apply, dry run and scale', async () => {
    const apps = running.config().makeApiClient(AppsV1Api);
    const web = { namespace: 'shop', name: 'web' };
    const body = { apiVersion: 'apps/v1', kind: 'Deployment', spec: { minReadySeconds: 5 } };
    const header = setHeaderOptions('Content-Type', PatchStrategy.ServerSideApply);
    const dry = await apps.patchNamespacedDeployment({ ...web, body, fieldManager: 'me', dryRun: 'All' }, header);
    expect(dry.spec?.minReadySeconds).toBe(5);
    expect((await apps.readNamespacedDeployment(web)).spec?.minReadySeconds).toBeUndefined();
    const real = await apps.patchNamespacedDeployment({ ...web, body, fieldManager: 'me' }, header);
    expect(real.metadata?.managedFields?.find((one) => one.manager === 'me')).toMatchObject({
      operation: 'Apply',
      fieldsV1: { 'f:spec': { 'f:minReadySeconds': {} } },
    });
    const scale = await apps.readNamespacedDeploymentScale(web);
    scale.spec = { replicas: 4 };
    await apps.replaceNamespacedDeploymentScale({ ...web, body: scale });
    expect((await apps.readNamespacedDeployment(web)).spec?.replicas).toBe(4);
  });
});
