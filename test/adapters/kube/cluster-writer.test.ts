import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type KubeWriter, warningsIn } from '../../../src/adapters/kube/cluster-writer.ts';
import { ClusterError } from '../../../src/core/errors.ts';
import type { ClusterWrite } from '../../../src/core/ports.ts';
import type { AdmissionRefusal, KubeObject } from '../../../src/sandbox/cluster/api/server.ts';
import { type Bench, startBench } from './support.ts';

const PATH = '/apis/apps/v1/namespaces/shop/deployments/web';
const template = {
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'web', image: 'nginx:1.27' }] },
};
const web = (): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop', uid: 'uid-web' },
  spec: { replicas: 2, selector: { matchLabels: { app: 'web' } }, template },
});

let bench: Bench;
let writer: KubeWriter;
let refusal: AdmissionRefusal | undefined;
const signal = AbortSignal.timeout(60_000);

beforeAll(async () => {
  const identities = {
    weak: {
      user: 'weak',
      groups: [],
      allow: [{ verbs: ['get', 'patch'], apiGroups: ['apps'], resources: ['deployments'], namespace: 'shop' }],
    },
  };
  bench = await startBench({ objects: [web()], identities, admission: () => refusal });
  writer = await bench.writer({ requestTimeoutMs: 1500 });
});
beforeEach(() => {
  bench.api.faults.clear();
  bench.api.requests.length = 0;
  refusal = undefined;
  bench.api.objects.put(web());
});
afterAll(() => bench.stop());

interface Web {
  metadata: { uid: string; resourceVersion: string; managedFields?: { manager: string }[] };
  spec: { replicas: number; template: typeof template };
}
const read = async (): Promise<Web> => (await writer.read({ path: PATH }, signal)) as Web;
const scale = (body: unknown = { spec: { replicas: 5 } }, more: Partial<ClusterWrite> = {}): Promise<unknown> =>
  writer.write({ method: 'PATCH', path: PATH, patch: 'strategic', body, ...more }, signal);
const failure = async (work: Promise<unknown>): Promise<ClusterError> => {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ClusterError)) throw new Error(`expected a ClusterError, not ${String(error)}`);
  return error;
};

describe('writes', () => {
  test.each([
    ['strategic', { spec: { template: { spec: { containers: [{ name: 'web', image: 'nginx:2' }] } } } }],
    ['merge', { spec: { template: { spec: { containers: [{ name: 'web', image: 'nginx:2' }] } } } }],
    ['json', [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'nginx:2' }]],
  ] as const)('a %s patch, as the field manager kubewhy', async (patch, body) => {
    await scale(body, { patch });
    const after = await read();
    expect(after.spec.template.spec.containers[0]).toMatchObject({ name: 'web', image: 'nginx:2' });
    expect(after.metadata.managedFields?.map((one) => one.manager)).toContain('kubewhy');
  });

  test('a dry run changes nothing and gives the object as it would be', async () => {
    const before = await read();
    expect(await scale(undefined, { body: { spec: { replicas: 9 } }, query: { dryRun: 'All' } })).toMatchObject({
      spec: { replicas: 9 },
    });
    expect(await read()).toEqual(before);
  });

  test('PUT replaces, DELETE with preconditions in its body removes', async () => {
    const live = await read();
    await writer.write({ method: 'PUT', path: PATH, body: { ...live, spec: { ...live.spec, replicas: 3 } } }, signal);
    const now = await read();
    expect(now.spec.replicas).toBe(3);
    const { uid, resourceVersion } = now.metadata;
    const gone = (preconditions: object) =>
      writer.write({ method: 'DELETE', path: PATH, body: { preconditions } }, signal);
    expect((await failure(gone({ uid, resourceVersion: '1' }))).code).toBe('conflict');
    expect((await failure(gone({ uid: 'other', resourceVersion }))).code).toBe('conflict');
    await gone({ uid, resourceVersion });
    expect((await failure(read())).code).toBe('not-found');
  });

  test('the server’s warnings are handed on', async () => {
    expect(warningsIn('299 - "policy \\"x\\" is deprecated", 299 - "second, with a comma"')).toEqual([
      'policy "x" is deprecated',
      'second, with a comma',
    ]);
    const warnings: string[] = [];
    const body = { spec: { replcas: 2 } };
    const query = { fieldValidation: 'Warn' };
    await writer.write({ method: 'PATCH', path: PATH, patch: 'merge', body, query }, signal, (one) =>
      warnings.push(one),
    );
    expect(warnings).toEqual([expect.stringContaining('replcas')]);
  });
});

describe('what is refused has a code and one sentence', () => {
  test('409 for an older resourceVersion', async () => {
    const { resourceVersion } = (await read()).metadata;
    await scale();
    const error = await failure(scale({ metadata: { resourceVersion }, spec: { replicas: 7 } }));
    expect(error).toMatchObject({ code: 'conflict', status: 409 });
    expect((await read()).spec.replicas).toBe(5);
  });

  test('422 with its causes', async () => {
    const error = await failure(scale({ spec: { replicas: -1 } }));
    expect(error).toMatchObject({ code: 'invalid', status: 422 });
    expect(error.message).toMatch(/spec\.replicas.*-1/);
  });

  test('an unknown field is refused where the server knows strict validation', async () => {
    const error = await failure(scale({ spec: { replcas: 3 } }));
    expect(error.code).toBe('invalid');
    expect(error.message).toContain('replcas');
  });

  test('403 without the right', async () => {
    const weak = await bench.writer({ identity: 'weak' });
    const error = await failure(weak.write({ method: 'DELETE', path: PATH }, signal));
    expect(error).toMatchObject({ code: 'forbidden', status: 403 });
    expect(error.message).toContain('cannot delete resource "deployments"');
  });

  test('an admission webhook: its words, its causes, no secrets', async () => {
    const causes = [{ field: 'spec.replicas', message: 'at most 3' }];
    refusal = { status: 403, message: 'admission webhook "quota" denied it: password=hunter22', details: { causes } };
    const error = await failure(scale());
    expect(error.message).toContain('admission webhook "quota" denied it');
    expect(error.message).toContain('spec.replicas: at most 3');
    expect(error.message).not.toContain('hunter22');
  });

  test('a name that would be another path is never sent', async () => {
    const error = await failure(writer.write({ method: 'DELETE', path: '/api/v1/namespaces/a/../../secrets' }, signal));
    expect(error.code).toBe('malformed');
    expect(bench.api.requests).toEqual([]);
  });
});

describe('a write is sent once, and what is not known is called that', () => {
  test.each([
    ['cut before an answer', { reset: true }, 2],
    ['cut in the middle of the answer', { truncateBody: true }, 5],
    ['no answer in time', { hang: true }, 2],
    ['an answer that is not JSON', { garbage: true }, 5],
    ['a server error', { status: 500 as const }, 2],
    ['a balancer without servers', { status: 503 as const }, 2],
  ])('%s', async (_name, effect, replicas) => {
    bench.api.faults.set({ verb: 'patch' }, effect);
    expect((await failure(scale())).code).toBe('unknown-outcome');
    expect(bench.api.requests.filter((one) => one.method === 'PATCH')).toHaveLength(1);
    bench.api.faults.clear();
    expect((await read()).spec.replicas).toBe(replicas);
  });

  test('429 is no unknown outcome: it was not carried out', async () => {
    bench.api.faults.set({ verb: 'patch' }, { status: 429 });
    expect((await failure(scale())).code).toBe('throttled');
    expect(bench.api.requests.filter((one) => one.method === 'PATCH')).toHaveLength(1);
  });

  test('nobody there: unreachable, and the next server is asked', async () => {
    const dead = 'https://127.0.0.1:1';
    const alone = await bench.writer({ servers: [dead] });
    expect((await failure(alone.write({ method: 'DELETE', path: PATH }, signal))).code).toBe('unreachable');
    const two = await bench.writer({ servers: [dead, bench.api.url] });
    await two.write({ method: 'PATCH', path: PATH, patch: 'merge', body: { spec: { replicas: 4 } } }, signal);
    expect((await read()).spec.replicas).toBe(4);
  });

  test('a kept connection that was closed meanwhile does not make a write unknown', async () => {
    await read();
    bench.api.dropConnections();
    await scale();
    expect((await read()).spec.replicas).toBe(5);
  });
});

describe('rights', () => {
  test.each([
    [{ verb: 'patch', group: 'apps', resource: 'deployments', namespace: 'shop' }, true],
    [{ verb: 'patch', group: 'apps', resource: 'deployments', namespace: 'other' }, false],
    [{ verb: 'patch', group: 'apps', resource: 'deployments/scale', namespace: 'shop' }, false],
    [{ verb: 'get', group: '', resource: 'nodes' }, false],
  ])('%j: %s', async (right, allowed) => {
    const weak = await bench.writer({ identity: 'weak' });
    expect((await weak.may(right, signal)).allowed).toBe(allowed);
  });
});
