/** A diagnosis' evidence against a cluster in memory: what is read, what is asked, and that no failure ends the rest. */
import { describe, expect, test } from 'vitest';
import { type CollectOptions, collectEvidence } from '../../src/collect/collect.ts';
import { ClusterError, UserError } from '../../src/core/errors.ts';
import { EVIDENCE_SCHEMAS, type EvidenceKind } from '../../src/core/evidence/kinds.ts';
import { type EvidenceBundle, evidenceKey, parseEvidenceBundle } from '../../src/core/evidence.ts';
import { CLUSTER, type ObjectRef, refText } from '../../src/core/object-ref.ts';
import { parseQuestion } from '../../src/core/parse-question.ts';
import type { Step } from '../../src/core/ports.ts';
import { clock, GROUPS, smallCluster } from '../support/cluster-objects.ts';
import { type Host, MemoryAgents } from '../support/memory-agents.ts';
import { MemoryCluster } from '../support/memory-cluster.ts';

const host: Host = ({ kind, params }) => {
  if (kind === 'node-tcp') {
    const targets = (params?.['targets'] ?? []) as { address: string; port: number }[];
    return targets.map((target) => ({ ...target, result: 'open', ms: 1 }));
  }
  if (kind === 'node-clock') return { now: new Date(clock.now()).toISOString(), bootedAt: new Date(0).toISOString() };
  if (kind === 'node-journal') return { lines: [], truncated: false };
  return undefined;
};
const three = () => new MemoryAgents({ n1: host, n2: host, n3: 'refuses' });

function cluster(): MemoryCluster {
  const made = new MemoryCluster(smallCluster());
  made.groups = GROUPS;
  for (const name of ['calico-node-n1', 'calico-node-n2', 'calico-node-n3'])
    made.texts.set(`/api/v1/namespaces/kube-system/pods/${name}/log`, 'line 1\nBearer abcdefghijklmnopqrstuvwx\n');
  return made;
}

async function collected(
  text: string,
  api: MemoryCluster = cluster(),
  agents: MemoryAgents = three(),
  options: Partial<CollectOptions> = {},
): Promise<EvidenceBundle> {
  const ports = { cluster: api, agents, clock };
  return await collectEvidence(parseQuestion([text]), ports, { id: 'dx-1', ...options });
}

function item(bundle: EvidenceBundle, kind: EvidenceKind, object: ObjectRef = CLUSTER, part?: string) {
  const key = evidenceKey(kind, object, part);
  const found = bundle.items.find((entry) => evidenceKey(entry.kind, entry.object, entry.part) === key);
  if (found === undefined) throw new Error(`not there: ${key}`);
  return found.status === 'collected' ? found.value : found.reason;
}

const keys = (bundle: EvidenceBundle) =>
  bundle.items.map(
    (entry) => `${entry.kind} ${refText(entry.object)}${entry.part === undefined ? '' : ` ${entry.part}`}`,
  );

const SERVICE = { kind: 'Service', namespace: 'shop', name: 'web' };

describe('why-not-reachable', () => {
  test('a NodePort: the Service behind it, endpoints, Pods, Calico, the control plane, and each node', async () => {
    const bundle = await collected('why-not-reachable 30080');
    expect(bundle.question.target).toMatchObject({ kind: 'NodePort', nodePort: 30080, namespace: 'shop', name: 'web' });
    expect(item(bundle, 'endpoints', SERVICE)).toMatchObject({
      source: 'EndpointSlice',
      endpoints: [{ ip: '10.20.1.5', ready: true }],
    });
    expect(item(bundle, 'pods', SERVICE)).toMatchObject({ total: 1, pods: [{ name: 'web-1', nodeName: 'n1' }] });
    expect(item(bundle, 'nodes')).toMatchObject({ total: 3 });
    expect(item(bundle, 'calico-install')).toMatchObject({
      kind: 'manifest',
      namespace: 'kube-system',
      version: '3.26.1',
      env: { IP: 'autodetect' },
      envFrom: { CALICO_NETWORKING_BACKEND: 'ConfigMap calico-config key calico_backend' },
      apiGroup: 'crd.projectcalico.org/v1',
    });
    expect(item(bundle, 'calico-ip-pools')).toMatchObject([
      { cidr: '10.20.0.0/16', ipipMode: 'Always', vxlanMode: 'Never' },
    ]);
    expect(item(bundle, 'calico-bgp-config')).toMatchObject({ present: false, meshEnabled: true, listenPort: 179 });
    expect(item(bundle, 'calico-block-affinities')).toMatchObject([{ node: 'n1', deleted: false }]);
    expect(item(bundle, 'network-ranges')).toEqual({
      serviceCidrs: ['10.30.0.0/16'],
      podCidrs: ['10.20.0.0/16'],
      source: 'ConfigMap kube-system/kubeadm-config',
    });
    expect(item(bundle, 'kube-proxy-config')).toEqual({
      mode: 'ipvs',
      nodePortAddresses: [],
      clusterCIDR: '10.20.0.0/16',
    });
    expect(item(bundle, 'leader-leases')).toMatchObject([{ component: 'kube-controller-manager', transitions: 3 }, {}]);
    expect(item(bundle, 'api-health')).toMatchObject({
      ok: true,
      checks: [{ name: 'ping', ok: true }, { name: 'etcd' }],
    });
    expect(item(bundle, 'services-without-endpoints')).toMatchObject([
      { namespace: 'shop', name: 'lonely' },
      { namespace: 'other', name: 'twin' },
      { namespace: 'shop', name: 'twin' },
    ]);
    expect(item(bundle, 'pods', { kind: 'Service', namespace: 'shop', name: 'lonely' })).toMatchObject({
      pods: [{ phase: 'Pending' }],
    });
    expect(
      item(bundle, 'workload', { kind: 'DaemonSet', namespace: 'kube-system', name: 'calico-node' }),
    ).toMatchObject({
      desired: 3,
      ready: 1,
      maxUnavailable: '1',
    });
    expect(item(bundle, 'pods', { kind: 'Component', name: 'control-plane' })).toMatchObject({ total: 1 });
    expect(item(bundle, 'pods', { kind: 'Node', name: 'n3' })).toMatchObject({ total: 2 });
    expect(bundle.agents).toEqual({ asked: ['n1', 'n2', 'n3'], total: 3, sampled: false });
  });

  test('every value fits its schema, items are sorted, and saved evidence reads back the same', async () => {
    const bundle = await collected('why-not-reachable 30080');
    for (const entry of bundle.items)
      if (entry.status === 'collected')
        expect(EVIDENCE_SCHEMAS[entry.kind].safeParse(entry.value).error, entry.kind).toBeUndefined();
    expect(keys(bundle)).toEqual([...new Set(keys(bundle))]);
    expect(parseEvidenceBundle(JSON.parse(JSON.stringify(bundle)))).toEqual(bundle);
  });

  test('no secret leaves: environment values, events and logs are redacted', async () => {
    const text = JSON.stringify(await collected('why-not-reachable 30080'));
    expect(text).toContain('"MODE"');
    expect(text).toContain('Secret s key k');
    for (const secret of ['hunter2', 'abcdefghijk', 'abcdefghijklmnopqrstuvwx']) expect(text).not.toContain(secret);
  });

  test('the five probes: endpoint, ClusterIP, every node at the NodePort, BGP and the underlay; P3 looks into the Pod', async () => {
    const agents = three();
    await collected('why-not-reachable 30080 at 192.0.2.77', cluster(), agents);
    const asked = agents.asked.find((entry) => entry.node.name === 'n1');
    const params = (kind: string) => asked?.requests.find((request) => request.kind === kind)?.params ?? {};
    const targets = (params('node-tcp')['targets'] as { address: string; port: number }[]).map(
      (t) => `${t.address}:${t.port}`,
    );
    expect(targets).toEqual([
      '10.20.1.5:8080',
      '10.30.0.10:80',
      '192.0.2.77:30080',
      '192.0.2.1:30080',
      '192.0.2.2:30080',
      '192.0.2.3:30080',
      '198.51.100.2:179',
      '192.0.2.3:179',
      '192.0.2.1:6443',
      '192.0.2.2:10250',
      '192.0.2.3:10250',
      '198.51.100.2:10250',
      '192.0.2.2:22',
      '192.0.2.3:22',
    ]);
    expect(params('node-route-get')['to']).toEqual(['10.20.1.5', '198.51.100.2', '192.0.2.2', '192.0.2.3']);
    expect(params('node-service-proxy')).toEqual({
      ports: [{ port: 30080, protocol: 'TCP' }],
      clusterIPs: ['10.30.0.10'],
    });
    expect(params('pod-listeners')).toEqual({ podUid: 'uid-web-1', namespace: 'shop', name: 'web-1' });
    expect(params('node-journal')['unit']).toBe('kubelet.service');
    expect(asked?.networks).toEqual(
      expect.arrayContaining(['10.20.0.0/16', '10.30.0.0/16', '192.0.2.77', '192.0.2.1', '198.51.100.2']),
    );
  });

  test('an address far from the nodes is no entry: agents are not told to connect there', async () => {
    const agents = three();
    await collected('why-not-reachable 30080 at 8.8.8.8', cluster(), agents);
    expect(JSON.stringify(agents.asked)).not.toContain('8.8.8.8');
  });

  test('an unknown NodePort is an answer', async () => {
    const bundle = await collected('why-not-reachable 31999');
    expect(bundle.question.target).toEqual({ kind: 'NodePort', nodePort: 31999 });
    expect(item(bundle, 'services')).toMatchObject({ total: 4 });
    expect(keys(bundle).filter((key) => key.startsWith('endpoints Service/shop'))).toEqual([]);
  });

  test('a Service by name, with its namespace found', async () => {
    const bundle = await collected('why-not-reachable web:http');
    expect(bundle.question.target).toEqual({ kind: 'Service', namespace: 'shop', name: 'web', port: 'http' });
  });

  test.each([
    ['why-not-reachable twin', 'name-ambiguous', 'other/twin, shop/twin'],
    ['why-not-reachable wbe', 'service-not-found', 'shop/web'],
    ['why-not-reachable other/web', 'service-not-found', 'shop/web'],
    ['why-not-reachable zzzzzzzz', 'service-not-found', ''],
  ])('%s: %s', async (text, code, candidates) => {
    const error = await collected(text).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).code).toBe(code);
    expect((error as UserError).data['candidates']).toBe(candidates);
  });

  test('where the selector matches no Pod, those of the namespace are read for the closest labels', async () => {
    const objects = smallCluster().filter((object) => object.metadata.name !== 'web-1');
    const api = new MemoryCluster(objects);
    const bundle = await collected('why-not-reachable 30080', api);
    expect(item(bundle, 'pods', SERVICE)).toEqual({ total: 0, pods: [] });
    expect(item(bundle, 'pods', { kind: 'Namespace', name: 'shop' })).toMatchObject({ total: 1 });
  });

  test.each([
    ['no EndpointSlices', { apps: ['v1'] }, 'v1.18.2', 'Endpoints'],
    ['EndpointSlices that kube-proxy does not use yet', { 'discovery.k8s.io': ['v1beta1'] }, 'v1.18.2', 'Endpoints'],
    ['EndpointSlice v1', { 'discovery.k8s.io': ['v1'] }, 'v1.29.3', 'EndpointSlice'],
  ])('discovery decides: %s', async (_, groups: Record<string, string[]>, gitVersion, source) => {
    const api = cluster();
    api.groups = groups;
    api.version = { gitVersion, major: '1', minor: `${gitVersion.split('.')[1]}+` };
    const bundle = await collected('why-not-reachable 30080', api);
    expect(item(bundle, 'endpoints', SERVICE)).toMatchObject({
      source,
      endpoints: [{ ip: '10.20.1.5', nodeName: 'n1' }],
    });
  });
});

describe('other questions', () => {
  test('a node: everything of it, and its peers only look at it', async () => {
    const agents = three();
    const bundle = await collected('diagnose node n3', cluster(), agents);
    expect(bundle.agents.asked).toEqual(['n1', 'n2', 'n3']);
    const of = (name: string) => agents.asked.find((entry) => entry.node.name === name)?.requests ?? [];
    expect(of('n1').map((request) => request.kind)).toEqual(['node-clock', 'node-tcp', 'node-route-get']);
    const units = of('n3').flatMap((request) => (request.kind === 'node-journal' ? [request.params?.['unit']] : []));
    expect(units).toEqual(['kubelet.service', 'containerd.service']);
    expect(item(bundle, 'node-units', { kind: 'Node', name: 'n3' })).toBe('agent on n3: connection refused');
    expect(item(bundle, 'node-journal', { kind: 'Node', name: 'n3' }, 'kubelet.service')).toBe(
      'agent on n3: connection refused',
    );
    expect(keys(bundle).filter((key) => key.startsWith('services'))).toEqual([]);
  });

  test('calico: its words and BGP, nothing about Services', async () => {
    const agents = three();
    const bundle = await collected('diagnose calico', cluster(), agents);
    const log = { kind: 'Pod', namespace: 'kube-system', name: 'calico-node-n2' };
    expect(item(bundle, 'pod-log', log, 'calico-node')).toMatchObject({
      lines: ['line 1', expect.stringContaining('[redacted]')],
    });
    expect(item(bundle, 'events', log)).toMatchObject([{ reason: 'Unhealthy', count: 7 }]);
    expect(keys(bundle).filter((key) => key.startsWith('services'))).toEqual([]);
  });
});

describe('failing forward', () => {
  const CODES = [
    'forbidden',
    'not-found',
    'gone',
    'throttled',
    'timeout',
    'server-error',
    'malformed',
    'too-large',
  ] as const;

  test.each(CODES)('services answered with %s: unavailable with a reason, the rest goes on', async (code) => {
    const bundle = await collected('why-not-reachable 30080', cluster().fail(/\/services$/, code));
    expect(item(bundle, 'services')).toContain(code);
    expect(item(bundle, 'nodes')).toMatchObject({ total: 3 });
    expect(bundle.agents.asked).toEqual(['n1', 'n2', 'n3']);
  });

  test.each(['unreachable', 'unauthorised'] as const)('an API server that is %s ends it', async (code) => {
    const error = await collected('why-not-reachable 30080', cluster().fail(/./, code)).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(ClusterError);
    expect((error as ClusterError).code).toBe(code);
  });

  test('an API server that hangs is as good as not there', async () => {
    const error = await collected('why-not-reachable 30080', cluster().hang(/./), three(), { deadlineMs: 100 }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: 'unreachable', message: 'the diagnosis ran out of time (0.1 s)' });
  });

  test('a read that never ends costs only itself, at the deadline', async () => {
    const bundle = await collected('why-not-reachable 30080', cluster().hang(/ippools/), three(), { deadlineMs: 300 });
    expect(item(bundle, 'calico-ip-pools')).toBe('the diagnosis ran out of time (0.3 s)');
    expect(item(bundle, 'endpoints', SERVICE)).toMatchObject({ objects: 1 });
  });

  test('agents that refuse, hang, lie about their name or leave answers out: unavailable, each for itself', async () => {
    const agents = new MemoryAgents({ n1: host, n2: 'hangs', n3: 'lies' });
    const bundle = await collected('why-not-reachable 30080', cluster(), agents, { agentDeadlineMs: 200 });
    const at = (name: string) => item(bundle, 'node-routes', { kind: 'Node', name });
    expect(at('n1')).toBe('this host has no such thing');
    expect(at('n2')).toBe('agent on n2: no answer within 0.3 s');
    expect(at('n3')).toBe('the agent at the address of n3 says that it is node another');
    const forgets = new MemoryAgents({ n1: 'forgets' });
    expect(
      item(await collected('diagnose node n1', cluster(), forgets), 'node-units', { kind: 'Node', name: 'n1' }),
    ).toContain('left');
  });

  test('a value of another form is unavailable, not a guess', async () => {
    const agents = new MemoryAgents({ n1: ({ kind }) => (kind === 'node-routes' ? { not: 'routes' } : undefined) });
    const bundle = await collected('why-not-reachable 30080', cluster(), agents);
    expect(item(bundle, 'node-routes', { kind: 'Node', name: 'n1' })).toContain('does not have the form');
  });

  test('agents switched off: nothing is asked, and each fact says why', async () => {
    const agents = three();
    agents.enabled = false;
    const bundle = await collected('why-not-reachable 30080', cluster(), agents);
    expect(agents.asked).toEqual([]);
    expect(bundle.agents).toEqual({ asked: [], total: 3, sampled: false });
    expect(item(bundle, 'node-tcp', { kind: 'Node', name: 'n1' })).toBe('agent on n1: agents are switched off');
  });

  test('cancelled: the reason is thrown, and nothing goes on reading', async () => {
    const stop = new AbortController();
    const running = collected('why-not-reachable 30080', cluster().hang(/nodes$/), three(), { signal: stop.signal });
    stop.abort(new Error('cancelled by a person'));
    await expect(running).rejects.toThrow('cancelled by a person');
  });

  test('whatever part of the API fails, there is a bundle', async () => {
    const whole = cluster();
    await collected('why-not-reachable 30080', whole);
    const paths = [...new Set(whole.reads.map((read) => read.path))].filter((path) => path !== '/version');
    let seed = 7;
    const random = () => {
      seed = (seed * 48271) % 2147483647;
      return seed / 2147483647;
    };
    for (let round = 0; round < 40; round++) {
      const dead = new Set(paths.filter(() => random() < 0.3));
      const api = cluster();
      api.faults.push(({ path }) => (dead.has(path) ? Promise.reject(new Error(`killed ${path}`)) : undefined));
      const bundle = await collected('why-not-reachable 30080', api);
      expect(parseEvidenceBundle(JSON.parse(JSON.stringify(bundle))).items.length, [...dead].join(' ')).toBeGreaterThan(
        5,
      );
    }
  });
});

test('the steps are told in their order, and end', async () => {
  const told: (readonly Step[])[] = [];
  await collected('why-not-reachable 30080', cluster(), three(), { onProgress: (steps) => told.push(steps) });
  const last = told.at(-1) ?? [];
  expect(last.map((step) => step.name)).toEqual(['service', 'endpoints', 'nodes', 'cluster', 'agents', 'paths']);
  expect(last.find((step) => step.name === 'agents')).toEqual({ name: 'agents', state: 'partial', done: 2, total: 3 });
  expect(last.filter((step) => step.state === 'running')).toEqual([]);
});
