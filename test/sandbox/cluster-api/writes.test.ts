/** Writes over HTTP: what is stored, and what is refused in which words. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KubeObject, WriteChange } from '../../../src/sandbox/cluster/api/server.ts';
import { kubeletCsr, smallCluster, workload } from './fixtures.ts';
import { call, type Failure, PATCH, type Running, start } from './support.ts';

const DS = '/apis/apps/v1/namespaces/shop/daemonsets/agent';
const WEB = '/apis/apps/v1/namespaces/shop/deployments/web';
const SERVICE = '/api/v1/namespaces/shop/services/web';
const MODIFIED = 'the object has been modified; please apply your changes to the latest version and try again';

let running: Running;
let changes: WriteChange[];

beforeEach(async () => {
  changes = [];
  running = await start({
    version: 'v1.33.1',
    objects: smallCluster([workload('DaemonSet', 'agent'), workload('Deployment', 'web'), kubeletCsr('csr-1')]),
    onWrite: (change) => changes.push(change),
  });
});
afterEach(async () => {
  await running.stop();
});

const ask = <T = KubeObject & Failure>(request: string, body?: unknown, options: Parameters<typeof call>[3] = {}) =>
  call<T>(running.api, request, body, options);
const version = () => running.api.objects.resourceVersion();

describe('create', () => {
  const config = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'new' }, data: { a: '1' } };
  const path = '/api/v1/namespaces/shop/configmaps';

  it('gives uid, time and version, stores, and tells the hook', async () => {
    const { status, body } = await ask(`POST ${path}`, config);
    expect(status).toBe(201);
    expect(body.metadata).toMatchObject({
      name: 'new',
      namespace: 'shop',
      uid: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(Math.abs(Date.now() - Date.parse(String(body.metadata.creationTimestamp)))).toBeLessThan(5000);
    expect(body.metadata.resourceVersion).toBe(String(version()));
    expect(changes).toMatchObject([{ type: 'ADDED', verb: 'create', user: 'root', resource: 'configmaps' }]);
    const again = await ask(`POST ${path}`, config);
    expect([again.status, again.body.message, again.body.reason]).toEqual([
      409,
      'configmaps "new" already exists',
      'AlreadyExists',
    ]);
  });

  it('a deleted and created object is another one', async () => {
    const first = await ask(`POST ${path}`, config);
    await ask(`DELETE ${path}/new`);
    const second = await ask(`POST ${path}`, config);
    expect(second.body.metadata.uid).not.toBe(first.body.metadata.uid);
  });

  it('makes a name from generateName, fills in defaults, and assigns an address and a node port', async () => {
    const named = await ask(`POST ${path}`, { ...config, metadata: { generateName: 'gen-' } });
    expect(named.body.metadata.name).toMatch(/^gen-[a-z0-9]{5}$/);
    const spec = { type: 'NodePort', selector: { app: 'x' }, ports: [{ port: 80 }] };
    const service = await ask('POST /api/v1/namespaces/shop/services', { metadata: { name: 'x' }, spec });
    expect(service.body['spec']).toMatchObject({
      clusterIP: expect.stringMatching(/^10\.96\.\d+\.\d+$/),
      externalTrafficPolicy: 'Cluster',
      sessionAffinity: 'None',
      ports: [{ port: 80, targetPort: 80, protocol: 'TCP', nodePort: expect.any(Number) }],
    });
  });

  it('a namespace must be there', async () => {
    const { status, body } = await ask('POST /api/v1/namespaces/gone/configmaps', config);
    expect([status, body.message]).toEqual([404, 'namespaces "gone" not found']);
  });

  it.each([
    ['another kind', { kind: 'Secret', metadata: { name: 'x' } }, 400, 'cannot be handled as a ConfigMap'],
    [
      'another version',
      { apiVersion: 'v2', metadata: { name: 'x' } },
      400,
      '(v2) does not match the expected API version (v1)',
    ],
    ['another namespace', { metadata: { name: 'x', namespace: 'default' } }, 400, 'does not match the namespace sent'],
    [
      'a resource version',
      { metadata: { name: 'x', resourceVersion: '5' } },
      400,
      'should not be set on objects to be created',
    ],
    ['no name', { metadata: {} }, 422, 'name or generateName is required'],
    ['a bad name', { metadata: { name: 'A_b' } }, 422, 'a lowercase RFC 1123 subdomain'],
    ['a bad label', { metadata: { name: 'x', labels: { a: 'b c' } } }, 422, 'metadata.labels: Invalid value: "b c"'],
    [
      'a label that is no text',
      { metadata: { name: 'x', labels: { a: 1 } } },
      400,
      'metadata.labels.a has the wrong type',
    ],
    ['text for a number', '{"metadata":', 400, 'not JSON'],
    ['a list', [], 400, 'not an object'],
  ])('refuses %s', async (_title, body, code, message) => {
    const before = version();
    const { status, body: failure } = await ask(`POST ${path}`, body);
    expect([status, failure.message]).toEqual([code, expect.stringContaining(message)]);
    expect(version()).toBe(before);
  });
});

describe('update', () => {
  const read = async (path = DS) => (await ask(`GET ${path}`)).body;

  it('409 for an older resource version, in the words of the real server', async () => {
    const stale = await read();
    await ask(`PATCH ${DS}`, { metadata: { labels: { x: '1' } } }, { type: PATCH.merge });
    const { status, body } = await ask(`PUT ${DS}`, stale);
    expect(status).toBe(409);
    expect(body).toMatchObject({
      reason: 'Conflict',
      message: `Operation cannot be fulfilled on daemonsets.apps "agent": ${MODIFIED}`,
      details: { name: 'agent', group: 'apps', kind: 'daemonsets' },
    });
  });

  it('409 for another uid', async () => {
    const now = await read();
    const { status, body } = await ask(`PUT ${DS}`, { ...now, metadata: { ...now.metadata, uid: 'other' } });
    expect([status, body.message]).toEqual([
      409,
      'Operation cannot be fulfilled on daemonsets.apps "agent": Precondition failed: UID in precondition: other, UID in object meta: uid-agent',
    ]);
  });

  it('a patch with an older resource version conflicts too; without one it does not', async () => {
    const { metadata } = await read();
    const patch = (resourceVersion?: string) =>
      ask(`PATCH ${DS}`, { metadata: { resourceVersion, labels: { n: String(version()) } } }, { type: PATCH.merge });
    expect((await patch(metadata.resourceVersion)).status).toBe(200);
    expect((await patch(metadata.resourceVersion)).body.message).toContain(MODIFIED);
    expect((await patch()).status).toBe(200);
  });

  it('the generation counts changes of the spec, not of labels or status', async () => {
    const labelled = await ask(`PATCH ${DS}`, { metadata: { labels: { x: '1' } } }, { type: PATCH.strategic });
    expect(labelled.body.metadata['generation']).toBe(1);
    const status = await ask(`PATCH ${DS}/status`, { status: { numberReady: 3 } }, { type: PATCH.merge });
    expect(status.body.metadata['generation']).toBe(1);
    const container = { name: 'main', image: 'example/main:2' };
    const patch = { spec: { template: { spec: { containers: [container] } } } };
    const changed = await ask(`PATCH ${DS}`, patch, { type: PATCH.strategic });
    expect(changed.body.metadata['generation']).toBe(2);
  });

  it('status changes only through status, and spec not through it', async () => {
    const now = await read();
    const both = { ...now, spec: { ...(now['spec'] as object), minReadySeconds: 5 }, status: { numberReady: 7 } };
    const updated = await ask(`PUT ${DS}`, both);
    expect(updated.body['status']).toEqual({ observedGeneration: 1 });
    expect(updated.body['spec']).toMatchObject({ minReadySeconds: 5 });
    const again = { ...both, metadata: updated.body.metadata, spec: {} };
    const status = await ask(`PUT ${DS}/status`, again);
    expect(status.body).toMatchObject({ status: { numberReady: 7 }, spec: { minReadySeconds: 5 } });
  });

  it('nothing is written where nothing changes', async () => {
    const before = version();
    const same = await ask(`PUT ${DS}`, await read());
    expect(same.status).toBe(200);
    expect(version()).toBe(before);
    expect(changes).toEqual([]);
  });

  it('what the server owns stays: uid, times, generation', async () => {
    const now = await read();
    const { resourceVersion: _version, uid: _uid, ...metadata } = now.metadata;
    const bold = { ...now, metadata: { ...metadata, creationTimestamp: '2001-01-01T00:00:00Z', generation: 99 } };
    const { body } = await ask(`PUT ${DS}`, { ...bold, spec: { ...(now['spec'] as object), minReadySeconds: 1 } });
    const { uid, creationTimestamp } = now.metadata;
    expect(body.metadata).toMatchObject({ uid, creationTimestamp, generation: 2 });
  });

  it('times come back as they were: the shift is undone on the way in', async () => {
    const stored = running.api.objects.get({
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      namespace: 'shop',
      name: 'agent',
    });
    const now = await read();
    await ask(`PUT ${DS}`, { ...now, metadata: { ...now.metadata, labels: { app: 'agent', y: '1' } } });
    const after = running.api.objects.get({
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      namespace: 'shop',
      name: 'agent',
    });
    expect(after?.metadata.creationTimestamp).toBe(stored?.metadata.creationTimestamp);
    expect(after?.metadata.labels).toEqual({ app: 'agent', y: '1' });
  });

  it('404 for an object, 415 for a kind of patch that it does not take', async () => {
    expect((await ask('PATCH /api/v1/nodes/gone', {}, { type: PATCH.merge })).body.message).toBe(
      'nodes "gone" not found',
    );
    const pool = await ask(
      'PATCH /apis/crd.projectcalico.org/v1/ippools/default-ipv4-ippool',
      {},
      { type: PATCH.strategic },
    );
    expect([pool.status, pool.body.reason]).toEqual([415, 'UnsupportedMediaType']);
    expect((await ask('PATCH /api/v1/nodes/alpha', {}, { type: 'text/plain' })).status).toBe(415);
  });

  it('a custom resource takes a merge patch, counts its generation, and needs a resource version in an update', async () => {
    const path = '/apis/crd.projectcalico.org/v1/ippools/default-ipv4-ippool';
    const patched = await ask(`PATCH ${path}`, { spec: { ipipMode: 'CrossSubnet' } }, { type: PATCH.merge });
    expect(patched.body).toMatchObject({
      spec: { ipipMode: 'CrossSubnet', cidr: '10.1.0.0/16' },
      metadata: { generation: 2 },
    });
    const { resourceVersion: _version, ...metadata } = patched.body.metadata;
    const blind = await ask(`PUT ${path}`, { ...patched.body, metadata });
    expect([blind.status, blind.body.message]).toEqual([
      422,
      expect.stringContaining('must be specified for an update'),
    ]);
  });
});

describe('validation', () => {
  it.each<[string, string, object, string, string]>([
    [
      'an immutable selector',
      DS,
      { spec: { selector: { matchLabels: { app: 'x' } } } },
      'spec.selector',
      'field is immutable',
    ],
    ['negative replicas', WEB, { spec: { replicas: -1 } }, 'spec.replicas', 'must be greater than or equal to 0'],
    [
      'labels that leave the selector',
      WEB,
      { spec: { template: { metadata: { labels: { app: 'y' } } } } },
      'spec.template.metadata.labels',
      'does not match template `labels`',
    ],
    [
      'a container without image',
      WEB,
      { spec: { template: { spec: { containers: [{ name: 'main', image: '' }] } } } },
      'spec.template.spec.containers[0].image',
      'Required value',
    ],
    [
      'an unknown volume',
      WEB,
      {
        spec: {
          template: { spec: { containers: [{ name: 'main', volumeMounts: [{ name: 'v', mountPath: '/v' }] }] } },
        },
      },
      'spec.template.spec.containers[0].volumeMounts[0].name',
      'Not found: "v"',
    ],
    [
      'no surge and none unavailable',
      WEB,
      { spec: { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } } },
      'spec.strategy.rollingUpdate.maxUnavailable',
      'may not be 0 when `maxSurge` is 0',
    ],
    [
      'an unknown update strategy',
      DS,
      { spec: { updateStrategy: { type: 'Fast' } } },
      'spec.updateStrategy.type',
      'supported values: "OnDelete", "RollingUpdate"',
    ],
    [
      'a container port of 0',
      DS,
      { spec: { template: { spec: { containers: [{ name: 'main', ports: [{ containerPort: 0 }] }] } } } },
      'spec.template.spec.containers[0].ports[0].containerPort',
      'must be between 1 and 65535, inclusive',
    ],
    [
      'an unknown externalTrafficPolicy',
      SERVICE,
      { spec: { externalTrafficPolicy: 'Near' } },
      'spec.externalTrafficPolicy',
      'Unsupported value: "Near": supported values: "Cluster", "Local"',
    ],
    [
      'a node port out of range',
      SERVICE,
      { spec: { ports: [{ port: 80, nodePort: 80 }] } },
      'spec.ports[0].nodePort',
      'The range of valid ports is 30000-32767',
    ],
    [
      'a target port of 70000',
      SERVICE,
      { spec: { ports: [{ port: 80, targetPort: 70_000 }] } },
      'spec.ports[0].targetPort',
      'must be between 1 and 65535',
    ],
    [
      'a target port name that is too long',
      SERVICE,
      { spec: { ports: [{ port: 80, targetPort: 'a-very-long-port-name' }] } },
      'spec.ports[0].targetPort',
      'no more than 15 characters',
    ],
    ['another cluster address', SERVICE, { spec: { clusterIP: '10.96.0.99' } }, 'spec.clusterIP', 'field is immutable'],
    [
      'a taint with an unknown effect',
      '/api/v1/nodes/alpha',
      { spec: { taints: [{ key: 'a', effect: 'Never' }] } },
      'spec.taints[0].effect',
      'Unsupported value: "Never"',
    ],
    [
      'a Pod that moves to another node',
      '/api/v1/namespaces/shop/pods/web-1',
      { spec: { nodeName: 'beta' } },
      'spec',
      'pod updates may not change fields other than',
    ],
    [
      'a request that asks for something else',
      '/apis/certificates.k8s.io/v1/certificatesigningrequests/csr-1',
      { spec: { username: 'root' } },
      'spec',
      'field is immutable',
    ],
  ])('422 for %s', async (_title, path, patch, field, message) => {
    const before = version();
    const { status, body } = await ask(`PATCH ${path}`, patch, { type: PATCH.strategic });
    expect([status, body.reason]).toEqual([422, 'Invalid']);
    expect(body.details.causes).toContainEqual(
      expect.objectContaining({ field, message: expect.stringContaining(message) }),
    );
    expect(body.message).toContain(`${field}: `);
    expect(version()).toBe(before);
  });

  it('a custom resource of the same kind has none of these rules, defaults or addresses', async () => {
    const service = {
      apiVersion: 'serving.example.com/v1',
      kind: 'Service',
      metadata: { namespace: 'shop', name: 'x' },
    };
    running.api.objects.put({ ...service, spec: { type: 'Whatever', ports: [{ port: 0 }] } });
    const path = '/apis/serving.example.com/v1/namespaces/shop/services/x';
    const { status, body } = await ask(`PATCH ${path}`, { spec: { replicas: -1 } }, { type: PATCH.merge });
    expect([status, body['spec']]).toEqual([200, { type: 'Whatever', ports: [{ port: 0 }], replicas: -1 }]);
  });

  it('an object that nests without end is refused, and the server goes on', async () => {
    const deep = `{"metadata":{"name":"x"},"data":${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
    const answer = await ask('POST /api/v1/namespaces/shop/configmaps', deep);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect((await ask(`GET ${DS}`)).status).toBe(200);
  });

  it('names the kind, the object and every cause', async () => {
    const patch = { spec: { type: 'NodePort', sessionAffinity: 'Maybe', ports: [{ port: 80, nodePort: 1 }] } };
    const { body } = await ask(`PATCH ${SERVICE}`, patch, { type: PATCH.strategic });
    expect(body.message).toBe(
      'Service "web" is invalid: [spec.ports[0].nodePort: Invalid value: 1: provided port is not in the valid range. The range of valid ports is 30000-32767, spec.sessionAffinity: Unsupported value: "Maybe": supported values: "ClientIP", "None"]',
    );
    expect(body.details).toMatchObject({ name: 'web', kind: 'Service' });
    expect(body.details.causes?.map((one) => one.reason)).toEqual(['FieldValueInvalid', 'FieldValueNotSupported']);
  });

  it('a node port that another Service has is taken', async () => {
    const spec = { type: 'NodePort', ports: [{ port: 80, nodePort: 30_080 }] };
    const { status, body } = await ask('POST /api/v1/namespaces/shop/services', { metadata: { name: 'second' }, spec });
    expect([status, body.message]).toEqual([
      422,
      'Service "second" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated',
    ]);
  });

  it('unknown fields: refused if strict, else dropped, with a warning by default', async () => {
    const patch = { spec: { template: { spec: { hostNetwrk: true } } } };
    const write = (query: string) => ask(`PATCH ${DS}?dryRun=All${query}`, patch, { type: PATCH.merge });
    const strict = await write('&fieldValidation=Strict');
    expect([strict.status, strict.body.message]).toEqual([
      422,
      expect.stringContaining('strict decoding error: unknown field "spec.template.spec.hostNetwrk"'),
    ]);
    const warned = await write('');
    expect(warned.headers['warning']).toBe(String.raw`299 - "unknown field \"spec.template.spec.hostNetwrk\""`);
    expect(JSON.stringify(warned.body)).not.toContain('hostNetwrk');
    expect((await write('&fieldValidation=Ignore')).headers['warning']).toBeUndefined();
    const wrong = await ask(`PATCH ${DS}`, { spec: { minReadySeconds: 'five' } }, { type: PATCH.merge });
    expect([wrong.status, wrong.body.message]).toEqual([
      422,
      expect.stringContaining('cannot unmarshal string into Go struct field spec.minReadySeconds of type int32'),
    ]);
  });
});
