/** Questions about claims and volumes, and what the words of Pods and controllers ask for next. */
import { describe, expect, test } from 'vitest';
import { collectEvidence } from '../../src/collect/collect.ts';
import { UserError } from '../../src/core/errors.ts';
import type { EvidenceBundle } from '../../src/core/evidence.ts';
import { EvidenceBundle as Schema } from '../../src/core/evidence.ts';
import { refText } from '../../src/core/object-ref.ts';
import { parseQuestion } from '../../src/core/parse-question.ts';
import { ago, clock, pod, smallCluster } from '../support/cluster-objects.ts';
import { MemoryAgents } from '../support/memory-agents.ts';
import { MemoryCluster, type Obj } from '../support/memory-cluster.ts';

const claim = (name: string, spec: object, status: object, namespace = 'shop'): Obj => ({
  kind: 'PersistentVolumeClaim',
  metadata: { name, namespace },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '10Gi' } }, ...spec },
  status,
});
const volume = (name: string, spec: object, status: object): Obj => ({
  kind: 'PersistentVolume',
  metadata: { name },
  spec: { capacity: { storage: '5Gi' }, accessModes: ['ReadWriteOnce'], ...spec },
  status,
});
const nfs = { nfs: { server: '192.0.2.77', path: '/exports/a' }, claimRef: { namespace: 'shop', name: 'bound' } };
const CLASS: Obj = {
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name: 'fast', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
  provisioner: 'csi.example.com',
  parameters: { 'csi.storage.k8s.io/provisioner-secret-name': 'do-not-keep' },
  volumeBindingMode: 'WaitForFirstConsumer',
};

function waits(name: string, on: string | undefined, ...claims: readonly string[]): Obj {
  const made = pod('shop', name, { app: 'db' }, on, false);
  const volumes = claims.map((claimName) => ({ name: claimName, persistentVolumeClaim: { claimName } }));
  Object.assign(made['spec'] as object, {
    volumes: [...volumes, { name: 'tmp', ephemeral: {} }, { name: 'e', emptyDir: {} }],
  });
  Object.assign(made['status'] as object, { phase: 'Pending' });
  return made;
}

function said(reason: string, message: string, about: { kind: string; namespace: string; name: string }): Obj {
  return {
    kind: 'Event',
    metadata: { name: `${about.name}.${reason}`, namespace: about.namespace },
    type: 'Warning',
    reason,
    message,
    count: 3,
    lastTimestamp: ago(10),
    involvedObject: about,
  };
}

const storage = (): MemoryCluster =>
  new MemoryCluster([
    ...smallCluster(),
    CLASS,
    claim('open', { storageClassName: 'slow' }, { phase: 'Pending' }),
    claim('bound', { volumeName: 'pv-1', storageClassName: '' }, { phase: 'Bound', capacity: { storage: '5Gi' } }),
    claim('bound', {}, { phase: 'Bound' }, 'other'),
    volume('pv-1', nfs, { phase: 'Bound' }),
    volume('pv-2', { csi: { driver: 'csi.example.com', volumeHandle: 'x' } }, { phase: 'Failed', message: 'no' }),
    waits('db-0', undefined, 'open'),
    waits('db-1', 'n2', 'bound'),
    said('ProvisioningFailed', 'storageclass.storage.k8s.io "slow" not found', {
      kind: 'PersistentVolumeClaim',
      namespace: 'shop',
      name: 'open',
    }),
  ]);

async function collected(text: string, cluster: MemoryCluster): Promise<EvidenceBundle> {
  const ports = { cluster, agents: new MemoryAgents({}), clock };
  const bundle = await collectEvidence(parseQuestion([text]), ports, { id: 'dx-1' });
  Schema.parse(JSON.parse(JSON.stringify(bundle)));
  return bundle;
}

const STORAGE = /^(persistent|storage|resource|limit|service-account)/;
const keys = (bundle: EvidenceBundle, kinds: RegExp) =>
  bundle.items
    .filter((entry) => kinds.test(entry.kind))
    .map((entry) => `${entry.kind} ${refText(entry.object)}${entry.status === 'collected' ? '' : ' unavailable'}`);
const valueOf = (bundle: EvidenceBundle, kind: string, name: string): unknown => {
  const item = bundle.items.find((entry) => entry.kind === kind && entry.object.name === name);
  return item?.status === 'collected' ? item.value : item?.reason;
};

describe('claims and volumes', () => {
  test('a claim that waits: its events, the classes, the volumes, the Pods that mount it', async () => {
    const bundle = await collected('diagnose pvc shop/open', storage());
    expect(keys(bundle, /^(persistent|storage|events|pods)/)).toEqual([
      'events PersistentVolumeClaim/shop/open',
      'events Pod/shop/db-0',
      'persistent-volume-claim PersistentVolumeClaim/shop/open',
      'persistent-volumes Cluster/cluster',
      'pods PersistentVolumeClaim/shop/open',
      'storage-classes Cluster/cluster',
    ]);
    expect(valueOf(bundle, 'persistent-volume-claim', 'open')).toEqual({
      namespace: 'shop',
      name: 'open',
      phase: 'Pending',
      storageClass: 'slow',
      accessModes: ['ReadWriteOnce'],
      request: '10Gi',
      conditions: [],
    });
    expect(valueOf(bundle, 'storage-classes', 'cluster')).toEqual([
      { name: 'fast', provisioner: 'csi.example.com', bindingMode: 'WaitForFirstConsumer', isDefault: true },
    ]);
    expect(JSON.stringify(bundle)).not.toContain('do-not-keep');
    expect(valueOf(bundle, 'pods', 'open')).toMatchObject({
      total: 1,
      pods: [{ name: 'db-0', claims: ['open', 'db-0-tmp'] }],
    });
  });

  test('a claim that is bound: its volume, found without its namespace where that is plain', async () => {
    const bundle = await collected('diagnose pvc shop/bound', storage());
    expect(keys(bundle, STORAGE)).toEqual([
      'persistent-volume PersistentVolume/pv-1',
      'persistent-volume-claim PersistentVolumeClaim/shop/bound',
    ]);
    expect(valueOf(bundle, 'persistent-volume', 'pv-1')).toMatchObject({
      source: 'nfs',
      detail: '192.0.2.77:/exports/a',
    });
    expect((await collected('diagnose pvc open', storage())).question.target.namespace).toBe('shop');
  });

  test('a volume: itself, its claim, the classes', async () => {
    const bundle = await collected('diagnose pv pv-1', storage());
    expect(keys(bundle, /^(persistent|storage|events)/)).toEqual([
      'events PersistentVolume/pv-1',
      'persistent-volume PersistentVolume/pv-1',
      'persistent-volume-claim PersistentVolumeClaim/shop/bound',
      'storage-classes Cluster/cluster',
    ]);
    expect(valueOf(await collected('diagnose pv pv-2', storage()), 'persistent-volume', 'pv-2')).toMatchObject({
      phase: 'Failed',
      message: 'no',
      detail: 'csi.example.com',
    });
  });

  test('a Pod that waits for its claim: the claim and what it could be bound to', async () => {
    expect(keys(await collected('diagnose pod shop/db-0', storage()), STORAGE)).toEqual([
      'persistent-volume-claim PersistentVolumeClaim/shop/open',
      'persistent-volumes Cluster/cluster',
      'storage-classes Cluster/cluster',
    ]);
    const reads = storage();
    await collected('diagnose pod shop/db-1', reads);
    expect(reads.reads.filter(({ path }) => /storageclasses|persistentvolumes$/.test(path))).toEqual([]);
  });

  test.each([
    ['diagnose pvc shop/opne', 'shop/open'],
    ['diagnose pvc bound', 'other/bound, shop/bound'],
    ['diagnose pv pv-9', 'pv-1, pv-2'],
  ])('%s: did you mean %s', async (text, candidates) => {
    const error = await collected(text, storage()).catch((thrown: unknown) => thrown);
    expect((error as UserError).data['candidates']).toBe(candidates);
    expect(error).toBeInstanceOf(UserError);
  });

  test.each([
    ['forbidden', 403],
    ['server-error', 429],
  ] as const)('%s %d: said, not read as health', async (code, status) => {
    const cluster = storage().fail(/storageclasses|persistentvolumes$/, code, status);
    expect(keys(await collected('diagnose pvc shop/open', cluster), STORAGE)).toEqual([
      'persistent-volume-claim PersistentVolumeClaim/shop/open',
      'persistent-volumes Cluster/cluster unavailable',
      'storage-classes Cluster/cluster unavailable',
    ]);
  });

  test('a claim that is gone is no item: it is not there', async () => {
    const cluster = new MemoryCluster([...smallCluster(), waits('db-0', undefined, 'never-made')]);
    expect(keys(await collected('diagnose pod shop/db-0', cluster), /^persistent-volume-claim/)).toEqual([]);
  });
});

describe('refusals', () => {
  const template = { spec: { containers: [] }, metadata: {} };
  const set: Obj = {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'db', namespace: 'shop', generation: 1 },
    spec: { replicas: 1, selector: { matchLabels: { app: 'none' } }, template },
    status: { observedGeneration: 1, replicas: 0 },
  };
  const DB = { kind: 'StatefulSet', namespace: 'shop', name: 'db' };
  const quota: Obj = {
    kind: 'ResourceQuota',
    metadata: { name: 'q', namespace: 'shop' },
    spec: { hard: { pods: '1' } },
    status: { hard: { pods: '1' }, used: { pods: '1' } },
  };
  const limits: Obj = {
    kind: 'LimitRange',
    metadata: { name: 'l', namespace: 'shop' },
    spec: { limits: [{ type: 'Container', max: { cpu: '1' } }] },
  };
  const refused = (message: string, ...more: readonly Obj[]): MemoryCluster =>
    new MemoryCluster([...smallCluster(), set, quota, limits, ...more, said('FailedCreate', message, DB)]);
  const KINDS = /^(resource|limit|service-account|endpoints)/;
  const HOOK =
    'failed calling webhook "a.b": failed to call webhook: Post "https://hook.sec.svc:443/x?timeout=10s": EOF';

  test.each([
    ['exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1', ['resource-quotas Namespace/shop']],
    ['failed quota: q: must specify limits.cpu', ['resource-quotas Namespace/shop']],
    ['maximum cpu usage per Container is 1, but limit is 2', ['limit-ranges Namespace/shop']],
    [
      'error looking up service account shop/robot: serviceaccount "robot" not found',
      ['service-account ServiceAccount/shop/robot'],
    ],
    [HOOK, ['endpoints Service/sec/hook']],
    ['violates PodSecurity "restricted:latest": runAsNonRoot != true', []],
  ])('%s', async (message, wanted) => {
    expect(keys(await collected('diagnose sts shop/db', refused(message)), KINDS)).toEqual(wanted);
  });

  test('what is read', async () => {
    const bundle = await collected(
      'diagnose sts shop/db',
      refused('exceeded quota: q; maximum cpu usage per Container'),
    );
    expect(valueOf(bundle, 'resource-quotas', 'shop')).toEqual([
      { name: 'q', hard: { pods: '1' }, used: { pods: '1' } },
    ]);
    expect(valueOf(bundle, 'limit-ranges', 'shop')).toEqual([
      { name: 'l', limits: [{ type: 'Container', max: { cpu: '1' } }] },
    ]);
    const lost = await collected('diagnose sts shop/db', refused('service account shop/robot: not found'));
    expect(valueOf(lost, 'service-account', 'robot')).toEqual({ exists: false });
  });

  test.each([
    ['forbidden', 403],
    ['server-error', 429],
  ] as const)('%s %d: said', async (code, status) => {
    const cluster = refused('exceeded quota: q').fail(/resourcequotas/, code, status);
    expect(keys(await collected('diagnose sts shop/db', cluster), KINDS)).toEqual([
      'resource-quotas Namespace/shop unavailable',
    ]);
  });

  test('nothing of it without a refusal', async () => {
    const cluster = new MemoryCluster([...smallCluster(), set, quota, limits]);
    const bundle = await collected('diagnose sts shop/db', cluster);
    expect(keys(bundle, KINDS)).toEqual([]);
    // Nobody made the Pod and nobody says why: who should have is looked at.
    expect(keys(bundle, /^(leader-leases|pods)/)).toContain('leader-leases Cluster/cluster');
  });
});
