/** A hostile API server, and names that are paths: bombs, lists without end, redirects, other requests than were meant. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, expect, test } from 'vitest';
import { createClusterReader } from '../../src/adapters/kube/cluster-reader.ts';
import { listAll } from '../../src/collect/lists.ts';
import { parseBoundedJson } from '../../src/core/bounded-json.ts';
import { ClusterError } from '../../src/core/errors.ts';
import type { ClusterRead } from '../../src/core/ports.ts';

const folder = mkdtempSync(join(tmpdir(), 'kubewhy-api-'));
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const { signal } = new AbortController();

async function reader(answer: RequestListener, asked: string[] = []) {
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    answer(request, response);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const cluster = { server: `http://127.0.0.1:${port}/base` };
  const contexts = [{ name: 'x', context: { cluster: 'c' } }];
  writeFileSync(
    join(folder, 'config'),
    JSON.stringify({ clusters: [{ name: 'c', cluster }], users: [], contexts, 'current-context': 'x' }),
  );
  return await createClusterReader({ kubeconfig: join(folder, 'config'), requestTimeoutMs: 10_000 });
}

async function code(request: ClusterRead, answer: RequestListener, asked: string[] = []): Promise<string> {
  const open = await reader(answer, asked);
  const error: unknown = await open.read(request, signal).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  open.close();
  return error instanceof ClusterError ? error.code : String(error);
}
const PODS = { path: '/api/v1/pods' };

test.each([
  ['/api/v1/namespaces/../secrets', 'a parent'],
  ['/api/v1/namespaces/a/pods/../../../../secrets', 'many parents'],
  ['/api/v1/namespaces/%2e%2e/secrets', 'a parent in disguise'],
  ['/api/v1/namespaces/a/pods?watch=true', 'a query'],
  ['/api/v1/namespaces/a#/pods', 'a fragment'],
  ['/api/v1/namespaces/a\\..\\..\\secrets', 'backslashes'],
  ['/api/v1/namespaces/a\n/pods', 'a line break'],
])('%j is never asked for: %s', async (path) => {
  const asked: string[] = [];
  expect(await code({ path }, (_, response) => response.end('{}'), asked)).toBe('malformed');
  expect(asked).toEqual([]);
});

test.each([
  ['a gzip bomb', 'too-large', () => gzipSync(Buffer.alloc(300 * 1024 * 1024))],
  ['brackets without end', 'too-large', () => gzipSync('['.repeat(30_000_000))],
  ['twenty million lists', 'too-large', () => gzipSync(`[${'[],'.repeat(20_000_000)}[]]`)],
  ['no gzip', 'malformed', () => Buffer.from('hello')],
] as const)('an answer that is %s: %s', async (_, expected, make) => {
  const body = make();
  const got = await code(PODS, (__, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(body));
  expect(got).toBe(expected);
});

test('a redirect is followed nowhere', async () => {
  const asked: string[] = [];
  const got = await code(
    PODS,
    (_, response) => response.writeHead(302, { location: 'http://169.254.169.254/latest' }).end(),
    asked,
  );
  expect([got, asked]).toEqual(['server-error', ['/base/api/v1/pods']]);
});

test('HTML with status 200 is no answer', async () => {
  expect(await code(PODS, (_, response) => response.end('<html>'))).toBe('malformed');
});

test.each([
  ['the same continue for ever', () => 'again'],
  ['a new continue for ever', (i: number) => `page-${i}`],
])('a list with %s ends', async (_, next) => {
  let i = 0;
  const cluster = {
    clusterName: 'x',
    read: () => Promise.resolve({ metadata: { continue: next((i += 1)), remainingItemCount: -5 }, items: [] }),
  };
  await expect(listAll(cluster, { path: '/x', parse: (item) => item }, signal)).rejects.toThrow('has no end');
  expect(i).toBeLessThan(2000);
});

test('keys that every object has change no other object', () => {
  const value = parseBoundedJson('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}');
  expect(value).toBeTypeOf('object');
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});

test('large JSON of the usual form is read, brackets in its texts do not count', () => {
  const item = { text: '[[[{{{"\\', other: ['\\\\', '"'] };
  const list = Array.from({ length: 20_000 }, () => item);
  expect(parseBoundedJson(JSON.stringify({ list }))).toEqual({ list });
  expect(() => parseBoundedJson(`"${'a'.repeat(300_000)}`)).toThrow(SyntaxError);
});
