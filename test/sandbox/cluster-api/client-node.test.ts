/** The emulator seen through the real @kubernetes/client-node: reading, selecting, paging, access, logs. */
import {
  ApiException,
  AuthorizationV1Api,
  CoordinationV1Api,
  CoreV1Api,
  CustomObjectsApi,
  DiscoveryV1Api,
  VersionApi,
} from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pod, RECORDED_AT, smallCluster } from './fixtures.ts';
import { ADMIN_TOKEN, type Running, SHOP_TOKEN, start } from './support.ts';

/** The status and the message of the Status in a rejection. */
async function failure(promise: Promise<unknown>): Promise<{ code: number; message: string; reason: string }> {
  const error: unknown = await promise.then(
    () => new Error('the request was answered'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof ApiException)) throw error;
  const status = JSON.parse(String(error.body)) as { message: string; reason: string };
  return { code: error.code, message: status.message, reason: status.reason };
}

const names = (list: { items: { metadata?: { name?: string } }[] }) => list.items.map((one) => one.metadata?.name);

describe('client-node', () => {
  let running: Running;
  let core: CoreV1Api;
  let shop: CoreV1Api;

  beforeAll(async () => {
    const many = Array.from({ length: 25 }, (_, i) => pod('bulk', `bulk-${String(i).padStart(2, '0')}`, 'alpha'));
    running = await start({ objects: [...smallCluster(), ...many] });
    core = running.config().makeApiClient(CoreV1Api);
    shop = running.config(SHOP_TOKEN).makeApiClient(CoreV1Api);
  });
  afterAll(async () => {
    await running.stop();
  });

  it('reads by client certificate and by token, and each request is recorded under its user', async () => {
    const node = await core.readNode({ name: 'alpha' });
    expect(node.status?.nodeInfo?.kubeletVersion).toBe('v1.18.2');
    await running.config(ADMIN_TOKEN).makeApiClient(CoreV1Api).readNode({ name: 'beta' });
    const last = running.api.requests.slice(-2);
    expect(last.map((r) => [r.user, r.verb, r.path, r.status])).toEqual([
      ['kubernetes-admin', 'get', '/api/v1/nodes/alpha', 200],
      ['root', 'get', '/api/v1/nodes/beta', 200],
    ]);
    expect(last[0]?.bytes).toBeGreaterThan(100);
  });

  it('shifts times so that ages are right now', async () => {
    const [event] = (await core.listNamespacedEvent({ namespace: 'shop' })).items;
    const minutes = (Date.now() - Number(event?.lastTimestamp)) / 60_000;
    expect(minutes).toBeGreaterThan(19.9);
    expect(minutes).toBeLessThan(21);
    const lease = await running.config().makeApiClient(CoordinationV1Api).readNamespacedLease({
      namespace: 'kube-node-lease',
      name: 'alpha',
    });
    // client-node 1.4.0 types it as a date but gives the string.
    const renewed = Date.parse(String(lease.spec?.renewTime));
    expect(Math.abs(Date.now() - renewed - 5000)).toBeLessThan(60_000);
    expect(lease.spec?.renewTime).toMatch(/\.\d{6}Z$/);
  });

  it('selects by labels and fields, in one namespace and in all', async () => {
    expect(names(await core.listPodForAllNamespaces({ fieldSelector: 'spec.nodeName=beta' }))).toEqual(['web-2']);
    expect(names(await core.listPodForAllNamespaces({ labelSelector: 'app in (web, tool)' }))).toEqual([
      'tool-1',
      'web-1',
      'web-2',
    ]);
    const both = { namespace: 'shop', labelSelector: 'app=web', fieldSelector: 'metadata.name!=web-1' };
    expect(names(await core.listNamespacedPod(both))).toEqual(['web-2']);
    const event = 'involvedObject.kind=Pod,involvedObject.uid=uid-web-2,type=Warning,reason=NodeNotReady';
    expect(names(await core.listEventForAllNamespaces({ fieldSelector: event }))).toEqual(['web-2.1']);
    const wrong = await failure(core.listNamespacedService({ namespace: 'shop', fieldSelector: 'spec.type=NodePort' }));
    expect(wrong.code).toBe(400);
  });

  it('pages through a list that stays as it was when the first page was read', async () => {
    const seen: string[] = [];
    const first = await core.listNamespacedPod({ namespace: 'bulk', limit: 10 });
    expect(first.metadata?.remainingItemCount).toBe(15);
    running.api.objects.put(pod('bulk', 'bulk-10-later', 'alpha'));
    running.api.objects.delete({ apiVersion: 'v1', kind: 'Pod', namespace: 'bulk', name: 'bulk-20' });
    let page = first;
    for (;;) {
      seen.push(...names(page).map(String));
      const token = page.metadata?._continue;
      if (token === undefined) break;
      page = await core.listNamespacedPod({ namespace: 'bulk', limit: 10, _continue: token });
      expect(page.metadata?.resourceVersion).toBe(first.metadata?.resourceVersion);
    }
    expect(seen).toHaveLength(25);
    expect(seen).toContain('bulk-20');
    expect(seen).not.toContain('bulk-10-later');
  });

  it('answers 410 to a continue token from before a compaction', async () => {
    const page = await core.listNamespacedPod({ namespace: 'bulk', limit: 5 });
    running.api.objects.compact();
    const token = page.metadata?._continue ?? '';
    const gone = await failure(core.listNamespacedPod({ namespace: 'bulk', limit: 5, _continue: token }));
    expect(gone).toMatchObject({ code: 410, reason: 'Expired' });
    const garbled = await failure(core.listNamespacedPod({ namespace: 'bulk', limit: 5, _continue: 'abc' }));
    expect(garbled.code).toBe(400);
  });

  it('forbids in the words of RBAC', async () => {
    expect(names(await shop.listNamespacedPod({ namespace: 'shop' }))).toEqual(['web-1', 'web-2']);
    expect(await failure(shop.listNode())).toMatchObject({
      code: 403,
      reason: 'Forbidden',
      message: 'nodes is forbidden: User "shopper" cannot list resource "nodes" in API group "" at the cluster scope',
    });
    expect((await shop.readNode({ name: 'alpha' })).metadata?.name).toBe('alpha');
    expect((await failure(shop.readNode({ name: 'beta' }))).message).toBe(
      'nodes "beta" is forbidden: User "shopper" cannot get resource "nodes" in API group "" at the cluster scope',
    );
    expect((await failure(shop.readNamespacedPodLog({ namespace: 'default', name: 'tool-1' }))).message).toBe(
      'pods "tool-1" is forbidden: User "shopper" cannot get resource "pods/log" in API group "" in the namespace "default"',
    );
    const lease = running.config(SHOP_TOKEN).makeApiClient(CoordinationV1Api);
    expect((await failure(lease.listNamespacedLease({ namespace: 'kube-node-lease' }))).message).toBe(
      'leases.coordination.k8s.io is forbidden: User "shopper" cannot list resource "leases" in API group "coordination.k8s.io" in the namespace "kube-node-lease"',
    );
  });

  it('answers what one may do', async () => {
    const access = running.config(SHOP_TOKEN).makeApiClient(AuthorizationV1Api);
    const ask = async (resourceAttributes: object) =>
      (await access.createSelfSubjectAccessReview({ body: { spec: { resourceAttributes } } })).status?.allowed;
    expect(await ask({ verb: 'list', resource: 'pods', namespace: 'shop' })).toBe(true);
    expect(await ask({ verb: 'list', resource: 'pods' })).toBe(false);
    expect(await ask({ verb: 'get', resource: 'pods', subresource: 'log', namespace: 'shop' })).toBe(true);
    expect(await ask({ verb: 'delete', resource: 'pods', namespace: 'shop' })).toBe(false);
    const rules = await access.createSelfSubjectRulesReview({ body: { spec: { namespace: 'shop' } } });
    expect(rules.status?.resourceRules[0]).toEqual({
      apiGroups: [''],
      resources: ['pods', 'pods/log'],
      verbs: ['get', 'list', 'watch'],
    });
  });

  it('says not found as the real server does', async () => {
    expect(await failure(core.readNamespacedPod({ namespace: 'shop', name: 'gone' }))).toMatchObject({
      code: 404,
      reason: 'NotFound',
      message: 'pods "gone" not found',
    });
    const slices = running.config().makeApiClient(DiscoveryV1Api);
    await expect(slices.listEndpointSliceForAllNamespaces()).rejects.toMatchObject({ code: 404 });
  });

  it('forbids a write without the right, and changes nothing', async () => {
    const denied = await failure(shop.deleteNamespacedPod({ namespace: 'shop', name: 'web-1' }));
    expect(denied.code).toBe(403);
    expect((await core.readNamespacedPod({ namespace: 'shop', name: 'web-1' })).metadata?.name).toBe('web-1');
  });

  it('serves custom resources that are only known from their objects', async () => {
    const custom = running.config().makeApiClient(CustomObjectsApi);
    const pools = (await custom.listClusterCustomObject({
      group: 'crd.projectcalico.org',
      version: 'v1',
      plural: 'ippools',
    })) as { kind: string; items: { kind: string; spec: unknown }[] };
    expect(pools.kind).toBe('IPPoolList');
    expect(pools.items[0]).toMatchObject({ kind: 'IPPool', spec: { cidr: '10.1.0.0/16' } });
  });

  it('says its version, and refuses a host that is not loopback', async () => {
    expect((await running.config().makeApiClient(VersionApi).getCode()).gitVersion).toBe('v1.18.2');
    await expect(start({ host: '0.0.0.0' })).rejects.toThrow('only listens on 127.0.0.1');
    await expect(start({ version: '1.18' })).rejects.toThrow('give it as v1.18.2');
    expect(() => running.api.kubeconfig('nobody')).toThrow('no identity "nobody"');
  });

  it('serves EndpointSlices of one version as the other', async () => {
    const slice = {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { namespace: 'shop', name: 'web-abc', labels: { 'kubernetes.io/service-name': 'web' } },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.1.0.7'], nodeName: 'alpha', conditions: { ready: true } }],
      ports: [{ port: 8080 }],
    };
    const both = await start({ version: 'v1.22.0', objects: [slice], timeShiftMs: Date.now() - RECORDED_AT });
    const custom = both.config().makeApiClient(CustomObjectsApi);
    const read = (version: string) =>
      custom.listNamespacedCustomObject({
        group: 'discovery.k8s.io',
        version,
        namespace: 'shop',
        plural: 'endpointslices',
      });
    expect(await read('v1')).toMatchObject({ items: [{ endpoints: [{ nodeName: 'alpha' }] }] });
    expect(await read('v1beta1')).toMatchObject({
      apiVersion: 'discovery.k8s.io/v1beta1',
      items: [{ endpoints: [{ topology: { 'kubernetes.io/hostname': 'alpha' } }] }],
    });
    await both.stop();
  });
});
