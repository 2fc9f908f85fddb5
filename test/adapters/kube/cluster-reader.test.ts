/** The reader against a real HTTPS API server: answers, every kind of failure, retries, other servers, counting. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { ClusterReaderOptions } from '../../../src/adapters/kube/cluster-reader.ts';
import { ClusterError, type ClusterErrorCode } from '../../../src/core/errors.ts';
import type { ClusterRead } from '../../../src/core/ports.ts';
import type { FaultEffect } from '../../../src/sandbox/cluster/api/types.ts';
import { type Bench, startBench } from './support.ts';

const objects = Array.from({ length: 30 }, (_, i) => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: `ns-${i}`, labels: { long: 'x' }, annotations: { big: 'y'.repeat(10_000) } },
}));
const signal = new AbortController().signal;
const NAMESPACES: ClusterRead = { path: '/api/v1/namespaces' };
let bench: Bench;

beforeAll(async () => {
  bench = await startBench({ objects });
});
afterEach(() => bench.api.faults.clear());
afterAll(() => bench.stop());

async function failure(
  request: ClusterRead,
  options: ClusterReaderOptions & { identity?: string } = {},
): Promise<ClusterError> {
  const reader = await bench.reader({ requestTimeoutMs: 500, ...options });
  const error = await reader.read(request, signal).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ClusterError);
  return error as ClusterError;
}

test('reads JSON with query, text, and counts requests and compressed bytes', async () => {
  const reader = await bench.reader();
  expect(reader.clusterName).toBe('kubernetes-admin@kubernetes');
  const query = { limit: '7', labelSelector: 'long' };
  const page = (await reader.read({ ...NAMESPACES, query }, signal)) as {
    items: unknown[];
    metadata: { continue: string };
  };
  expect(page.items).toHaveLength(7);
  expect(page.metadata.continue).not.toBe('');
  expect(await reader.read({ path: '/readyz', query: { verbose: 'true' }, as: 'text' }, signal)).toContain(
    '[+]etcd ok',
  );
  const whole = JSON.stringify(await reader.read(NAMESPACES, signal));
  const { requests, bytes } = reader.stats();
  expect(requests).toBe(3);
  expect(bytes).toBeGreaterThan(100);
  // The API server compresses answers above 128 KiB.
  expect(bytes).toBeLessThan(whole.length / 2);
});

test('a status that is accepted is an answer', async () => {
  bench.api.checks.set('etcd', false);
  const reader = await bench.reader();
  const request: ClusterRead = { path: '/readyz', query: { verbose: 'true' }, as: 'text', accept: [500, 503] };
  expect(await reader.read(request, signal)).toContain('[-]etcd failed');
  bench.api.checks.set('etcd', true);
});

const FAULTS: [string, FaultEffect, ClusterErrorCode, RegExp][] = [
  ['403', { status: 403 }, 'forbidden', /may not read it.*\(403\)/],
  ['404', { status: 404 }, 'not-found', /404/],
  ['410', { status: 410 }, 'gone', /410/],
  ['429, again and again', { status: 429 }, 'throttled', /too many requests/],
  ['500', { status: 500 }, 'server-error', /etcdserver: request timed out/],
  ['503, again and again', { status: 503 }, 'server-error', /unable to handle/],
  ['no answer', { hang: true }, 'timeout', /did not answer \/api\/v1\/namespaces within 0.5 s/],
  ['connections that are cut', { reset: true }, 'unreachable', /cuts the connection/],
  ['half a list', { truncateBody: true }, 'malformed', /broke off/],
  ['no JSON', { garbage: true }, 'malformed', /not JSON/],
];

describe('failures', () => {
  test.each(FAULTS)('%s', async (_, effect, code, message) => {
    bench.api.faults.set({ path: /namespaces/ }, effect);
    const error = await failure(NAMESPACES);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });

  test('401: credentials that are not accepted', async () => {
    const config = bench.api.kubeconfig('nobody').replace(/"token": "[^"]+"/, '"token": "wrong"');
    const error = await failure(NAMESPACES, { kubeconfig: await bench.file('wrong', config) });
    expect([error.code, error.status]).toEqual(['unauthorised', 401]);
    expect(error.message).not.toContain('wrong');
  });

  test('rights that are missing are said by the API server', async () => {
    const error = await failure(NAMESPACES, { identity: 'nobody' });
    expect(error.message).toMatch(/forbidden: User "nobody" cannot list/);
  });

  test('a certificate of another authority', async () => {
    const other = await startBench();
    const ours = JSON.parse(bench.api.kubeconfig()) as { clusters: { cluster: { server: string } }[] };
    for (const { cluster } of ours.clusters) cluster.server = other.api.url;
    const error = await failure(NAMESPACES, { kubeconfig: await bench.file('foreign', JSON.stringify(ours)) });
    await other.stop();
    expect(error.code).toBe('unreachable');
    expect(error.message).toMatch(/did not sign/);
  });

  test('nobody there', async () => {
    const gone = await startBench();
    const config = gone.api.kubeconfig();
    await gone.stop();
    const error = await failure(NAMESPACES, { kubeconfig: await bench.file('gone', config) });
    expect(error.code).toBe('unreachable');
    expect(error.message).toMatch(/https:\/\/127.0.0.1:\d+ refuses the connection/);
  });

  test('a read that is stopped', async () => {
    bench.api.faults.set({}, { hang: true });
    const stop = new AbortController();
    const reader = await bench.reader();
    const running = reader.read(NAMESPACES, stop.signal);
    stop.abort();
    await expect(running).rejects.toMatchObject({ code: 'timeout' });
  });
});

test.each([429, 503] as const)('%s once: waited for and asked again', async (status) => {
  bench.api.faults.set({ path: /namespaces/ }, { status, times: 1 });
  const reader = await bench.reader();
  expect(await reader.read({ ...NAMESPACES, query: { limit: '1' } }, signal)).toMatchObject({ kind: 'NamespaceList' });
  expect(reader.stats().requests).toBe(2);
});

test('idle connections that were closed in between cost no read', async () => {
  const reader = await bench.reader();
  await reader.read(NAMESPACES, signal);
  bench.api.dropConnections();
  expect(await reader.read(NAMESPACES, signal)).toMatchObject({ kind: 'NamespaceList' });
});

test('a dead server first: the next one is asked, and asked first from then on', async () => {
  const gone = await startBench();
  const dead = gone.api.url;
  await gone.stop();
  const reader = await bench.reader({ servers: [dead, bench.api.url] });
  await reader.read(NAMESPACES, signal);
  await reader.read(NAMESPACES, signal);
  expect(reader.stats().requests).toBe(3);
});
