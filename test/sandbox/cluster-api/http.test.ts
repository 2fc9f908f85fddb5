/** The protocol itself: discovery by version, media types, compression, health, credentials, limits. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ago, pod, RECORDED_AT, smallCluster } from './fixtures.ts';
import { ADMIN_TOKEN, type Running, SHOP_TOKEN, send, start } from './support.ts';

const admin = { token: ADMIN_TOKEN };

interface Table {
  kind: string;
  columnDefinitions: { name: string; priority: number }[];
  rows: { cells: unknown[]; object: { kind: string; metadata: { name: string }; spec?: unknown } | null }[];
}

async function json<T>(running: Running, path: string, headers: Record<string, string> = {}): Promise<T> {
  const answer = await send(running.api, path, { ...admin, headers });
  expect(answer.headers['content-type']).toContain('application/json');
  return JSON.parse(answer.text) as T;
}

describe('discovery follows the version', () => {
  const groupsAt = async (version: string, extra: Parameters<typeof smallCluster>[0] = []) => {
    const running = await start({ version, objects: smallCluster(extra) });
    const list = await json<{ groups: { name: string; versions: { version: string }[] }[] }>(running, '/apis');
    await running.stop();
    return new Map(list.groups.map((group) => [group.name, group.versions.map((one) => one.version)]));
  };

  it('v1.18 has the beta of discovery and policy, and no v1 of them', async () => {
    const groups = await groupsAt('v1.18.2');
    expect(groups.get('discovery.k8s.io')).toEqual(['v1beta1']);
    expect(groups.get('policy')).toEqual(['v1beta1']);
    expect(groups.get('events.k8s.io')).toEqual(['v1beta1']);
    expect(groups.get('networking.k8s.io')).toEqual(['v1', 'v1beta1']);
    expect(groups.get('extensions')).toEqual(['v1beta1']);
    expect(groups.get('crd.projectcalico.org')).toEqual(['v1']);
  });

  it('v1.22 serves both, v1 preferred', async () => {
    const groups = await groupsAt('v1.22.17');
    expect(groups.get('discovery.k8s.io')).toEqual(['v1', 'v1beta1']);
    expect(groups.has('extensions')).toBe(false);
  });

  it('v1.36 has only the stable ones, and ServiceCIDR', async () => {
    const groups = await groupsAt('v1.36.0');
    expect(groups.get('discovery.k8s.io')).toEqual(['v1']);
    expect(groups.get('policy')).toEqual(['v1']);
    const running = await start({ version: 'v1.36.0' });
    const list = await json<{ resources: { name: string }[] }>(running, '/apis/networking.k8s.io/v1');
    expect(list.resources.map((one) => one.name)).toContain('servicecidrs');
    const old = await start();
    expect((await send(old.api, '/apis/networking.k8s.io/v1/servicecidrs', admin)).status).toBe(404);
    expect((await send(old.api, '/apis/discovery.k8s.io/v1/endpointslices', admin)).status).toBe(404);
    expect((await send(old.api, '/apis/discovery.k8s.io/v1beta1/endpointslices', admin)).status).toBe(200);
    await Promise.all([running.stop(), old.stop()]);
  });

  it('a CRD brings its names, scope, short names and columns', async () => {
    const groups = await groupsAt('v1.30.0', [WIDGETS, WIDGET]);
    expect(groups.get('example.com')).toEqual(['v1', 'v1beta1']);
    const running = await start({ version: 'v1.30.0', objects: [WIDGETS, WIDGET] });
    const list = await json<{ resources: object[] }>(running, '/apis/example.com/v1');
    expect(list.resources[0]).toMatchObject({ name: 'widgets', namespaced: true, shortNames: ['wg'], kind: 'Widget' });
    const table = await json<Table>(running, '/apis/example.com/v1/widgets', { Accept: TABLE });
    expect(table.columnDefinitions.map((one) => one.name)).toEqual(['Name', 'Size', 'Ready', 'Age']);
    expect(table.rows[0]?.cells).toEqual(['one', 3, 'True', '5m']);
    await running.stop();
  });
});

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';

const WIDGETS = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.example.com', creationTimestamp: ago(0) },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { kind: 'Widget', plural: 'widgets', singular: 'widget', shortNames: ['wg'] },
    versions: [
      {
        name: 'v1',
        served: true,
        additionalPrinterColumns: [
          { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
          { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
          { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
        ],
      },
      { name: 'v1beta1', served: true },
      { name: 'v1alpha1', served: false },
    ],
  },
};

const WIDGET = {
  apiVersion: 'example.com/v1',
  kind: 'Widget',
  metadata: { namespace: 'shop', name: 'one', creationTimestamp: ago(5 * 60_000) },
  spec: { size: 3 },
  status: { conditions: [{ type: 'Ready', status: 'True' }] },
};

describe('answers', () => {
  let running: Running;

  beforeAll(async () => {
    const big = Array.from({ length: 400 }, (_, i) => pod('bulk', `bulk-${i}`, 'alpha'));
    running = await start({ version: 'v1.30.0', objects: [...smallCluster(), ...big], readyz: { etcd: true } });
  });
  afterAll(async () => {
    await running.stop();
  });

  it('a table carries metadata, the whole object, or nothing', async () => {
    const path = '/api/v1/namespaces/shop/pods';
    const table = await json<Table>(running, path, { Accept: TABLE });
    expect(table.columnDefinitions.filter((one) => one.priority === 0).map((one) => one.name)).toEqual([
      'Name',
      'Ready',
      'Status',
      'Restarts',
      'Age',
    ]);
    expect(table.rows[0]?.object).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: 'web-1' } });
    expect(table.rows[0]?.object?.spec).toBeUndefined();
    const whole = await json<Table>(running, `${path}?includeObject=Object`, { Accept: TABLE });
    expect(whole.rows[0]?.object).toMatchObject({ kind: 'Pod', spec: { nodeName: 'alpha' } });
    const none = await json<Table>(running, `${path}?includeObject=None`, { Accept: TABLE });
    expect(none.rows[0]?.object).toBeNull();
  });

  it('only metadata, where that is asked for', async () => {
    const Accept = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io';
    const list = await json<{ kind: string; items: object[] }>(running, '/api/v1/namespaces/shop/pods', { Accept });
    expect(list.kind).toBe('PartialObjectMetadataList');
    expect(list.items[0]).toEqual({
      kind: 'PartialObjectMetadata',
      apiVersion: 'meta.k8s.io/v1',
      metadata: expect.objectContaining({ name: 'web-1' }),
    });
  });

  it('items of a built-in list have no kind of their own', async () => {
    const list = await json<{ kind: string; items: Record<string, unknown>[] }>(running, '/api/v1/nodes');
    expect(list.kind).toBe('NodeList');
    expect(list.items[0]).not.toHaveProperty('kind');
  });

  it('406 where nothing acceptable is named', async () => {
    const answer = await send(running.api, '/api/v1/nodes', { ...admin, headers: { Accept: 'application/yaml' } });
    expect(answer.status).toBe(406);
  });

  it('compresses what is large, where the client can read it', async () => {
    const headers = { 'Accept-Encoding': 'gzip' };
    const packed = await send(running.api, '/api/v1/pods', { ...admin, headers });
    const plain = await send(running.api, '/api/v1/pods', admin);
    expect(packed.headers['content-encoding']).toBe('gzip');
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(packed.text).toBe(plain.text);
    expect(packed.wireBytes).toBeLessThan(plain.wireBytes / 4);
    const small = await send(running.api, '/api/v1/nodes', { ...admin, headers });
    expect(small.headers['content-encoding']).toBeUndefined();
    expect(running.api.requests.filter((r) => r.path === '/api/v1/pods').map((r) => r.bytes)).toEqual([
      packed.wireBytes,
      plain.wireBytes,
    ]);
  });

  it('401 for an unknown token; without any, the public paths only', async () => {
    const wrong = await send(running.api, '/api/v1/nodes', { token: 'nobody' });
    expect(wrong.status).toBe(401);
    expect(JSON.parse(wrong.text)).toMatchObject({ reason: 'Unauthorized', message: 'Unauthorized' });
    expect((await send(running.api, '/version')).status).toBe(200);
    const anonymous = await send(running.api, '/api');
    expect(JSON.parse(anonymous.text)).toMatchObject({
      code: 403,
      message: 'forbidden: User "system:anonymous" cannot get path "/api"',
    });
    const metrics = await send(running.api, '/metrics', { token: SHOP_TOKEN });
    expect(metrics.text).toContain('User \\"shopper\\" cannot get path \\"/metrics\\"');
  });

  it('a client certificate is its subject while it is valid, and a 401 afterwards', async () => {
    const { authority } = running.api;
    const valid = await authority.issue({ commonName: 'shopper', usage: 'client' });
    expect((await send(running.api, '/api/v1/namespaces/shop/pods', { cert: valid })).status).toBe(200);
    const stranger = await authority.issue({ commonName: 'stranger', usage: 'client' });
    expect((await send(running.api, '/api/v1/nodes', { cert: stranger })).text).toContain('User \\"stranger\\"');
    const span = { notBefore: new Date('2020-01-01'), notAfter: new Date('2020-02-01') };
    const expired = await authority.issue({ commonName: 'shopper', usage: 'client', ...span });
    expect((await send(running.api, '/api/v1/namespaces/shop/pods', { cert: expired })).status).toBe(401);
  });

  it('acts for another user where the sender may impersonate', async () => {
    const as = (user: string, token: string) =>
      send(running.api, '/api/v1/nodes', { token, headers: { 'Impersonate-User': user } });
    expect((await as('shopper', ADMIN_TOKEN)).text).toContain('User \\"shopper\\" cannot list resource');
    expect((await as('root', SHOP_TOKEN)).text).toContain(
      'users \\"root\\" is forbidden: User \\"shopper\\" cannot impersonate resource \\"users\\"',
    );
    const headers = { 'Impersonate-User': 'bob', 'Impersonate-Group': 'system:masters' };
    expect((await send(running.api, '/api/v1/nodes', { ...admin, headers })).status).toBe(200);
  });

  it('a watch as tables sends the columns once', async () => {
    const path = '/api/v1/namespaces/shop/pods?watch=1&timeoutSeconds=1';
    const { text } = await send(running.api, path, { ...admin, headers: { Accept: TABLE } });
    const events = text.trim().split('\n');
    const tables = events.map((line) => (JSON.parse(line) as { object: Table }).object);
    expect(tables.map((table) => table.rows[0]?.cells[0])).toEqual(['web-1', 'web-2']);
    expect(tables.map((table) => table.columnDefinitions.length)).toEqual([9, 0]);
  });

  it('404s: an unknown resource of a known group, an unknown group, an unknown page', async () => {
    const unknown = await send(running.api, '/api/v1/widgets', admin);
    expect(JSON.parse(unknown.text)).toMatchObject({ message: 'the server could not find the requested resource' });
    for (const path of ['/apis/nope.example/v1/widgets', '/apis/nope.example/v1', '/nope', '/openapi/v1']) {
      const answer = await send(running.api, path, admin);
      expect([path, answer.status, answer.text]).toEqual([path, 404, '404 page not found\n']);
    }
  });

  it('survives a target that cannot be read, and a body that is too long', async () => {
    expect((await send(running.api, '/api/v1/%zz', admin)).status).toBe(400);
    const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
    const review = (body: string, type = 'application/json') =>
      send(running.api, path, { ...admin, method: 'POST', headers: { 'Content-Type': type }, body });
    expect((await review('{"spec":')).status).toBe(400);
    expect((await review('{}')).status).toBe(400);
    expect((await review('k8s\0garbage', 'application/vnd.kubernetes.protobuf')).status).toBe(415);
    expect((await review(`"${'x'.repeat(3 * 1024 * 1024)}"`)).status).toBe(413);
  });

  it('names the failing check in readyz, and only there what livez does not have', async () => {
    expect((await send(running.api, '/readyz')).text).toBe('ok');
    expect((await send(running.api, '/livez?verbose')).text).toMatch(/^\[\+\]ping ok\n[\s\S]*\nlivez check passed\n$/);
    running.api.checks.set('etcd', false);
    const failed = await send(running.api, '/readyz');
    expect(failed.status).toBe(500);
    expect(failed.text).toContain('[+]ping ok\n[+]log ok\n[-]etcd failed: reason withheld\n');
    expect(failed.text).toMatch(/readyz check failed\n$/);
    expect((await send(running.api, '/readyz?exclude=etcd')).text).toBe('ok');
    expect((await send(running.api, '/readyz/ping', admin)).text).toBe('ok');
    expect((await send(running.api, '/readyz/etcd', admin)).status).toBe(500);
    expect((await send(running.api, '/livez/shutdown', admin)).status).toBe(404);
    running.api.checks.set('etcd', true);
  });

  it('can be unready and slow from the start', async () => {
    const slow = await start({ readyz: { etcd: false, 'poststarthook/custom': false }, readyzLatencyMs: 250 });
    const started = performance.now();
    const { text, status } = await send(slow.api, '/readyz');
    expect(performance.now() - started).toBeGreaterThanOrEqual(240);
    expect(status).toBe(500);
    expect(text.match(/^\[-\].*$/gm)).toEqual([
      '[-]etcd failed: reason withheld',
      '[-]poststarthook/custom failed: reason withheld',
    ]);
    await slow.stop();
  });

  it('events are the same in both of their APIs', async () => {
    const list = await json<{ items: object[] }>(
      running,
      '/apis/events.k8s.io/v1/namespaces/shop/events?fieldSelector=regarding.name=web-2',
    );
    expect(list.items[0]).toMatchObject({
      note: 'Node is not ready',
      regarding: { name: 'web-2' },
      deprecatedCount: 1,
    });
    expect(list.items[0]).not.toHaveProperty('involvedObject');
  });

  it('a resource version from the future is a time-out, as from the real watch cache', async () => {
    const answer = await send(running.api, '/api/v1/nodes?resourceVersion=999999999', admin);
    expect(answer.status).toBe(504);
    expect(answer.text).toContain('Too large resource version: 999999999');
  });

  it('shifts by a constant, however often it is asked', async () => {
    const read = () => json<{ metadata: { creationTimestamp: string } }>(running, '/api/v1/nodes/alpha');
    const [first, second] = [await read(), await read()];
    expect(first).toEqual(second);
    const recordedAge = RECORDED_AT - Date.parse(ago(28 * 86_400_000 + 3_600_000));
    const age = Date.now() - Date.parse(first.metadata.creationTimestamp);
    expect(Math.abs(age - recordedAge)).toBeLessThan(60_000);
  });
});
