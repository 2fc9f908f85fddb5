/** Who owns which field: after updates, after server-side applies, in conflicts, and when fields are given up. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { smallCluster, workload } from './fixtures.ts';
import { call, PATCH, type Running, start } from './support.ts';

const WEB = '/apis/apps/v1/namespaces/shop/deployments/web';
const CONFIG = '/api/v1/namespaces/shop/configmaps/c';

interface Entry {
  manager: string;
  operation: string;
  apiVersion: string;
  time: string;
  fieldsV1: object;
  subresource?: string;
}

let running: Running;

beforeEach(async () => {
  running = await start({ version: 'v1.33.1', objects: smallCluster([workload('Deployment', 'web')]) });
});
afterEach(async () => {
  await running.stop();
});

const managersOf = async (path: string) => {
  const { body } = await call(running.api, `GET ${path}`);
  return (body.metadata['managedFields'] ?? []) as Entry[];
};
const brief = (entries: Entry[]) =>
  Object.fromEntries(
    entries.map((one) => [
      `${one.manager}/${one.operation}${one.subresource ? `/${one.subresource}` : ''}`,
      one.fieldsV1,
    ]),
  );

describe('updates', () => {
  const patch = (manager: string, body: object) =>
    call(running.api, `PATCH ${WEB}?fieldManager=${manager}`, body, { type: PATCH.strategic });

  it('what changed belongs to who changed it, last writer first', async () => {
    await patch('ann', { spec: { replicas: 3 }, metadata: { labels: { x: '1' } } });
    expect(brief(await managersOf(WEB))).toEqual({
      'ann/Update': { 'f:metadata': { 'f:labels': { 'f:x': {} } }, 'f:spec': { 'f:replicas': {} } },
    });
    await patch('bob', { spec: { replicas: 4 } });
    expect(brief(await managersOf(WEB))).toEqual({
      'ann/Update': { 'f:metadata': { 'f:labels': { 'f:x': {} } } },
      'bob/Update': { 'f:spec': { 'f:replicas': {} } },
    });
    await patch('bob', { metadata: { labels: { x: null } } });
    expect(Object.keys(brief(await managersOf(WEB)))).toEqual(['bob/Update']);
  });

  it('items of keyed lists are named by their keys', async () => {
    const env = [{ name: 'NEW', value: '1' }];
    await patch('ann', { spec: { template: { spec: { containers: [{ name: 'main', env }] } } } });
    const containers = {
      'k:{"name":"main"}': { 'f:env': { 'k:{"name":"NEW"}': { '.': {}, 'f:name': {}, 'f:value': {} } } },
    };
    expect(brief(await managersOf(WEB))['ann/Update']).toEqual({
      'f:spec': { 'f:template': { 'f:spec': { 'f:containers': containers } } },
    });
  });

  it('without a name the client’s program counts; a subresource is told apart; times are now', async () => {
    await call(
      running.api,
      `PATCH ${WEB}`,
      { spec: { replicas: 3 } },
      { type: PATCH.merge, userAgent: 'kubewhy/0.1 (linux)' },
    );
    await call(running.api, `PATCH ${WEB}/scale?fieldManager=hpa`, { spec: { replicas: 5 } }, { type: PATCH.merge });
    const entries = await managersOf(WEB);
    expect(brief(entries)).toEqual({ 'hpa/Update/scale': { 'f:spec': { 'f:replicas': {} } } });
    expect(Math.abs(Date.now() - Date.parse(entries[0]?.time ?? ''))).toBeLessThan(5000);
    await call(
      running.api,
      `PATCH ${WEB}`,
      { spec: { replicas: 6 } },
      { type: PATCH.merge, userAgent: 'kubewhy/0.1 (linux)' },
    );
    expect(brief(await managersOf(WEB))).toEqual({ 'kubewhy/Update': { 'f:spec': { 'f:replicas': {} } } });
  });

  it('a dry run changes nobody’s fields; an empty list takes them all away', async () => {
    await patch('ann', { spec: { replicas: 3 } });
    await call(
      running.api,
      `PATCH ${WEB}?fieldManager=bob&dryRun=All`,
      { spec: { replicas: 4 } },
      { type: PATCH.merge },
    );
    expect(Object.keys(brief(await managersOf(WEB)))).toEqual(['ann/Update']);
    await call(running.api, `PATCH ${WEB}`, { metadata: { managedFields: [{}] } }, { type: PATCH.merge });
    expect(await managersOf(WEB)).toEqual([]);
  });
});

describe('server-side apply', () => {
  const configMap = (data: Record<string, string>) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'c' },
    data,
  });
  const apply = (manager: string, body: unknown, query = '', path = CONFIG) =>
    call(running.api, `PATCH ${path}?fieldManager=${manager}${query}`, body, { type: PATCH.apply });

  it('creates with 201, then changes with 200; the same again writes nothing', async () => {
    expect((await apply('ann', configMap({ a: '1' }))).status).toBe(201);
    expect((await apply('ann', configMap({ a: '2' }))).status).toBe(200);
    const before = running.api.objects.resourceVersion();
    expect((await apply('ann', configMap({ a: '2' }))).body['data']).toEqual({ a: '2' });
    expect(running.api.objects.resourceVersion()).toBe(before);
    expect(brief(await managersOf(CONFIG))).toEqual({ 'ann/Apply': { 'f:data': { 'f:a': {} } } });
  });

  it('takes YAML', async () => {
    const yaml = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\ndata:\n  a: "1" # one\n';
    const { status, body } = await apply('ann', yaml);
    expect([status, body['data']]).toEqual([201, { a: '1' }]);
    expect((await apply('ann', 'a: [')).status).toBe(400);
    const bomb = await apply('ann', `${yaml}x: &a [1, 1]\ny: [*a, *a]\n`);
    expect([bomb.status, bomb.body.message]).toEqual([400, expect.stringContaining('anchors and aliases')]);
  });

  it('another value of another’s field is a conflict, with one cause per field', async () => {
    await apply('ann', configMap({ a: '1', b: '1', c: '1' }));
    const one = await apply('bob', configMap({ a: '2' }));
    expect([one.status, one.body.reason, one.body.message]).toEqual([
      409,
      'Conflict',
      'Apply failed with 1 conflict: conflict with "ann": .data.a',
    ]);
    const two = await apply('bob', configMap({ a: '2', b: '2', c: '1' }));
    expect(two.body.message).toBe('Apply failed with 2 conflicts: conflicts with "ann":\n- .data.a\n- .data.b');
    expect(two.body.details.causes).toEqual([
      { reason: 'FieldManagerConflict', message: 'conflict with "ann"', field: '.data.a' },
      { reason: 'FieldManagerConflict', message: 'conflict with "ann"', field: '.data.b' },
    ]);
  });

  it('force takes the field over; the same value is shared', async () => {
    await apply('ann', configMap({ a: '1', b: '1' }));
    await apply('bob', configMap({ b: '1' }));
    await apply('bob', configMap({ a: '2', b: '1' }), '&force=true');
    expect(brief(await managersOf(CONFIG))).toEqual({
      'ann/Apply': { 'f:data': { 'f:b': {} } },
      'bob/Apply': { 'f:data': { 'f:a': {}, 'f:b': {} } },
    });
  });

  it('a field that is left out goes, unless somebody else has it', async () => {
    await apply('ann', configMap({ a: '1', b: '1' }));
    await apply('bob', configMap({ b: '1' }));
    const { body } = await apply('ann', configMap({}));
    expect(body['data']).toEqual({ b: '1' });
    expect((await apply('bob', configMap({}))).body).not.toHaveProperty('data');
  });

  it('an edit by hand conflicts with the next apply, which names the editor and his API version', async () => {
    await apply('ann', configMap({ a: '1' }));
    await call(running.api, `PATCH ${CONFIG}?fieldManager=kubectl-edit`, { data: { a: '9' } }, { type: PATCH.merge });
    const { body } = await apply('ann', configMap({ a: '1' }));
    expect(body.message).toBe('Apply failed with 1 conflict: conflict with "kubectl-edit" using v1: .data.a');
  });

  it('containers and variables merge by name, and go when they are given up', async () => {
    const config = (...env: string[]) => ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      spec: { template: { spec: { containers: [{ name: 'main', env: env.map((name) => ({ name, value: '1' })) }] } } },
    });
    await apply('ann', config('X', 'Y'), '', WEB);
    const { body } = await apply('ann', config('Y'), '', WEB);
    const [container] = (body['spec'] as { template: { spec: { containers: { image: string; env: object[] }[] } } })
      .template.spec.containers;
    expect(container).toMatchObject({ image: 'example/main:1' });
    expect(container?.env).toEqual([
      { name: 'MODE', value: 'a' },
      { name: 'Y', value: '1' },
    ]);
    const conflict = await apply('bob', { ...config(), spec: { replicas: 9 } }, '', WEB);
    expect(conflict.body.message).toBe(
      'Apply failed with 1 conflict: conflict with "before-first-apply" using apps/v1: .spec.replicas',
    );
  });

  it.each<[string, string, unknown, number, string]>([
    ['no field manager', '', configMap({}), 422, 'fieldManager: Required value: is required for apply patch'],
    ['no kind', '?fieldManager=a', { metadata: { name: 'c' } }, 400, 'apiVersion and kind must be set'],
    [
      'managed fields',
      '?fieldManager=a',
      { ...configMap({}), metadata: { managedFields: [] } },
      400,
      'metadata.managedFields must be nil',
    ],
  ])('refuses %s', async (_title, query, body, code, message) => {
    const answer = await call(running.api, `PATCH ${CONFIG}${query}`, body, { type: PATCH.apply });
    expect([answer.status, answer.body.message]).toEqual([code, expect.stringContaining(message)]);
  });

  it('force is for applies only', async () => {
    const { status, body } = await call(running.api, `PATCH ${WEB}?force=true`, {}, { type: PATCH.merge });
    expect([status, body.message]).toEqual([422, expect.stringContaining('may not be specified for non-apply patch')]);
  });

  it('status is applied through status, and ignored elsewhere', async () => {
    const body = { apiVersion: 'apps/v1', kind: 'Deployment', status: { readyReplicas: 2 } };
    expect((await apply('ann', body, '', WEB)).body['status']).toEqual({ observedGeneration: 1 });
    expect((await apply('ann', body, '', `${WEB}/status`)).body['status']).toEqual({
      observedGeneration: 1,
      readyReplicas: 2,
    });
  });
});
