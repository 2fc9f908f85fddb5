/** Generated clusters with one fault each: the right write cures it, a wrong one does not, by the real diagnosis. */
import { afterEach, describe, expect, test } from 'vitest';
import {
  type FaultName,
  type GeneratedCluster,
  generateCluster,
} from '../../../src/sandbox/cluster/simulate/generate.ts';
import type { SimService } from '../../../src/sandbox/cluster/simulate/model.ts';
import { calicoAddress, isReady, type LivingTest, live, setMethod } from './support.ts';

let cluster: LivingTest;
afterEach(() => cluster.close());

interface Placed extends GeneratedCluster {
  readonly service: SimService;
}

async function start(fault: FaultName, fits: (one: GeneratedCluster) => boolean = () => true): Promise<Placed> {
  for (let seed = 1; seed < 400; seed += 1) {
    const made = generateCluster(seed, { fault });
    if (!fits(made)) continue;
    const port = Number(made.expect.question[1]);
    const service =
      made.model.services.find((one) => one.ports.some((two) => two.nodePort === port)) ?? made.model.services[0];
    cluster = await live(made.model);
    expect((await cluster.ask(...made.expect.question)).causes.join()).toContain(fault);
    if (service === undefined) throw new Error('A generated cluster has Services.');
    return { ...made, service };
  }
  throw new Error(`No seed gives such a cluster with ${fault}.`);
}

const verdict = async (made: GeneratedCluster) => (await cluster.ask(...made.expect.question)).verdict;
const pathOf = (service: SimService) => `/api/v1/namespaces/${service.namespace}/services/${service.name}`;

describe('Services', () => {
  test('a wrong targetPort stays wrong with another wrong one, and is cured by the port that listens', async () => {
    const made = await start('service-target-port-wrong');
    const pods = made.model.pods.filter((pod) => pod.namespace === made.service.namespace);
    const listens = pods.find((pod) =>
      Object.entries(made.service.selector ?? {}).every(([key, value]) => pod.labels[key] === value),
    )?.containers[0]?.listens[0]?.port;
    const set = (port: number) =>
      cluster.write(
        'PATCH',
        pathOf(made.service),
        [{ op: 'replace', path: '/spec/ports/0/targetPort', value: port }],
        'json',
      );
    await set(1);
    await cluster.settled();
    expect(await verdict(made)).toBe('cause-found');
    await set(listens ?? 0);
    await cluster.settled();
    expect(await verdict(made)).toBe('no-fault-found');
  });

  test('a selector that fits nothing, cured by the labels of the Pods', async () => {
    const made = await start('service-selector-mismatch');
    const [key = ''] = Object.keys(made.service.selector ?? {});
    const wrong = made.service.selector?.[key] ?? '';
    const near = made.model.pods.find(
      (pod) => pod.namespace === made.service.namespace && (pod.labels[key] ?? '!').slice(0, 3) === wrong.slice(0, 3),
    );
    await cluster.write('PATCH', pathOf(made.service), { spec: { selector: { [key]: near?.labels[key] } } }, 'merge');
    await cluster.settled();
    expect(await verdict(made)).toBe('no-fault-found');
  });

  test('externalTrafficPolicy Local, cured by Cluster', async () => {
    const made = await start('external-traffic-policy-local');
    await cluster.write('PATCH', pathOf(made.service), { spec: { externalTrafficPolicy: 'Cluster' } }, 'merge');
    await cluster.settled();
    expect(await verdict(made)).toBe('no-fault-found');
  });
});

describe('restarts', () => {
  test.each([
    ['proxy-rules-flushed', 'kube-proxy'],
    ['calico-bird-not-running', 'calico-node'],
    ['pod-route-missing', 'calico-node'],
  ] as const)('%s is cured by a new Pod of %s on that node', async (fault, role) => {
    const made = await start(fault);
    const pod = made.model.pods.find((one) => one.role === role && one.node === made.expect.nodes[0]);
    await cluster.write('DELETE', `/api/v1/namespaces/${pod?.namespace}/pods/${pod?.name}`);
    await cluster.settled();
    expect(await verdict(made)).toBe('no-fault-found');
  });

  test('a kube-proxy that ends again and again does so in its new Pod too', async () => {
    const made = await start('kube-proxy-down');
    const pod = made.model.pods.find((one) => one.role === 'kube-proxy' && one.node === made.expect.nodes[0]);
    await cluster.write('DELETE', `/api/v1/namespaces/${pod?.namespace}/pods/${pod?.name}`);
    await cluster.settled();
    expect(await verdict(made)).toBe('cause-found');
  });
});

describe('under the operator', () => {
  const operator = (one: GeneratedCluster): boolean =>
    one.model.calico.install === 'operator' && one.model.nodes.length < 6;
  const INSTALLATION = '/apis/operator.tigera.io/v1/installations/default';
  const SET = '/apis/apps/v1/namespaces/calico-system/daemonsets/calico-node';
  const field = (method: object) => ({ spec: { calicoNetwork: { nodeAddressAutodetectionV4: method } } });
  const method = (): string | undefined => {
    const text = JSON.stringify(cluster.get('apps/v1', 'DaemonSet', 'calico-node', 'calico-system'));
    return /"IP_AUTODETECTION_METHOD","value":"([^"]+)"/.exec(text)?.[1];
  };

  test('the Installation is carried out; two methods are refused', async () => {
    const made = await start('calico-node-ip-mismatch', operator);
    const lan = made.model.lans[0]?.cidr ?? '';
    const refused = await cluster.write('PATCH', INSTALLATION, field({ cidrs: [lan] }), 'merge');
    expect(refused.status).toBe(422);
    expect(JSON.stringify(refused.body)).toContain(
      'no more than one node address autodetection method can be specified per-family',
    );
    const done = await cluster.write('PATCH', INSTALLATION, field({ firstFound: null, cidrs: [lan] }), 'merge');
    expect(done.status).toBe(200);
    await cluster.settled();
    expect(method()).toBe(`cidr=${lan}`);
    for (const node of made.model.nodes) expect(calicoAddress(cluster, node.name)).toContain(node.internalIp);
    expect(await verdict(made)).toBe('no-fault-found');
  });

  test('a hand edit of the DaemonSet cures for a while and disappears', async () => {
    const made = await start('calico-node-ip-mismatch', operator);
    await cluster.write('PATCH', SET, setMethod(`cidr=${made.model.lans[0]?.cidr}`));
    expect(method()).toMatch(/^cidr=/);
    await cluster.settled();
    expect(method()).toBe('first-found');
    expect(await verdict(made)).toBe('cause-found');
  });
});

test('swap of every source stays off only by what fits the source', async () => {
  for (const source of ['gpt-auto', 'fstab', 'unit'] as const) {
    const made = await start('kubelet-swap-on', ({ model }) =>
      model.nodes.some((node) => node.swap?.source === source),
    );
    const node = made.model.nodes.find((one) => one.name === made.expect.nodes[0]);
    const name = node?.name ?? '';
    const unit = `${node?.swap?.device.slice(1).replaceAll('/', '-')}.swap`;
    cluster.run(name, 'swapoff', node?.swap?.device ?? '');
    if (source === 'fstab') {
      const lines = ['# root', ...(node?.swap?.fstab ?? []).map((line) => `#${line}`)];
      cluster.living.effect({
        node: name,
        op: 'write',
        path: '/etc/fstab',
        content: `${lines.join('\n')}\n`,
        mode: 420,
      });
      cluster.run(name, 'systemctl', 'daemon-reload');
    }
    const masked = cluster.living.effect({ node: name, op: 'run', program: 'systemctl', args: ['mask', unit] });
    if (source === 'unit') expect(masked).toMatchObject({ code: 1, stderr: expect.stringContaining('already exists') });
    await cluster.settled();
    expect([source, isReady(cluster.get('v1', 'Node', name))]).toEqual([source, 'True']);
    cluster.living.reboot(name);
    await cluster.settled();
    expect([source, isReady(cluster.get('v1', 'Node', name))]).toEqual([
      source,
      source === 'unit' ? 'Unknown' : 'True',
    ]);
    await cluster.close();
  }
});

test('forwarding that was only switched on is off again after a boot; written down it stays', async () => {
  const made = await start('ip-forward-off');
  const name = made.expect.nodes[0] ?? '';
  const on = { node: name, op: 'write' as const, path: '/proc/sys/net/ipv4/ip_forward', content: '1\n', mode: 420 };
  cluster.living.effect(on);
  expect(await verdict(made)).toBe('no-fault-found');
  cluster.living.reboot(name);
  await cluster.settled();
  expect(await verdict(made)).toBe('cause-found');
  cluster.living.effect({ ...on, path: '/etc/sysctl.d/99-kubewhy.conf', content: 'net.ipv4.ip_forward = 1\n' });
  cluster.living.reboot(name);
  await cluster.settled();
  expect(await verdict(made)).toBe('no-fault-found');
});
