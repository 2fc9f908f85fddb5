/** Questions about workloads, nodes and namespaces: what is found, what is read around it, and what could have been meant. */
import { describe, expect, test } from 'vitest';
import { collectEvidence } from '../../src/collect/collect.ts';
import { UserError } from '../../src/core/errors.ts';
import type { EvidenceBundle } from '../../src/core/evidence.ts';
import { refText } from '../../src/core/object-ref.ts';
import { parseQuestion } from '../../src/core/parse-question.ts';
import { clock, event, pod, smallCluster } from '../support/cluster-objects.ts';
import { MemoryAgents } from '../support/memory-agents.ts';
import { MemoryCluster, type Obj } from '../support/memory-cluster.ts';

const template = { spec: { containers: [{ name: 'app', image: 'app:1' }] }, metadata: { labels: { app: 'api' } } };
const selector = { matchLabels: { app: 'api' } };

function owned(object: Obj, kind: string, name: string): Obj {
  return {
    ...object,
    metadata: { ...object.metadata, ownerReferences: [{ kind, name, apiVersion: 'apps/v1', controller: true }] },
  };
}

function set(kind: string, name: string, spec: object, status: object): Obj {
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, namespace: 'shop' },
    spec: { selector, template, ...spec },
    status,
  };
}

const crashed = { terminated: { exitCode: 1, reason: 'Error', finishedAt: '2026-03-01T11:00:00Z' } };

function withDeployment(): MemoryCluster {
  const sick = owned(pod('shop', 'api-1-x', { app: 'api' }, 'n2', false), 'ReplicaSet', 'api-1');
  const spec = sick['spec'] as { containers: object[] };
  Object.assign(spec.containers[0] ?? {}, {
    ports: [{ containerPort: 9000 }],
    readinessProbe: { httpGet: { port: 9001, path: '/' } },
  });
  Object.assign(sick['status'] as object, {
    containerStatuses: [{ name: 'app', ready: false, restartCount: 4, state: { running: {} }, lastState: crashed }],
  });
  const api = new MemoryCluster([
    ...smallCluster(),
    set('Deployment', 'api', { replicas: 2, strategy: { type: 'Recreate' } }, { readyReplicas: 0 }),
    owned(set('ReplicaSet', 'api-1', { replicas: 2 }, { replicas: 1 }), 'Deployment', 'api'),
    owned(set('ReplicaSet', 'api-0', { replicas: 0 }, {}), 'Deployment', 'api'),
    sick,
    event({ kind: 'ReplicaSet', namespace: 'shop', name: 'api-1' }, 'exceeded quota'),
    set('StatefulSet', 'twice', { replicas: 1 }, { readyReplicas: 1 }),
    { ...set('StatefulSet', 'twice', {}, {}), metadata: { name: 'twice', namespace: 'other' } },
  ]);
  api.texts.set('/api/v1/namespaces/shop/pods/api-1-x/log', 'last words\n');
  return api;
}

async function collected(text: string, api = withDeployment(), agents = new MemoryAgents({})): Promise<EvidenceBundle> {
  return await collectEvidence(parseQuestion([text]), { cluster: api, agents, clock }, { id: 'dx-1' });
}

const keys = (bundle: EvidenceBundle, kinds: RegExp) =>
  bundle.items
    .filter((entry) => kinds.test(entry.kind))
    .map((entry) => `${entry.kind} ${refText(entry.object)}${entry.part === undefined ? '' : ` ${entry.part}`}`);

test('a Deployment: its ReplicaSets that want Pods, events on each, Pods, last words of what crashed', async () => {
  const agents = new MemoryAgents({});
  const bundle = await collected('diagnose deploy api', withDeployment(), agents);
  expect(bundle.question.target).toEqual({ kind: 'Deployment', namespace: 'shop', name: 'api' });
  expect(keys(bundle, /^(workload|pods|pod-log|events)$/)).toEqual([
    'events Deployment/shop/api',
    'events Pod/shop/api-1-x',
    'events ReplicaSet/shop/api-1',
    'pod-log Pod/shop/api-1-x app',
    'pod-log Pod/shop/api-1-x app/previous',
    'pods Deployment/shop/api',
    'workload Deployment/shop/api',
    'workload ReplicaSet/shop/api-1',
  ]);
  expect(bundle.agents.asked).toEqual(['n2']);
  const tcp = agents.asked[0]?.requests.find((request) => request.kind === 'node-tcp')?.params;
  expect(tcp?.['targets']).toEqual([
    { address: '10.20.1.5', port: 9000 },
    { address: '10.20.1.5', port: 9001 },
  ]);
});

test('a Pod: up the chain of its owners', async () => {
  const bundle = await collected('diagnose pod shop/api-1-x');
  expect(keys(bundle, /^(workload|pods)$/)).toEqual([
    'pods Pod/shop/api-1-x',
    'workload Deployment/shop/api',
    'workload ReplicaSet/shop/api-1',
  ]);
});

test('a namespace: its Pods, the workloads that are not whole, and the scheduler where a Pod never heard of it', async () => {
  const bundle = await collected('diagnose ns shop');
  expect(bundle.question.target).toEqual({ kind: 'Namespace', name: 'shop' });
  expect(keys(bundle, /^(workload|pods|leader-leases)$/)).toEqual([
    'leader-leases Cluster/cluster',
    'pods Component/control-plane',
    'pods Namespace/shop',
    'workload Deployment/shop/api',
    'workload ReplicaSet/shop/api-1',
  ]);
});

test("a node by one of its addresses, Calico's among them", async () => {
  expect((await collected('diagnose node 192.0.2.2')).question.target.name).toBe('n2');
  expect((await collected('diagnose node 198.51.100.2')).question.target.name).toBe('n2');
});

describe('what is not there', () => {
  test.each([
    ['diagnose deploy shop/apo', 'workload-not-found', 'shop/api'],
    ['diagnose deploy aip', 'workload-not-found', 'shop/api'],
    ['diagnose pod shop/api-1-y', 'workload-not-found', 'shop/api-1-x'],
    ['diagnose pod nothing-like-it', 'workload-not-found', ''],
    ['diagnose sts twice', 'name-ambiguous', 'other/twice, shop/twice'],
    ['diagnose node n9', 'node-not-found', 'n1, n2, n3'],
    ['diagnose ns defualt', 'namespace-not-found', 'default'],
  ])('%s: %s', async (text, code, candidates) => {
    const error = await collected(text).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).code).toBe(code);
    expect((error as UserError).data['candidates']).toBe(candidates);
  });

  test('what could not be looked up is not called missing', async () => {
    const bundle = await collected('diagnose deploy shop/apo', withDeployment().fail(/deployments/, 'forbidden', 403));
    expect(bundle.items.find((entry) => entry.kind === 'workload')).toMatchObject({ status: 'unavailable' });
  });
});
