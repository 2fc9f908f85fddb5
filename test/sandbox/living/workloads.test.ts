/** Deployments, StatefulSets and Pods of a living cluster: what comes up, what does not, and what stays in service meanwhile. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { KubeObject } from '../../../src/sandbox/cluster/api/server.ts';
import { stageModel } from '../../../src/sandbox/incidents/nodeport-30080/index.ts';
import { isReady, type LivingTest, live } from './support.ts';

const JENKINS = '/apis/apps/v1/namespaces/ci/deployments/jenkins';
let cluster: LivingTest;
beforeEach(async () => {
  cluster = await live(stageModel(4));
});
afterEach(() => cluster.close());

const jenkins = (): KubeObject[] => cluster.pods('jenkins-').filter((pod) => pod.metadata.namespace === 'ci');
const image = (name: string) => ({ spec: { template: { spec: { containers: [{ name: 'jenkins', image: name }] } } } });
const status = (kind: string, name: string, namespace: string) =>
  cluster.get('apps/v1', kind, name, namespace)['status'];
const endpoints = (): number => {
  const { subsets = [] } = cluster.get('v1', 'Endpoints', 'jenkins-svc', 'ci') as KubeObject & {
    subsets?: { addresses?: unknown[] }[];
  };
  return subsets.flatMap((one) => one.addresses ?? []).length;
};

describe('Deployments', () => {
  test('scaled down nothing serves, scaled up everything does again', async () => {
    await cluster.write('PATCH', `${JENKINS}/scale`, { spec: { replicas: 0 } }, 'merge');
    await cluster.settled();
    expect([jenkins().length, endpoints()]).toEqual([0, 0]);
    expect((await cluster.ask('why-not-reachable', '30080')).verdict).not.toBe('no-fault-found');
    await cluster.write('PATCH', `${JENKINS}/scale`, { spec: { replicas: 2 } }, 'merge');
    await cluster.settled();
    expect(jenkins().map(isReady)).toEqual(['True', 'True']);
    expect(endpoints()).toBe(2);
    expect(status('Deployment', 'jenkins', 'ci')).toMatchObject({
      replicas: 2,
      readyReplicas: 2,
      observedGeneration: 3,
    });
    expect((await cluster.ask('why-not-reachable', '30080')).verdict).toBe('no-fault-found');
  });

  test('a restart brings a new ReplicaSet, and the old Pod goes when the new one is ready', async () => {
    const [before] = jenkins();
    const annotations = { 'kubectl.kubernetes.io/restartedAt': new Date().toISOString() };
    await cluster.write('PATCH', JENKINS, { spec: { template: { metadata: { annotations } } } });
    await cluster.settled();
    const [after, ...more] = jenkins();
    expect(more).toEqual([]);
    expect(after?.metadata.name).not.toBe(before?.metadata.name);
    expect([isReady(after as KubeObject), endpoints()]).toEqual(['True', 1]);
    const sets = cluster.api.objects.list('apps/v1', 'ReplicaSet', 'ci');
    expect(
      sets
        .map((set) => set.metadata.annotations?.['deployment.kubernetes.io/revision'] ?? '')
        .toSorted((a, b) => Number(a) - Number(b)),
    ).toEqual(['1', '2']);
  });

  test('an image that cannot be pulled: the old Pod goes on serving; the former template brings the former ReplicaSet back', async () => {
    const [before] = jenkins();
    await cluster.write('PATCH', JENKINS, image('jenkins/no-such-jenkins:lts'));
    await cluster.settled();
    const [, waiting] = jenkins().sort((a) => (a.metadata.name === before?.metadata.name ? -1 : 1));
    expect(waiting?.['status']).toMatchObject({
      phase: 'Pending',
      containerStatuses: [{ state: { waiting: { reason: 'ImagePullBackOff' } } }],
    });
    expect([jenkins().length, endpoints()]).toEqual([2, 1]);
    expect(status('Deployment', 'jenkins', 'ci')).toMatchObject({ updatedReplicas: 1, unavailableReplicas: 1 });

    await cluster.write('PATCH', JENKINS, image('jenkins/jenkins:lts'));
    await cluster.settled();
    expect(jenkins().map((pod) => pod.metadata.name)).toEqual([before?.metadata.name]);
    const set = cluster.get('apps/v1', 'ReplicaSet', 'jenkins-dc995bb85', 'ci');
    expect(set.metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('3');
  });

  test('nothing is written to workloads that nobody touched', async () => {
    const versions = (): string[] =>
      ['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'Service', 'ConfigMap']
        .flatMap((kind) => [
          ...cluster.api.objects.list(kind === 'Service' || kind === 'ConfigMap' ? 'v1' : 'apps/v1', kind),
        ])
        .map((one) => `${one.kind} ${one.metadata.namespace}/${one.metadata.name} ${one.metadata.resourceVersion}`);
    const before = versions();
    await cluster.write('PATCH', '/api/v1/namespaces/ci/pods/jenkins-dc995bb85-7w6t8', {
      metadata: { labels: { seen: 'yes' } },
    });
    await cluster.settled();
    expect(versions()).toEqual(before);
  });
});

test('a deleted Pod is replaced by its owner, under another name or the same', async () => {
  await cluster.write('DELETE', '/api/v1/namespaces/ci/pods/jenkins-dc995bb85-7w6t8');
  const name = 'prometheus-prometheus-operator-releas-prometheus-0';
  const { uid } = cluster.get('v1', 'Pod', name, 'default').metadata;
  await cluster.write('DELETE', `/api/v1/namespaces/default/pods/${name}`);
  await cluster.settled();
  expect(jenkins().map((pod) => [pod.metadata.name === 'jenkins-dc995bb85-7w6t8', isReady(pod)])).toEqual([
    [false, 'True'],
  ]);
  const again = cluster.get('v1', 'Pod', name, 'default');
  expect([again.metadata.uid === uid, isReady(again)]).toEqual([false, 'True']);
});

test('a StatefulSet is restarted from its last Pod to its first', async () => {
  const path = '/apis/apps/v1/namespaces/default/statefulsets/prometheus-prometheus-operator-releas-prometheus';
  await cluster.write('PATCH', path, { spec: { replicas: 2 } });
  await cluster.settled();
  const pods = (): (string | undefined)[] => cluster.pods('prometheus-prometheus-').map((pod) => pod.metadata.uid);
  const before = pods();
  expect(before).toHaveLength(2);
  await cluster.write('PATCH', path, { spec: { template: { metadata: { annotations: { again: 'yes' } } } } });
  await cluster.settled();
  expect(pods()).toHaveLength(2);
  expect(pods().filter((uid) => before.includes(uid))).toEqual([]);
});

test('a cordoned node gets no new Pods, an uncordoned one does', async () => {
  for (const node of ['k8smaster2', 'k8smater1']) {
    await cluster.write('PATCH', `/api/v1/nodes/${node}`, { spec: { unschedulable: true } });
  }
  await cluster.write('DELETE', '/api/v1/namespaces/ci/pods/jenkins-dc995bb85-7w6t8');
  await cluster.settled();
  expect(jenkins()[0]?.['status']).toMatchObject({
    phase: 'Pending',
    conditions: [{ message: '0/2 nodes are available: 2 node(s) were unschedulable.' }],
  });
  expect(cluster.get('v1', 'Node', 'k8smaster2')['spec']).toMatchObject({
    unschedulable: true,
    taints: [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }],
  });
  await cluster.write('PATCH', '/api/v1/nodes/k8smater1', { spec: { unschedulable: null } });
  await cluster.settled();
  expect(jenkins().map((pod) => [isReady(pod), (pod['spec'] as { nodeName: string }).nodeName])).toEqual([
    ['True', 'k8smater1'],
  ]);
});
