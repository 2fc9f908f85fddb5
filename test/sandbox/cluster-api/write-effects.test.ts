/** Writes over HTTP: dry runs, deletes and evictions, scale, rights, admission. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AdmissionRequest, KubeObject, WriteChange } from '../../../src/sandbox/cluster/api/server.ts';
import { kubeletCsr, pod, smallCluster, workload } from './fixtures.ts';
import { ADMIN_TOKEN, call, type Failure, PATCH, type Running, send, start } from './support.ts';

const DS = '/apis/apps/v1/namespaces/shop/daemonsets/agent';
const WEB = '/apis/apps/v1/namespaces/shop/deployments/web';
const SERVICE = '/api/v1/namespaces/shop/services/web';
const MODIFIED = 'the object has been modified; please apply your changes to the latest version and try again';

let running: Running;
let changes: WriteChange[];
let asked: AdmissionRequest[];

beforeEach(async () => {
  changes = [];
  asked = [];
  running = await start({
    version: 'v1.33.1',
    objects: smallCluster([workload('DaemonSet', 'agent'), workload('Deployment', 'web'), kubeletCsr('csr-1')]),
    onWrite: (change) => changes.push(change),
    admission: (request) => {
      asked.push(request);
      const refused = request.object?.metadata.labels?.['refuse'] === 'me';
      return refused ? { status: 403, message: 'admission webhook "no.example" denied the request: no' } : undefined;
    },
  });
});
afterEach(async () => {
  await running.stop();
});

const ask = <T = KubeObject & Failure>(request: string, body?: unknown, options: Parameters<typeof call>[3] = {}) =>
  call<T>(running.api, request, body, options);
const version = () => running.api.objects.resourceVersion();

describe('a dry run', () => {
  it.each<[string, string, unknown, string]>([
    ['create', 'POST /api/v1/namespaces/shop/configmaps?dryRun=All', { metadata: { name: 'dry' } }, 'application/json'],
    ['strategic merge', `PATCH ${DS}?dryRun=All`, { spec: { minReadySeconds: 9 } }, PATCH.strategic],
    ['merge', `PATCH ${DS}?dryRun=All`, { spec: { minReadySeconds: 9 } }, PATCH.merge],
    ['JSON patch', `PATCH ${DS}?dryRun=All`, [{ op: 'add', path: '/spec/minReadySeconds', value: 9 }], PATCH.json],
    [
      'apply',
      `PATCH ${DS}?dryRun=All&fieldManager=me`,
      { apiVersion: 'apps/v1', kind: 'DaemonSet', spec: { minReadySeconds: 9 } },
      PATCH.apply,
    ],
    ['scale', `PATCH ${WEB}/scale?dryRun=All`, { spec: { replicas: 9 } }, PATCH.merge],
    ['delete', `DELETE ${DS}?dryRun=All`, undefined, 'application/json'],
    ['delete, in the body', `DELETE ${DS}`, { dryRun: ['All'] }, 'application/json'],
    [
      'evict',
      'POST /api/v1/namespaces/shop/pods/web-1/eviction',
      { deleteOptions: { dryRun: ['All'] } },
      'application/json',
    ],
  ])('of a %s stores nothing, asks admission, and is recorded as one', async (_title, request, body, type) => {
    const before = version();
    const answer = await ask(request, body, { type });
    expect(answer.status).toBeLessThan(300);
    expect(version()).toBe(before);
    expect(changes).toEqual([]);
    expect(asked).toMatchObject([{ dryRun: true }]);
    expect(running.api.requests.at(-1)?.dryRun).toBe(true);
  });

  it('gives the resulting object', async () => {
    const { body } = await ask(`PATCH ${DS}?dryRun=All`, { spec: { minReadySeconds: 9 } }, { type: PATCH.merge });
    expect(body).toMatchObject({ spec: { minReadySeconds: 9 }, metadata: { generation: 2 } });
    expect((await ask(`GET ${DS}`)).body['spec']).not.toHaveProperty('minReadySeconds');
  });

  it('400 for another value', async () => {
    const { status, body } = await ask(`PATCH ${DS}?dryRun=true`, {}, { type: PATCH.merge });
    expect([status, body.message]).toEqual([400, 'dryRun: Unsupported value: "true": supported values: "All"']);
  });
});

describe('delete', () => {
  const POD = '/api/v1/namespaces/shop/pods/web-1';

  it('a Pod on a node ends gracefully: it stays, marked, until its kubelet is done', async () => {
    const { body } = await ask(`DELETE ${POD}`, { gracePeriodSeconds: 5 });
    expect(body.metadata).toMatchObject({ deletionTimestamp: expect.any(String), deletionGracePeriodSeconds: 5 });
    expect(changes).toMatchObject([{ type: 'MODIFIED', verb: 'delete' }]);
    expect((await ask(`DELETE ${POD}`, { gracePeriodSeconds: 0 })).status).toBe(200);
    expect((await ask(`GET ${POD}`)).status).toBe(404);
  });

  it('uid and resource version are preconditions', async () => {
    const uid = await ask(`DELETE ${POD}`, { preconditions: { uid: 'other' } });
    expect([uid.status, uid.body.message]).toEqual([
      409,
      'Operation cannot be fulfilled on pods "web-1": Precondition failed: UID in precondition: other, UID in object meta: uid-web-1',
    ]);
    const old = await ask(`DELETE ${POD}`, { preconditions: { resourceVersion: '1' } });
    expect(old.body.message).toContain(
      'Precondition failed: ResourceVersion in precondition: 1, ResourceVersion in object meta: 1000',
    );
    expect((await ask(`DELETE ${POD}`, { gracePeriodSeconds: 0, preconditions: { uid: 'uid-web-1' } })).status).toBe(
      200,
    );
  });

  it('finalizers hold an object until the last one is taken away', async () => {
    await ask(`PATCH ${WEB}`, { metadata: { finalizers: ['example.com/hold'] } }, { type: PATCH.merge });
    const held = await ask(`DELETE ${WEB}`);
    expect(held.body.metadata).toMatchObject({ deletionTimestamp: expect.any(String), generation: 2 });
    const late = await ask(
      `PATCH ${WEB}`,
      { metadata: { finalizers: ['example.com/hold', 'x/y'] } },
      { type: PATCH.merge },
    );
    expect([late.status, late.body.message]).toEqual([422, expect.stringContaining('no new finalizers can be added')]);
    await ask(`PATCH ${WEB}`, { metadata: { finalizers: null } }, { type: PATCH.merge });
    expect((await ask(`GET ${WEB}`)).status).toBe(404);
    expect(changes.map((one) => one.type)).toEqual(['MODIFIED', 'MODIFIED', 'DELETED']);
  });

  it('foreground and orphan leave their finalizer, background does not wait', async () => {
    const foreground = await ask(`DELETE ${WEB}`, { propagationPolicy: 'Foreground' });
    expect(foreground.body.metadata['finalizers']).toEqual(['foregroundDeletion']);
    const orphan = await ask(`DELETE ${DS}`, { propagationPolicy: 'Orphan' });
    expect(orphan.body.metadata['finalizers']).toEqual(['orphan']);
    const gone = await ask(`DELETE ${SERVICE}`, { propagationPolicy: 'Background' });
    expect(gone.body).toMatchObject({
      status: 'Success',
      details: { name: 'web', kind: 'services', uid: 'uid-svc-web' },
    });
    expect((await ask(`DELETE ${WEB}`, { propagationPolicy: 'Slowly' })).status).toBe(422);
  });

  it('a namespace ends, and takes nothing new', async () => {
    const { body } = await ask('POST /api/v1/namespaces', { metadata: { name: 'brief' } });
    expect(body['status']).toEqual({ phase: 'Active' });
    await ask('DELETE /api/v1/namespaces/brief');
    const late = await ask('POST /api/v1/namespaces/brief/configmaps', { metadata: { name: 'x' } });
    expect([late.status, late.body.message]).toEqual([
      403,
      'configmaps is forbidden: unable to create new content in namespace brief because it is being terminated',
    ]);
  });

  it('a collection, as selected', async () => {
    await ask('DELETE /api/v1/namespaces/shop/pods?labelSelector=app%3Dweb&gracePeriodSeconds=0');
    const { body } = await ask<{ items: unknown[] }>('GET /api/v1/namespaces/shop/pods');
    expect(body.items).toEqual([]);
    expect(running.api.requests.find((one) => one.method === 'DELETE')?.verb).toBe('deletecollection');
  });

  it('an eviction spends a budget, and is refused without one', async () => {
    running.api.objects.put({
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { namespace: 'shop', name: 'web' },
      spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } } },
      status: { disruptionsAllowed: 1, desiredHealthy: 1, currentHealthy: 2 },
    });
    const evict = (name: string) => ask(`POST /api/v1/namespaces/shop/pods/${name}/eviction`, { metadata: { name } });
    expect((await evict('web-1')).status).toBe(201);
    const { status, body } = await evict('web-2');
    expect([status, body.message]).toEqual([429, "Cannot evict pod as it would violate the pod's disruption budget."]);
    expect(body.details.causes?.[0]?.message).toBe(
      'The disruption budget web needs 1 healthy pods and has 2 currently',
    );
  });
});

describe('scale', () => {
  it('reads and sets replicas, with the generation of the workload', async () => {
    const { body } = await ask(`GET ${WEB}/scale`);
    expect(body).toMatchObject({
      apiVersion: 'autoscaling/v1',
      kind: 'Scale',
      spec: { replicas: 2 },
      status: { selector: 'app=web' },
    });
    const scaled = await ask(`PUT ${WEB}/scale`, { ...body, spec: { replicas: 5 } });
    expect(scaled.body['spec']).toEqual({ replicas: 5 });
    expect((await ask(`GET ${WEB}`)).body).toMatchObject({ spec: { replicas: 5 }, metadata: { generation: 2 } });
    expect((await ask(`PUT ${WEB}/scale`, { ...body, spec: { replicas: 6 } })).body.message).toContain(MODIFIED);
    const negative = await ask(`PATCH ${WEB}/scale`, { spec: { replicas: -1 } }, { type: PATCH.merge });
    expect(negative.body.message).toBe(
      'Scale.autoscaling "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
    );
    expect((await ask(`GET ${DS}/scale`)).status).toBe(404);
  });
});

describe('rights and admission', () => {
  const limited = async (
    allow: { apiGroups: string[]; resources: string[]; verbs: string[]; resourceNames?: string[] }[],
  ) => {
    await running.stop();
    running = await start({
      version: 'v1.33.1',
      objects: smallCluster([
        workload('DaemonSet', 'agent'),
        workload('Deployment', 'web'),
        kubeletCsr('csr-1'),
        pod('shop', 'x', 'alpha'),
      ]),
      identities: {
        fixer: { user: 'fixer', groups: [], allow },
        [ADMIN_TOKEN]: { user: 'root', groups: ['system:masters'], allow: [] },
      },
    });
  };
  const as = (request: string, body?: unknown, type = 'application/json') =>
    ask(request, body, { type, token: 'fixer' });
  const APPROVAL = '/apis/certificates.k8s.io/v1/certificatesigningrequests/csr-1/approval';

  it.each<[string, string, unknown, string, string, string]>([
    ['PUT', `PUT ${DS}`, {}, 'application/json', 'update', 'daemonsets'],
    ['PATCH', `PATCH ${DS}`, {}, PATCH.merge, 'patch', 'daemonsets'],
    ['POST', '/apis/apps/v1/namespaces/shop/deployments', {}, 'application/json', 'create', 'deployments'],
    ['DELETE', `DELETE ${WEB}`, undefined, 'application/json', 'delete', 'deployments'],
    ['scale', `PATCH ${WEB}/scale`, {}, PATCH.merge, 'patch', 'deployments/scale'],
    ['status', `PATCH ${DS}/status`, {}, PATCH.merge, 'patch', 'daemonsets/status'],
    ['eviction', 'POST /api/v1/namespaces/shop/pods/x/eviction', {}, 'application/json', 'create', 'pods/eviction'],
    ['approval', `PUT ${APPROVAL}`, {}, 'application/json', 'update', 'certificatesigningrequests/approval'],
  ])('%s needs its own right, and that right is recorded', async (_title, request, body, type, verb, resource) => {
    await limited([{ apiGroups: ['*'], resources: ['*'], verbs: ['get', 'list'] }]);
    const line = request.startsWith('/') ? `POST ${request}` : request;
    const { status, body: failure } = await as(line, body, type);
    expect([status, failure.message]).toEqual([403, expect.stringContaining(`cannot ${verb} resource "${resource}"`)]);
    const record = running.api.requests.at(-1);
    expect(record).toMatchObject({ verb, resource, status: 403, user: 'fixer' });
    expect(record?.rights).toMatchObject([{ verb, resource, allowed: false }]);
  });

  it('the right to scale is not the right to the workload, nor the other way round', async () => {
    await limited([
      { apiGroups: ['apps'], resources: ['deployments/scale'], verbs: ['patch'], resourceNames: ['web'] },
    ]);
    expect((await as(`PATCH ${WEB}/scale`, { spec: { replicas: 1 } }, PATCH.merge)).status).toBe(200);
    expect((await as(`PATCH ${WEB}`, { spec: { replicas: 3 } }, PATCH.merge)).status).toBe(403);
  });

  it('an approval needs the right to approve for the signer too', async () => {
    const update = {
      apiGroups: ['certificates.k8s.io'],
      resources: ['certificatesigningrequests/approval'],
      verbs: ['update'],
    };
    const approved = {
      ...kubeletCsr('csr-1'),
      status: { conditions: [{ type: 'Approved', status: 'True', reason: 'x' }] },
    };
    await limited([update]);
    const refused = await as(`PUT ${APPROVAL}`, approved);
    expect([refused.status, refused.body.message]).toEqual([
      403,
      'certificatesigningrequests.certificates.k8s.io "csr-1" is forbidden: user not permitted to approve requests with signerName "kubernetes.io/kubelet-serving"',
    ]);
    const signers = { apiGroups: ['certificates.k8s.io'], resources: ['signers'], verbs: ['approve'] };
    await limited([update, { ...signers, resourceNames: ['kubernetes.io/kubelet-serving'] }]);
    const { status, body } = await as(`PUT ${APPROVAL}`, approved);
    expect([status, body['status']]).toEqual([200, approved.status]);
    expect(running.api.requests.at(-1)?.rights.map((right) => `${right.verb} ${right.resource}`)).toEqual([
      'update certificatesigningrequests/approval',
      'approve signers',
    ]);
    const both = { conditions: [...approved.status.conditions, { type: 'Denied', status: 'True' }] };
    expect((await as(`PUT ${APPROVAL}`, { ...approved, status: both })).body.message).toContain('mutually exclusive');
  });

  it('an apply that creates needs the right to create', async () => {
    await limited([{ apiGroups: [''], resources: ['configmaps'], verbs: ['patch'] }]);
    const config = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'new' } };
    const { status, body } = await as(
      'PATCH /api/v1/namespaces/shop/configmaps/new?fieldManager=me',
      config,
      PATCH.apply,
    );
    expect([status, body.message]).toEqual([403, expect.stringContaining('cannot create resource "configmaps"')]);
  });

  it('admission refuses in its own words, and sees old and new', async () => {
    const before = version();
    const { status, body } = await ask(
      `PATCH ${DS}`,
      { metadata: { labels: { refuse: 'me' } } },
      { type: PATCH.merge },
    );
    expect([status, body.reason, body.message]).toEqual([
      403,
      'Forbidden',
      'admission webhook "no.example" denied the request: no',
    ]);
    expect(version()).toBe(before);
    expect(asked).toMatchObject([
      { operation: 'UPDATE', resource: 'daemonsets', name: 'agent', user: 'root', dryRun: false },
    ]);
    expect(asked[0]?.oldObject?.metadata.labels).toEqual({ app: 'agent' });
  });

  it('a write whose answer is lost on the way is stored all the same; one that never arrived is not', async () => {
    running.api.faults.set({ verb: 'patch' }, { truncateBody: true, times: 1 });
    const patch = (label: string) => ask(`PATCH ${DS}`, { metadata: { labels: { label } } }, { type: PATCH.merge });
    await expect(patch('lost')).rejects.toThrow();
    running.api.faults.set({ verb: 'patch' }, { reset: true, times: 1 });
    await expect(patch('never')).rejects.toThrow();
    expect((await ask(`GET ${DS}`)).body.metadata.labels).toEqual({ app: 'agent', label: 'lost' });
    expect(changes).toHaveLength(1);
  });

  it('protobuf that cannot be decoded is a 415', async () => {
    const headers = { 'Content-Type': 'application/vnd.kubernetes.protobuf' };
    const answer = await send(running.api, WEB, { token: ADMIN_TOKEN, method: 'PUT', headers, body: 'k8s\0rubbish' });
    expect(answer.status).toBe(415);
  });
});
