/** Watches through the real client-node: changes, selections, bookmarks, 410, cut connections, and an informer that copes. */
import { CoreV1Api, makeInformer, type V1Pod, Watch } from '@kubernetes/client-node';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { pod } from './fixtures.ts';
import { type Running, start } from './support.ts';

const until = { timeout: 10_000, interval: 20 };
const PODS = '/api/v1/namespaces/shop/pods';

describe('watch', () => {
  let running: Running;
  let stops: (() => void)[] = [];

  beforeEach(async () => {
    running = await start();
  });
  afterEach(async () => {
    for (const stop of stops) stop();
    stops = [];
    await running.stop();
  });

  async function watch(path: string, query: Record<string, string | number | boolean>) {
    const events: string[] = [];
    const state = { done: false, error: undefined as unknown };
    const controller = await new Watch(running.config()).watch(
      path,
      query,
      (type: string, object: { metadata?: { name?: string }; code?: number }) =>
        events.push(`${type} ${object.metadata?.name ?? object.code ?? ''}`.trim()),
      (error: unknown) => Object.assign(state, { done: true, error }),
    );
    stops.push(() => controller.abort());
    return { events, state };
  }

  const now = () => String(running.api.objects.resourceVersion());

  it('sends what is there, then what changes', async () => {
    const { events } = await watch(PODS, {});
    await vi.waitFor(() => expect(events).toEqual(['ADDED web-1', 'ADDED web-2']), until);
    running.api.objects.put(pod('shop', 'web-3', 'alpha'));
    running.api.objects.put(pod('shop', 'web-3', 'beta'));
    running.api.objects.put(pod('default', 'elsewhere', 'alpha'));
    running.api.objects.delete({ apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: 'web-3' });
    await vi.waitFor(() => expect(events.slice(2)).toEqual(['ADDED web-3', 'MODIFIED web-3', 'DELETED web-3']), until);
  });

  it('starts after a resource version, replaying what was missed', async () => {
    const from = now();
    running.api.objects.put(pod('shop', 'web-3', 'alpha'));
    const { events } = await watch(PODS, { resourceVersion: from });
    await vi.waitFor(() => expect(events).toEqual(['ADDED web-3']), until);
  });

  it('shows an object that enters or leaves a selection as added or deleted', async () => {
    const { events } = await watch(PODS, { resourceVersion: now(), fieldSelector: 'spec.nodeName=beta' });
    running.api.objects.put(pod('shop', 'web-1', 'beta'));
    running.api.objects.put(pod('shop', 'web-1', 'alpha'));
    running.api.objects.put(pod('shop', 'web-1', 'alpha'));
    running.api.objects.put(pod('shop', 'web-2', 'beta'));
    await vi.waitFor(() => expect(events).toEqual(['ADDED web-1', 'DELETED web-1', 'MODIFIED web-2']), until);
  });

  it('ends after timeoutSeconds with a bookmark', async () => {
    const query = { resourceVersion: now(), allowWatchBookmarks: true, timeoutSeconds: 1 };
    const { events, state } = await watch(PODS, query);
    await vi.waitFor(() => expect(state.done).toBe(true), until);
    expect(events).toEqual(['BOOKMARK']);
  });

  it('answers a forgotten version with a 410 Status in the stream', async () => {
    const old = now();
    running.api.objects.put(pod('shop', 'web-3', 'alpha'));
    running.api.objects.compact();
    const { events, state } = await watch(PODS, { resourceVersion: old });
    await vi.waitFor(() => expect(state.done).toBe(true), until);
    expect(events).toEqual(['ERROR 410']);
    expect(running.api.requests.at(-1)?.status).toBe(200);
  });

  it('an informer survives a reset connection and a 410, and ends up with the truth', async () => {
    const core = running.config().makeApiClient(CoreV1Api);
    const informer = makeInformer<V1Pod>(running.config(), PODS, () => core.listNamespacedPod({ namespace: 'shop' }));
    const names = () =>
      informer
        .list('shop')
        .map((one) => one.metadata?.name)
        .toSorted((a, b) => String(a).localeCompare(String(b)));
    let failures = 0;
    let stopped = false;
    const restart = () => {
      if (stopped) return;
      failures += 1;
      setTimeout(() => void informer.start().catch(restart), 20);
    };
    informer.on('error', restart);
    await informer.start();
    stops.push(() => {
      stopped = true;
      void informer.stop();
    });
    await vi.waitFor(() => expect(names()).toEqual(['web-1', 'web-2']), until);

    running.api.faults.set({ path: /\/pods/ }, { reset: true, times: 2 });
    running.api.faults.set({ path: /\/pods/, verb: 'watch' }, { status: 410, times: 1 });
    running.api.objects.compact();
    running.api.dropConnections();
    running.api.objects.put(pod('shop', 'web-3', 'alpha'));
    running.api.objects.delete({ apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: 'web-1' });
    await vi.waitFor(() => expect(names()).toEqual(['web-2', 'web-3']), until);
    expect(failures).toBeGreaterThan(0);
  });
});
