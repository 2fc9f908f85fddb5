/** Kubeconfigs, whole and broken: what is read from them, and the sentence for each mistake. */
import { chmod } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { delimiter, dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createClusterReader } from '../../../src/adapters/kube/cluster-reader.ts';
import { readKubeContext } from '../../../src/adapters/kube/kubeconfig.ts';
import { UserError } from '../../../src/core/errors.ts';
import { createAuthority } from '../../../src/sandbox/tls/certificates.ts';
import { type Bench, startBench } from './support.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.stop());

const signal = new AbortController().signal;

function config(cluster: string, user: string, context = 'there'): string {
  return `apiVersion: v1
kind: Config
current-context: ${context}
clusters:
- name: c
  cluster:
    server: ${cluster}
contexts:
- name: there
  context: {cluster: c, user: u}
users:
- name: u
  user: ${user}
`;
}

async function refused(content: string, context?: string): Promise<UserError> {
  const kubeconfig = await bench.file('broken', content);
  const error = await createClusterReader({ kubeconfig, ...(context === undefined ? {} : { context }) }).catch(
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(UserError);
  return error as UserError;
}

describe('mistakes', () => {
  test.each([
    ['not YAML', 'a: [1', 'kubeconfig-invalid', /is not YAML/],
    ['a text', 'hello', 'kubeconfig-invalid', /cannot be used/],
    ['empty', '', 'kubeconfig-invalid', /cannot be used/],
    [
      'no server',
      config('', '{}').replace('    server: \n', '    x: 1\n'),
      'kubeconfig-invalid',
      /clusters.0.cluster.server/,
    ],
    ['no URL', config('1.2.3.4:6443', '{}'), 'kubeconfig-invalid', /is not a URL/],
    ['no current context', config('https://127.0.0.1:1', '{}', '""'), 'kubeconfig-invalid', /--context: there/],
    ['another current context', config('https://127.0.0.1:1', '{}', 'thee'), 'context-unknown', /Did you mean there\?/],
    [
      'a cluster that is not in it',
      config('https://127.0.0.1:1', '{}').replace('name: c', 'name: d'),
      'kubeconfig-invalid',
      /cluster c/,
    ],
    [
      'a user that is not in it',
      config('https://127.0.0.1:1', '{}').replace('name: u', 'name: v'),
      'kubeconfig-invalid',
      /user u/,
    ],
    [
      'a file that is not there',
      config('https://127.0.0.1:1', '{client-key: nowhere.pem}'),
      'credentials-unreadable',
      /nowhere.pem/,
    ],
    [
      'no certificate',
      config('https://127.0.0.1:1', '{client-certificate-data: aGVsbG8=}'),
      'client-certificate-invalid',
      /not a certificate/,
    ],
    [
      'a plugin that is not there',
      config('https://127.0.0.1:1', '{exec: {apiVersion: client.authentication.k8s.io/v1, command: /nowhere/plugin}}'),
      'credentials-plugin-failed',
      /could not be fetched/,
    ],
  ])('%s', async (_, content, code, message) => {
    const error = await refused(content);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect(error.message.split('\n')).toHaveLength(1);
  });

  test('missing, and unreadable', async () => {
    await expect(createClusterReader({ kubeconfig: '/nowhere/config' })).rejects.toMatchObject({
      code: 'kubeconfig-missing',
    });
    const file = await bench.file('folder-as-file', 'x');
    await expect(createClusterReader({ kubeconfig: dirname(file) })).rejects.toMatchObject({
      code: 'kubeconfig-unreadable',
    });
  });

  test('a client certificate that has expired, with the day', async () => {
    const authority = await createAuthority('test');
    const { certPem, keyPem } = await authority.issue({ commonName: 'x', organizations: [], usage: 'client' });
    const data = (pem: string) => Buffer.from(pem).toString('base64');
    const user = `{client-certificate-data: ${data(certPem)}, client-key-data: ${data(keyPem)}}`;
    const kubeconfig = await bench.file('expired', config('https://127.0.0.1:1', user));
    const now = () => Date.parse('2226-01-01');
    await expect(createClusterReader({ kubeconfig, now })).rejects.toMatchObject({
      code: 'client-certificate-expired',
      message: expect.stringMatching(/expired on 2\d{3}-\d\d-\d\d/),
    });
    await expect(createClusterReader({ kubeconfig })).resolves.toBeDefined();
  });
});

test('several files: the first that names something wins, those that are not there are left out, paths count from their file', async () => {
  const one = await bench.file('one', config('https://192.0.2.1:6443', '{tokenFile: token}'));
  const two = await bench.file('two', config('https://192.0.2.2:6443', '{}'));
  const context = await readKubeContext(['/nowhere', one, two].join(delimiter), undefined);
  expect(context.cluster.server).toBe('https://192.0.2.1:6443');
  expect(context.user.tokenFile).toBe(`${dirname(one)}/token`);
});

describe('credentials of every form are accepted by the API server', () => {
  async function whoReads(user: unknown): Promise<string | undefined> {
    const parsed = JSON.parse(bench.api.kubeconfig()) as { users: { user: unknown }[] };
    for (const entry of parsed.users) entry.user = user;
    const reader = await bench.reader({ kubeconfig: await bench.file('form', JSON.stringify(parsed)) });
    await reader.read({ path: '/version' }, signal);
    return bench.api.requests.at(-1)?.user;
  }
  const token = () => /"token": "([^"]+)"/.exec(bench.api.kubeconfig('nobody'))?.[1] ?? '';

  test('a token', async () => {
    expect(await whoReads({ token: token() })).toBe('nobody');
  });

  test('a token in a file', async () => {
    expect(await whoReads({ tokenFile: await bench.file('token', `${token()}\n`) })).toBe('nobody');
  });

  test('a client certificate', async () => {
    const own = JSON.parse(bench.api.kubeconfig()) as { users: { user: Record<string, string> }[] };
    expect(await whoReads(own.users[0]?.user)).toBe('kubernetes-admin');
  });

  test('through a proxy', async () => {
    const asked: string[] = [];
    const proxy = createServer().on('connect', (request, socket: Socket) => {
      asked.push(request.url ?? '');
      const [host, port] = (request.url ?? '').split(':');
      const upstream = connect(Number(port), host, () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
      upstream.pipe(socket).pipe(upstream);
      for (const end of [upstream, socket]) end.on('error', () => undefined);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const parsed = JSON.parse(bench.api.kubeconfig('nobody')) as { clusters: { cluster: Record<string, string> }[] };
    for (const { cluster } of parsed.clusters)
      cluster['proxy-url'] = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const reader = await bench.reader({ kubeconfig: await bench.file('proxied', JSON.stringify(parsed)) });
    expect(await reader.read({ path: '/version' }, signal)).toMatchObject({ gitVersion: 'v1.29.3' });
    reader.close();
    proxy.close();
    expect(asked).toEqual([new URL(bench.api.url).host]);
  });

  test('a plugin', async () => {
    const credential = {
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      status: { token: token() },
    };
    const plugin = await bench.file('plugin', `#!/bin/sh\necho '${JSON.stringify(credential)}'\n`);
    await chmod(plugin, 0o700);
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: plugin, interactiveMode: 'Never' };
    expect(await whoReads({ exec })).toBe('nobody');
  });
});
