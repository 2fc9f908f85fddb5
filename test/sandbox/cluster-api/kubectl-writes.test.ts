/** Writing through a real kubectl; left out, and counted as skipped, where there is none. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KubeObject } from '../../../src/sandbox/cluster/api/server.ts';
import { kubeletCsr, smallCluster, workload } from './fixtures.ts';
import { hasKubectl, type Running, start } from './support.ts';

const available = await hasKubectl();
if (!available) console.warn('kubectl is not on PATH: its tests are skipped (apt-get install kubernetes-client)');

const MANIFEST = (image: string, more = '') => `apiVersion: apps/v1
kind: Deployment
metadata: {name: applied, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: applied}}
  template:
    metadata: {labels: {app: applied}}
    spec:
      containers:
      - name: main
        image: ${image}
        ports: [{containerPort: 80}]${more}
`;

/** A ReplicaSet of a Deployment, as its controller leaves one per revision. */
function revision(number: number, image: string): KubeObject {
  const set = workload('Deployment', 'web');
  const labels = { app: 'web', 'pod-template-hash': `h${number}` };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      namespace: 'shop',
      name: `web-h${number}`,
      labels,
      annotations: { 'deployment.kubernetes.io/revision': String(number) },
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: set.metadata.uid, controller: true },
      ],
    },
    spec: {
      replicas: number === 2 ? 2 : 0,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'main', image }] } },
    },
  };
}

/** What a DaemonSet looked like at a revision. */
function daemonRevision(number: number, image: string): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      namespace: 'shop',
      name: `agent-${number}`,
      labels: { app: 'agent' },
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'agent', uid: 'uid-agent', controller: true },
      ],
    },
    data: {
      spec: {
        template: {
          $patch: 'replace',
          metadata: { labels: { app: 'agent' } },
          spec: { containers: [{ name: 'main', image }] },
        },
      },
    },
    revision: number,
  };
}

describe.skipIf(!available).each(['v1.18.2', 'v1.33.1'])('kubectl writes to a %s server', (version) => {
  let running: Running;
  const run = async (args: string | string[]) => {
    const { code, stdout, stderr } = await running.kubectl(args);
    expect([code, stderr.replaceAll(/^Warning:.*\n/gm, '')]).toEqual([0, '']);
    return stdout;
  };
  const fails = async (args: string | string[]) => {
    const { code, stderr } = await running.kubectl(args);
    expect(code).not.toBe(0);
    return stderr;
  };
  const stored = (kind: string, name: string, apiVersion = 'apps/v1') =>
    running.api.objects.get({ apiVersion, kind, name, ...(kind === 'Node' ? {} : { namespace: 'shop' }) });
  const field = async (path: string, what: string) =>
    run(['get', '-n', 'shop', ...what.split(' '), '-o', `jsonpath={${path}}`]);
  const image = '.spec.template.spec.containers[0].image';

  beforeAll(async () => {
    const web = workload('Deployment', 'web');
    running = await start({
      version,
      objects: smallCluster([
        { ...web, metadata: { ...web.metadata, annotations: { 'deployment.kubernetes.io/revision': '2' } } },
        workload('DaemonSet', 'agent'),
        kubeletCsr('csr-1'),
        kubeletCsr('csr-2'),
        revision(1, 'example/main:0'),
        revision(2, 'example/main:1'),
        daemonRevision(1, 'example/main:0'),
        daemonRevision(2, 'example/main:1'),
      ]),
    });
  });
  afterAll(async () => {
    await running.stop();
  });

  it('label, annotate, taint, cordon and uncordon', async () => {
    expect(await run('label node alpha rack=r1')).toBe('node/alpha labeled\n');
    await run('annotate node alpha note=here');
    await run('taint node alpha key=value:NoSchedule');
    expect(await run('cordon alpha')).toBe('node/alpha cordoned\n');
    expect(stored('Node', 'alpha', 'v1')).toMatchObject({
      metadata: { labels: { rack: 'r1', zone: 'a' }, annotations: { note: 'here' } },
      spec: { unschedulable: true, taints: [{ key: 'key', value: 'value', effect: 'NoSchedule' }] },
    });
    expect(await run('get node alpha')).toContain('Ready,SchedulingDisabled');
    await run('uncordon alpha');
    await run('taint node alpha key-');
    expect(stored('Node', 'alpha', 'v1')?.['spec']).toEqual({ podCIDR: '10.1.0.0/24' });
  });

  it('patch of every type, set env, set image, scale', async () => {
    await run(['patch', 'deploy', 'web', '-n', 'shop', '-p', '{"spec":{"minReadySeconds":3}}']);
    await run(['patch', 'deploy', 'web', '-n', 'shop', '--type=merge', '-p', '{"spec":{"minReadySeconds":4}}']);
    const steps =
      '[{"op":"test","path":"/spec/minReadySeconds","value":4},{"op":"remove","path":"/spec/minReadySeconds"}]';
    await run(['patch', 'deploy', 'web', '-n', 'shop', '--type=json', '-p', steps]);
    expect(await fails(['patch', 'deploy', 'web', '-n', 'shop', '--type=json', '-p', steps])).toContain(
      'does not exist',
    );
    await run('set env ds/agent -n shop IP_AUTODETECTION_METHOD=interface=eth0');
    expect(await field('.spec.template.spec.containers[0].env[*].name', 'ds agent')).toBe(
      'MODE IP_AUTODETECTION_METHOD',
    );
    await run('set env ds/agent -n shop IP_AUTODETECTION_METHOD-');
    expect(await field('.spec.template.spec.containers[0].env[*].name', 'ds agent')).toBe('MODE');
    expect(await run('scale deploy/web -n shop --replicas=5')).toBe('deployment.apps/web scaled\n');
    expect(await fails('scale deploy/web -n shop --replicas=1 --current-replicas=4')).toContain(
      'replicas to be 4, was 5',
    );
    expect(await field('.spec.replicas', 'deploy web')).toBe('5');
  });

  it('apply on the client’s side: create, change, leave alone, remove', async () => {
    const path = await running.file('applied.yaml', MANIFEST('a:1', '\n        env: [{name: X, value: "1"}]'));
    expect(await run(`apply -f ${path}`)).toBe('deployment.apps/applied created\n');
    expect(await run(`apply -f ${path}`)).toBe('deployment.apps/applied unchanged\n');
    await run('scale deploy/applied -n shop --replicas=2');
    await running.file('applied.yaml', MANIFEST('a:2'));
    expect(await run(`apply -f ${path} --dry-run=server`)).toBe(
      'deployment.apps/applied configured (server dry run)\n',
    );
    expect(await field(image, 'deploy applied')).toBe('a:1');
    expect(await run(`apply -f ${path}`)).toBe('deployment.apps/applied configured\n');
    expect(await field('.spec.template.spec.containers[0].env', 'deploy applied')).toBe('');
    expect(await field('.spec.template.spec.containers[0].ports[0].protocol', 'deploy applied')).toBe('TCP');
    await run('delete deploy applied -n shop');
  });

  it('apply on the server’s side: conflicts name the other manager, and can be forced', async () => {
    const path = await running.file('applied.yaml', MANIFEST('b:1'));
    expect(await run(`apply --server-side -f ${path}`)).toBe('deployment.apps/applied serverside-applied\n');
    await run('set image deploy/applied -n shop main=b:2');
    const refused = await fails(`apply --server-side -f ${path}`);
    expect(refused).toContain(
      'Apply failed with 1 conflict: conflict with "kubectl-set" using apps/v1: .spec.template.spec.containers[name="main"].image',
    );
    await run(`apply --server-side --force-conflicts -f ${path}`);
    expect(await field(image, 'deploy applied')).toBe('b:1');
    await run('delete deploy applied -n shop');
  });

  it('edit, replace, create, delete', async () => {
    await running.file('editor', '#!/bin/sh\nsed -i "s/replicas: .*/replicas: 7/" "$1"\n');
    expect(await run('edit deploy web -n shop')).toBe('deployment.apps/web edited\n');
    expect(await field('.spec.replicas', 'deploy web')).toBe('7');
    expect(await run('create configmap made -n shop --from-literal=a=b')).toBe('configmap/made created\n');
    expect(await fails('create configmap made -n shop')).toContain('configmaps "made" already exists');
    expect(await run('delete configmap made -n shop')).toBe('configmap "made" deleted\n');
    expect(await run('create ns fresh')).toBe('namespace/fresh created\n');
    expect(await run('delete pod tool-1 -n default --force --grace-period=0')).toContain('pod "tool-1" force deleted');
  });

  it('rollout: history, undo, restart, status', async () => {
    expect(await run('rollout history deploy/web -n shop')).toMatch(/^1 .*\n2 /m);
    expect(await run('rollout undo deploy/web -n shop')).toBe('deployment.apps/web rolled back\n');
    expect(await field(image, 'deploy web')).toBe('example/main:0');
    expect(await run('rollout history ds/agent -n shop')).toMatch(/^1 .*\n2 /m);
    expect(await run('rollout undo ds/agent -n shop --to-revision=1')).toBe('daemonset.apps/agent rolled back\n');
    expect(await field(image, 'ds agent')).toBe('example/main:0');
    expect(await run('rollout restart ds/agent -n shop')).toBe('daemonset.apps/agent restarted\n');
    expect(stored('DaemonSet', 'agent')).toMatchObject({
      spec: { template: { metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': expect.any(String) } } } },
    });
    expect(await run('rollout status ds/agent -n shop --watch=false')).toContain(
      'Waiting for daemon set spec update to be observed',
    );
    const generation = await field('.metadata.generation', 'ds agent');
    const ready = { desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 2 };
    const status = JSON.stringify({ status: { ...ready, observedGeneration: Number(generation) } });
    await run(['patch', 'ds', 'agent', '-n', 'shop', '--subresource=status', '--type=merge', '-p', status]);
    expect(await run('rollout status ds/agent -n shop')).toBe('daemon set "agent" successfully rolled out\n');
  });

  it('certificate approve and deny', async ({ skip }) => {
    skip(version === 'v1.18.2', 'kubectl 1.32 does not speak certificates v1beta1, which is all that v1.18 has');
    expect(await run('certificate approve csr-1')).toBe(
      'certificatesigningrequest.certificates.k8s.io/csr-1 approved\n',
    );
    await run('certificate deny csr-2');
    expect(await run('get csr')).toMatch(/^csr-1 .* Approved\ncsr-2 .* Denied$/m);
  });

  it('drain as the server would do it, with nothing done', async () => {
    const before = running.api.objects.resourceVersion();
    expect(await run('drain beta --dry-run=server --force --ignore-daemonsets')).toContain(
      'evicting pod shop/web-2 (server dry run)',
    );
    expect(running.api.objects.resourceVersion()).toBe(before);
    const evicted = running.api.requests.find((one) => one.resource === 'pods/eviction');
    expect(evicted).toMatchObject({ verb: 'create', dryRun: true, status: 201 });
  });

  it('refusals, in the words that people know', async () => {
    const patch = (what: string, text: string) => fails(['patch', ...what.split(' '), '-n', 'shop', '-p', text]);
    expect(await patch('svc web', '{"spec":{"externalTrafficPolicy":"Near"}}')).toBe(
      'The Service "web" is invalid: spec.externalTrafficPolicy: Unsupported value: "Near": supported values: "Cluster", "Local"\n',
    );
    expect(await patch('ds agent', '{"metadata":{"resourceVersion":"1"}}')).toBe(
      'Error from server (Conflict): Operation cannot be fulfilled on daemonsets.apps "agent": the object has been modified; please apply your changes to the latest version and try again\n',
    );
    expect(await patch('ippool default-ipv4-ippool', '{}')).toContain(
      'the body of the request was in an unknown format',
    );
  });
});
