/** The emulator seen through a real kubectl; left out, and counted as skipped, where there is none. */
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ago, pod, smallCluster } from './fixtures.ts';
import { hasKubectl, NO_KUBECTL, type Running, SHOP_TOKEN, start } from './support.ts';

const available = await hasKubectl();

const LOG = [
  '2024-03-10 11:50:00.000 [INFO] starting',
  'a line without a time',
  'I0310 11:58:00.000000       1 main.go:1] later',
  'I0310 11:59:30.000000       1 main.go:2] last',
  '',
].join('\n');

const crashed = pod('shop', 'crash-1', 'alpha', {
  status: {
    phase: 'Running',
    containerStatuses: [
      {
        name: 'main',
        image: 'example/main:1',
        imageID: '',
        ready: false,
        restartCount: 4,
        state: { waiting: { reason: 'CrashLoopBackOff' } },
        lastState: { terminated: { exitCode: 1, reason: 'Error', finishedAt: ago(150_000), startedAt: ago(151_000) } },
      },
    ],
  },
});

const two = pod('shop', 'two-1', 'alpha', {
  spec: { nodeName: 'alpha', containers: [{ name: 'a' }, { name: 'b' }], initContainers: [{ name: 'i' }] },
});

const creating = pod('shop', 'creating-1', 'alpha', {
  status: {
    phase: 'Pending',
    containerStatuses: [
      {
        name: 'main',
        image: '',
        imageID: '',
        ready: false,
        restartCount: 0,
        state: { waiting: { reason: 'ContainerCreating' } },
      },
    ],
  },
});

const pending = pod('shop', 'pending-1', '', {
  spec: { containers: [{ name: 'main' }] },
  status: { phase: 'Pending' },
});

describe.each(['v1.18.2', 'v1.33.1'])('kubectl against a %s server', (version) => {
  let running: Running;
  const out = async (args: string, identity?: string) => (await running.kubectl(args, identity)).stdout;
  const err = async (args: string, identity?: string) => {
    const { code, stderr } = await running.kubectl(args, identity);
    expect(code).not.toBe(0);
    return stderr;
  };

  beforeEach(({ skip }) => skip(!available, NO_KUBECTL));
  beforeAll(async () => {
    running = await start({
      version,
      objects: smallCluster([crashed, two, creating, pending]),
      logs: { 'shop/web-1/main': LOG, 'shop/crash-1/main': 'again\n' },
      previousLogs: { 'shop/crash-1/main': 'it broke\n' },
      kubelets: {},
    });
  });
  afterAll(async () => {
    await running.stop();
  });

  it('get nodes shows status, roles and ages as recorded', async () => {
    expect(await out('get nodes')).toBe(
      [
        'NAME    STATUS     ROLES    AGE   VERSION',
        'alpha   Ready      master   28d   v1.18.2',
        'beta    NotReady   <none>   28d   v1.18.2',
        '',
      ].join('\n'),
    );
    expect(await out('get node alpha -o wide')).toMatch(
      /^alpha +Ready +master +28d +v1.18.2 +192.0.2.11 +<none> +Ubuntu 18.04.4 LTS +4.15.0-99-generic +docker:\/\/19.3.8$/m,
    );
  });

  it('get pods shows readiness, reasons, restarts and nodes', async () => {
    const table = await out('get pods -n shop -o wide');
    const restarts = version === 'v1.18.2' ? '4' : String.raw`4 \(2m3\ds ago\)`;
    expect(table).toMatch(
      new RegExp(`^crash-1 +0/1 +CrashLoopBackOff +${restarts} +3h12m +<none> +alpha +<none> +<none>$`, 'm'),
    );
    expect(table).toMatch(/^pending-1 +0\/1 +Pending +0 +3h12m +<none> +<none>/m);
    expect(table).toMatch(/^web-2 +1\/1 +Running +0 +3h12m +10.1.0.7 +beta/m);
  });

  it('get svc, ep, ns, events and leases', async () => {
    expect(await out('get svc -n shop -o wide')).toMatch(
      /^web +NodePort +10.96.0.20 +<none> +80:30080\/TCP +12d +app=web$/m,
    );
    expect(await out('get ep -n shop')).toMatch(/^web +10.1.0.7:8080 +12d$/m);
    expect(await out('get ns')).toMatch(/^shop +Active +28d$/m);
    expect(await out('get events -n shop')).toMatch(/^20m +Warning +NodeNotReady +pod\/web-2 +Node is not ready$/m);
    expect(await out('get lease -A')).toMatch(/^kube-node-lease +alpha +alpha +28d$/m);
    expect(await out('get ippools')).toMatch(/^default-ipv4-ippool +28d$/m);
  });

  it('selects, pages and names', async () => {
    expect(await out('get pods -A --chunk-size=2 --field-selector spec.nodeName=beta -o name')).toBe('pod/web-2\n');
    expect((await out('get pods -A --chunk-size=2 -o name')).trim().split('\n')).toHaveLength(7);
    expect(await out('get pods -n shop -l app=web -o name')).toBe('pod/web-1\npod/web-2\n');
    expect(await err('get pods -A --field-selector spec.image=x')).toContain('field label not supported: spec.image');
  });

  it('-o json and -o yaml give the whole object, -o jsonpath a part', async () => {
    const node = JSON.parse(await out('get node alpha -o json')) as { kind: string; spec: object };
    expect(node).toMatchObject({ kind: 'Node', apiVersion: 'v1', spec: { podCIDR: '10.1.0.0/24' } });
    expect(await out('get ippool default-ipv4-ippool -o yaml')).toContain('kind: IPPool\n');
    expect(await out('get nodes -o jsonpath={.items[*].status.addresses[0].address}')).toBe('192.0.2.11 192.0.2.12');
  });

  it('describes a node with its pods, lease and state', async () => {
    const text = await out('describe node alpha');
    expect(text).toMatch(/HolderIdentity: +alpha/);
    expect(text).toMatch(/Non-terminated Pods: +\(5 in total\)/);
    expect(text).toMatch(/shop +web-1 .*3h12m/);
    expect(await out('describe node beta')).toContain('Kubelet stopped posting node status.');
  });

  it('describes a pod with its events, and a service', async () => {
    expect(await out('describe pod web-2 -n shop')).toMatch(
      /Warning +NodeNotReady +20m +node-controller +Node is not ready/,
    );
    expect(await out('describe svc web -n shop')).toMatch(/NodePort: +http +30080\/TCP/);
  });

  it('logs: whole, tail, since, previous', async () => {
    expect(await out('logs -n shop web-1')).toBe(LOG);
    expect(await out('logs -n shop web-1 --tail=1')).toBe(LOG.split('\n').slice(3).join('\n'));
    expect(await out('logs -n shop web-1 --since=5m')).toBe(LOG.split('\n').slice(2).join('\n'));
    expect(await out('logs -n shop crash-1')).toBe('again\n');
    expect(await out('logs -n shop crash-1 --previous')).toBe('it broke\n');
    expect(await out('logs -n shop pending-1')).toBe('');
    expect((await out('logs -n shop web-1 --timestamps --tail=1')).slice(0, 11)).toMatch(/^\d{4}-\d\d-\d\dT/);
  });

  it('log errors in the words of kubelet and API server', async () => {
    expect(await err('logs -n shop web-1 --previous')).toContain(
      'previous terminated container "main" in pod "web-1" not found',
    );
    expect(await err('logs -n shop creating-1')).toContain(
      'container "main" in pod "creating-1" is waiting to start: ContainerCreating',
    );
    expect(await err('logs -n shop gone')).toContain('pods "gone" not found');
    const url = 'https://192.0.2.12:10250/containerLogs/shop/web-2/main';
    const shown = version === 'v1.18.2' ? url : `"${url}"`;
    expect(await err('logs -n shop web-2')).toBe(
      `Error from server: Get ${shown}: dial tcp 192.0.2.12:10250: connect: connection refused\n`,
    );
    const raw = await err('get --raw /api/v1/namespaces/shop/pods/two-1/log');
    expect(raw).toContain(
      'a container name must be specified for pod two-1, choose one of: [a b] or one of the init containers: [i]',
    );
  });

  it('says what is forbidden, and what one may do', async () => {
    expect(await err('get nodes', SHOP_TOKEN)).toBe(
      'Error from server (Forbidden): nodes is forbidden: User "shopper" cannot list resource "nodes" in API group "" at the cluster scope\n',
    );
    expect(await out('auth can-i list pods -n shop', SHOP_TOKEN)).toBe('yes\n');
    expect(await out('auth can-i get pods --subresource=log -n shop', SHOP_TOKEN)).toBe('yes\n');
    expect(await out('auth can-i delete pods -n shop', SHOP_TOKEN)).toBe('no\n');
    expect(await out('auth can-i --list -n shop', SHOP_TOKEN)).toMatch(/^pods\/log +\[\] +\[\] +\[get list watch\]$/m);
  });

  it('health by path', async () => {
    expect(await out('get --raw /readyz?verbose')).toMatch(/^\[\+\]ping ok\n[\s\S]*readyz check passed\n$/);
    expect(await out('version')).toContain(`Server Version: ${version}`);
  });

  it('waits for a condition by watching', async () => {
    const late = pod('shop', 'late-1', 'alpha');
    running.api.objects.put({ ...late, status: { phase: 'Pending', conditions: [] } });
    const waiting = running.kubectl('wait --for=condition=Ready pod/late-1 -n shop --timeout=15s');
    const isWatching = () => running.api.requests.some((r) => r.verb === 'watch' && r.query.includes('late-1'));
    await vi.waitFor(() => expect(isWatching()).toBe(true), { timeout: 10_000, interval: 20 });
    running.api.objects.put(late);
    const { stdout } = await waiting;
    expect(stdout).toBe('pod/late-1 condition met\n');
    running.api.objects.delete({ apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: 'late-1' });
  });
});
