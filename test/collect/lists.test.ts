/** Lists: page by page, from the cache where etcd fails, once more where a page expired, and never half a list. */
import { describe, expect, test } from 'vitest';
import { listAll } from '../../src/collect/lists.ts';
import { ClusterError, type ClusterErrorCode } from '../../src/core/errors.ts';
import type { ClusterRead, ClusterReader } from '../../src/core/ports.ts';

const { signal } = new AbortController();
const parse = (raw: unknown) => (raw as { n: number }).n;

/** Serves 0…9 in pages; `failing` says which reads fail, counted from 0. */
function server(failing: (index: number, request: ClusterRead) => ClusterErrorCode | undefined = () => undefined) {
  const reads: ClusterRead[] = [];
  const cluster: ClusterReader = {
    clusterName: 'x',
    read: (request) => {
      const code = failing(reads.push(request) - 1, request);
      if (code !== undefined) return Promise.reject(new ClusterError(code, code));
      const start = Number(request.query?.['continue'] ?? 0);
      const end = Math.min(10, start + Number(request.query?.['limit']));
      const items = Array.from({ length: end - start }, (_, i) => ({ n: start + i }));
      const metadata = end < 10 ? { continue: String(end), remainingItemCount: 10 - end } : { continue: '' };
      return Promise.resolve({ metadata, items });
    },
  };
  return { cluster, reads };
}

const spec = { path: '/api/v1/nodes', parse, pageSize: 4 };
const all = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

test('all pages, in order', async () => {
  const { cluster, reads } = server();
  expect(await listAll(cluster, spec, signal)).toEqual({ total: 10, items: all });
  expect(reads).toHaveLength(3);
});

test('with a bound, the rest is counted and not read', async () => {
  const { cluster, reads } = server();
  expect(await listAll(cluster, { ...spec, max: 4 }, signal)).toEqual({ total: 10, items: [0, 1, 2, 3] });
  expect(reads).toHaveLength(1);
});

test('a page that expired: the list is read again from its beginning, once', async () => {
  const { cluster, reads } = server((index) => (index === 1 ? 'gone' : undefined));
  expect((await listAll(cluster, spec, signal)).items).toEqual(all);
  expect(reads.map((read) => read.query?.['continue'])).toEqual([undefined, '4', undefined, '4', '8']);
  await expect(
    listAll(server((index) => (index % 2 === 1 ? 'gone' : undefined)).cluster, spec, signal),
  ).rejects.toThrow('gone');
});

describe('where etcd does not answer', () => {
  test.each(['server-error', 'timeout'] as const)(
    '%s: the API server is asked for what it has in memory',
    async (code) => {
      const { cluster, reads } = server((_, { query = {} }) =>
        (query['resourceVersion'] ?? query['continue']) ? undefined : code,
      );
      expect((await listAll(cluster, spec, signal)).items).toEqual(all);
      expect(reads[1]?.query).toEqual({ limit: '4', resourceVersion: '0' });
      // A continue token and a resourceVersion together are refused by the API server.
      expect(reads.filter(({ query = {} }) => 'continue' in query && 'resourceVersion' in query)).toEqual([]);
    },
  );

  test('if that fails too, the first reason counts', async () => {
    const { cluster } = server((index) => (index === 0 ? 'timeout' : 'server-error'));
    await expect(listAll(cluster, spec, signal)).rejects.toMatchObject({ code: 'timeout' });
  });

  test.each(['forbidden', 'not-found', 'throttled', 'malformed'] as const)('%s is not asked again', async (code) => {
    const { cluster, reads } = server(() => code);
    await expect(listAll(cluster, spec, signal)).rejects.toMatchObject({ code });
    expect(reads).toHaveLength(1);
  });
});
