/** The incident repaired step by step, and wrongly: what the living cluster makes of each, seen by the real diagnosis. */
import { afterEach, describe, expect, test } from 'vitest';
import { stageModel } from '../../../src/sandbox/incidents/nodeport-30080/index.ts';
import { calicoAddress, isReady, type LivingTest, live, setMethod } from './support.ts';

const SET = '/apis/apps/v1/namespaces/kube-system/daemonsets/calico-node';
const GATEWAY = 'can-reach=172.17.72.1';
let cluster: LivingTest;
afterEach(() => cluster.close());

async function healthy(): Promise<void> {
  for (const words of [
    ['why-not-reachable', '30080'],
    ['why-not-reachable', '30945'],
    ['diagnose', 'node', 'k8scephnode'],
  ]) {
    expect([words, await cluster.ask(...words)]).toEqual([words, { verdict: 'no-fault-found', causes: [] }]);
  }
}

const deletePod = (name: string) => cluster.write('DELETE', `/api/v1/namespaces/kube-system/pods/${name}`);
const calicoPods = () => cluster.pods('calico-node-');

describe('the right way', () => {
  test('Calico first: the two Pods that are not ready go at once, the third hangs until its kubelet lives', async () => {
    cluster = await live(stageModel(2));
    expect(await cluster.ask('why-not-reachable', '30080')).toEqual({
      verdict: 'cause-found',
      causes: ['calico-node-ip-mismatch k8smater1'],
    });
    const untouched = cluster.get('v1', 'Service', 'jenkins-svc', 'ci').metadata.resourceVersion;
    const before = new Set(calicoPods().map((pod) => pod.metadata.name));
    expect((await cluster.write('PATCH', SET, setMethod(GATEWAY))).status).toBe(200);
    await cluster.settled();

    const [hanging, ...replaced] = calicoPods().sort(
      (a, b) => Number(before.has(b.metadata.name)) - Number(before.has(a.metadata.name)),
    );
    expect(hanging?.metadata.deletionTimestamp).toBeDefined();
    expect(replaced.map((pod) => [before.has(pod.metadata.name), isReady(pod)])).toEqual([
      [false, 'True'],
      [false, 'True'],
    ]);
    expect(calicoAddress(cluster, 'k8smater1')).toBe('172.17.73.66/22');
    expect(cluster.get('apps/v1', 'DaemonSet', 'calico-node', 'kube-system')['status']).toMatchObject({
      observedGeneration: 2,
      updatedNumberScheduled: 2,
      numberReady: 2,
    });
    expect(cluster.get('v1', 'Service', 'jenkins-svc', 'ci').metadata.resourceVersion).toBe(untouched);

    cluster.run('k8scephnode', 'swapoff', '/dev/sda3');
    cluster.run('k8scephnode', 'systemctl', 'mask', 'dev-sda3.swap');
    await cluster.settled();
    expect(isReady(cluster.get('v1', 'Node', 'k8scephnode'))).toBe('True');
    expect(cluster.get('v1', 'Node', 'k8scephnode')['spec']).toEqual({});
    expect(calicoPods().map((pod) => [before.has(pod.metadata.name), isReady(pod)])).toEqual(
      Array(3).fill([false, 'True']),
    );
    await healthy();
  });

  test('swap first: the revived node makes an island with k8smater1, the rollout waits for k8smaster2, and deleting the old Pods ends it', async () => {
    cluster = await live(stageModel(2));
    cluster.run('k8scephnode', 'swapoff', '/dev/sda3');
    cluster.run('k8scephnode', 'systemctl', 'mask', 'dev-sda3.swap');
    await cluster.settled();
    expect(isReady(cluster.get('v1', 'Node', 'k8scephnode'))).toBe('True');
    const old = calicoPods()
      .filter((pod) => isReady(pod) === 'True')
      .map((pod) => pod.metadata.name);
    expect(old).toHaveLength(2);

    await cluster.write('PATCH', SET, setMethod(GATEWAY));
    await cluster.settled();
    // k8smaster2's new Pod reaches neither of the two old addresses: it is not ready, and nothing more may be missing.
    expect(calicoPods().filter((pod) => old.includes(pod.metadata.name))).toHaveLength(2);
    expect((await cluster.ask('why-not-reachable', '30080')).verdict).toBe('cause-found');

    for (const name of old) await deletePod(name);
    await cluster.settled();
    expect(calicoPods().map(isReady)).toEqual(['True', 'True', 'True']);
    await healthy();
  });
});

describe('the wrong way', () => {
  test('a method that 3.9.5 does not know: calico-node ends again and again, the address stays', async () => {
    cluster = await live(stageModel(2));
    await cluster.write('PATCH', SET, setMethod('cidr=172.17.72.0/22'));
    await cluster.settled();
    expect(cluster.living.crashed()).toHaveLength(2);
    const crashed = calicoPods().find((pod) => JSON.stringify(pod).includes('CrashLoopBackOff'));
    expect(crashed?.['status']).toMatchObject({
      containerStatuses: [{ ready: false, lastState: { terminated: { exitCode: 1 } } }],
    });
    expect(calicoAddress(cluster, 'k8smater1')).toBe('10.0.0.66/24');
    expect((await cluster.ask('why-not-reachable', '30080')).verdict).not.toBe('no-fault-found');

    await cluster.write('PATCH', SET, setMethod(GATEWAY));
    await cluster.settled();
    expect(cluster.living.crashed()).toEqual([]);
    expect(calicoAddress(cluster, 'k8smater1')).toBe('172.17.73.66/22');
  });

  test('an address that a node itself holds: that node takes it', async () => {
    cluster = await live(stageModel(2));
    await cluster.write('PATCH', SET, setMethod('can-reach=172.17.73.63'));
    await cluster.settled();
    expect(calicoAddress(cluster, 'k8smater1')).toBe('172.17.73.63/22');
  });

  test('a pattern of NICs that fits the masters finds nothing on the third node', async () => {
    cluster = await live(stageModel(2));
    cluster.run('k8scephnode', 'swapoff', '/dev/sda3');
    await cluster.settled();
    await cluster.write('PATCH', SET, setMethod('interface=ens18'));
    await cluster.settled();
    for (const pod of calicoPods()) await deletePod(pod.metadata.name);
    await cluster.settled();
    expect(calicoAddress(cluster, 'k8smater1')).toBe('172.17.73.66/22');
    const pod = calicoPods().find((one) => (one['spec'] as { nodeName: string }).nodeName === 'k8scephnode');
    expect(cluster.living.crashed()).toEqual([`kube-system/${pod?.metadata.name}`]);
  });

  test('kubelet started again with swap on dies again, and its node is given up', async () => {
    cluster = await live(stageModel(2));
    cluster.run('k8scephnode', 'swapoff', '/dev/sda3');
    await cluster.settled();
    cluster.run('k8scephnode', 'swapon', '/dev/sda3');
    await cluster.settled();
    expect(isReady(cluster.get('v1', 'Node', 'k8scephnode'))).toBe('True');
    cluster.run('k8scephnode', 'systemctl', 'restart', 'kubelet.service');
    await cluster.settled();
    expect(isReady(cluster.get('v1', 'Node', 'k8scephnode'))).toBe('Unknown');
    expect(await cluster.ask('diagnose', 'node', 'k8scephnode')).toEqual({
      verdict: 'cause-found',
      causes: ['kubelet-swap-on k8scephnode'],
    });
  });

  test.each([
    ['turned off only', [], 'Unknown'],
    ['masked', ['mask', 'dev-sda3.swap'], 'True'],
  ])('after a boot, swap that was %s', async (_, args, ready) => {
    cluster = await live(stageModel(2));
    cluster.run('k8scephnode', 'swapoff', '/dev/sda3');
    if (args.length > 0) cluster.run('k8scephnode', 'systemctl', ...args);
    await cluster.settled();
    cluster.living.reboot('k8scephnode');
    await cluster.settled();
    expect(isReady(cluster.get('v1', 'Node', 'k8scephnode'))).toBe(ready);
  });
});
