/** Machines of a living cluster: units, flags and settings, done rightly, done wrongly, and lost at a boot. */
import { afterEach, describe, expect, test } from 'vitest';
import { type GeneratedCluster, generateCluster } from '../../../src/sandbox/cluster/simulate/generate.ts';
import type { SimNode } from '../../../src/sandbox/cluster/simulate/model.ts';
import { isReady, type LivingTest, live } from './support.ts';

const FLAGS = '/var/lib/kubelet/kubeadm-flags.env';
let cluster: LivingTest;
afterEach(() => cluster.close());

/** A healthy cluster of which the first node is changed. */
async function start(fits: (one: GeneratedCluster) => boolean, change: (node: SimNode) => SimNode): Promise<string> {
  for (let seed = 1; seed < 400; seed += 1) {
    const { model, expect: wanted } = generateCluster(seed, { fault: null });
    const [node, ...others] = model.nodes;
    if (node === undefined || !fits({ model, expect: wanted })) continue;
    cluster = await live({ ...model, nodes: [change(node), ...others] });
    return node.name;
  }
  throw new Error('No seed gives such a cluster.');
}

const dead = (node: SimNode): SimNode => ({
  ...node,
  containersRun: false,
  kubelet: {
    ...node.kubelet,
    state: 'crash-loop',
    since: '2026-03-17T09:26:35.000Z',
    unknownSince: '2026-03-17T09:00:00.000Z',
    lastHeartbeat: '2026-03-17T08:59:20.000Z',
    lastRenew: '2026-03-17T08:59:20.000Z',
  },
});
const modern = ({ model }: GeneratedCluster): boolean => /^v1\.3\d/.test(model.kubernetes);
const ready = (node: string) => isReady(cluster.get('v1', 'Node', node));
const causes = async (node: string) => (await cluster.ask('diagnose', 'node', node)).causes;

test('a container runtime that is started brings its kubelet back; another unit is not there', async () => {
  const node = await start(modern, (one) => ({ ...dead(one), runtimeDown: true }));
  expect(await causes(node)).toEqual([`container-runtime-down ${node}`]);
  const wrong = cluster.living.effect({ node, op: 'run', program: 'systemctl', args: ['start', 'docker.service'] });
  expect(wrong).toMatchObject({ code: 5 });
  cluster.run(node, 'systemctl', 'start', 'containerd.service');
  await cluster.settled();
  expect([ready(node), await causes(node)]).toEqual(['True', []]);
});

test('a flag that kubelet no longer knows: without it kubelet stays up, with it again it dies at its next start', async () => {
  const text = (flags: string) => `KUBELET_KUBEADM_ARGS="${flags}"\n`;
  const bad = text('--network-plugin=cni --node-ip=10.0.0.1');
  const node = await start(modern, (one) => ({ ...dead(one), files: { [FLAGS]: bad } }));
  expect(await causes(node)).toEqual([`kubelet-removed-flag ${node}`]);
  const write = (content: string) => cluster.living.effect({ node, op: 'write', path: FLAGS, content, mode: 420 });
  write(text('--node-ip=10.0.0.1'));
  cluster.run(node, 'systemctl', 'daemon-reload');
  cluster.run(node, 'systemctl', 'restart', 'kubelet.service');
  await cluster.settled();
  expect([ready(node), await causes(node)]).toEqual(['True', []]);
  write(bad);
  await cluster.settled();
  expect(ready(node)).toBe('True');
  cluster.run(node, 'systemctl', 'restart', 'kubelet.service');
  await cluster.settled();
  expect(ready(node)).toBe('Unknown');
});

test('a kube-proxy that is a unit of the machine is started as one', async () => {
  const node = await start(modern, (one) => ({ ...one, kubeProxyUnit: true, faults: { kubeProxyDown: true } }));
  cluster.run(node, 'systemctl', 'start', 'kube-proxy.service');
  await cluster.settled();
  expect(cluster.living.model().nodes[0]?.faults.kubeProxyDown).toBe(false);
});

test('TX checksums switched off on VXLAN hold until the device is made anew', async () => {
  const node = await start(
    ({ model }) => model.calico.encapsulation === 'vxlan',
    (one) => ({ ...one, faults: { txChecksumBroken: true } }),
  );
  cluster.run(node, 'ethtool', '-K', 'vxlan.calico', 'tx-checksum-ip-generic', 'off');
  expect(cluster.living.model().nodes[0]?.txChecksum).toBe('off');
  cluster.living.reboot(node);
  await cluster.settled();
  expect(cluster.living.model().nodes[0]?.txChecksum).toBeUndefined();
});

describe('the cluster’s settings', () => {
  test('nodePortAddresses are read when kube-proxy starts, not before', async () => {
    await start(
      ({ model }) => model.proxy.mode === 'iptables' && model.nodes.length < 5,
      (one) => one,
    );
    const { proxy, services, nodes } = cluster.living.model();
    const port = services.flatMap((one) => one.ports).find((one) => one.nodePort !== undefined)?.nodePort;
    const path = `/api/v1/namespaces/${proxy.namespace}/configmaps/kube-proxy`;
    const map = cluster.get('v1', 'ConfigMap', 'kube-proxy', proxy.namespace) as unknown as {
      data: Record<string, string>;
    };
    const config = (map.data['config.conf'] ?? '').replace(
      'nodePortAddresses: null',
      'nodePortAddresses:\n- 127.0.0.0/8',
    );
    await cluster.write('PATCH', path, { data: { 'config.conf': config } }, 'merge');
    await cluster.settled();
    expect(await cluster.ask('why-not-reachable', String(port))).toMatchObject({ verdict: 'no-fault-found' });
    const set = `/apis/apps/v1/namespaces/${proxy.namespace}/daemonsets/kube-proxy`;
    const annotations = { 'kubectl.kubernetes.io/restartedAt': new Date().toISOString() };
    await cluster.write('PATCH', set, { spec: { template: { metadata: { annotations } } } });
    await cluster.settled();
    expect(cluster.living.model().nodes.map((node) => node.nodePortAddresses)).toEqual(
      nodes.map(() => ['127.0.0.0/8']),
    );
    expect((await cluster.ask('why-not-reachable', String(port))).verdict).not.toBe('no-fault-found');
  });

  test('an approved request gets its certificate, and only then', async () => {
    await start(modern, (one) => one);
    const created = await cluster.write('POST', '/apis/certificates.k8s.io/v1/certificatesigningrequests', {
      apiVersion: 'certificates.k8s.io/v1',
      kind: 'CertificateSigningRequest',
      metadata: { name: 'csr-x' },
      spec: {
        request: Buffer.from('-----BEGIN CERTIFICATE REQUEST-----\nx\n-----END CERTIFICATE REQUEST-----\n').toString(
          'base64',
        ),
        signerName: 'kubernetes.io/kubelet-serving',
        usages: ['digital signature', 'server auth'],
      },
    });
    expect(created.status).toBe(201);
    await cluster.settled();
    const signed = () =>
      JSON.stringify(cluster.get('certificates.k8s.io/v1', 'CertificateSigningRequest', 'csr-x')).includes(
        '"certificate"',
      );
    expect(signed()).toBe(false);
    const conditions = [{ type: 'Approved', status: 'True', reason: 'Test', message: 'by hand' }];
    const approved = await cluster.write(
      'PUT',
      '/apis/certificates.k8s.io/v1/certificatesigningrequests/csr-x/approval',
      { ...created.body, status: { conditions } },
    );
    expect(approved.status).toBe(200);
    await cluster.settled();
    expect(signed()).toBe(true);
  });
});
