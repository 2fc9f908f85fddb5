/** Fixes of Services: on generated clusters from fault to plan, what must be refused, and there and back on an API server. */
import { describe, expect, it } from 'vitest';
import { namespacedRef } from '../../src/core/object-ref.ts';
import { stateOf } from '../../src/core/object-state.ts';
import { fixServiceSelector } from '../../src/remediations/fix-service-selector.ts';
import { fixServiceTargetPort } from '../../src/remediations/fix-service-target-port.ts';
import { setExternalTrafficPolicy } from '../../src/remediations/set-external-traffic-policy.ts';
import { generateCluster } from '../../src/sandbox/cluster/simulate/generate.ts';
import { renderCluster } from '../../src/sandbox/cluster/simulate/render.ts';
import { pod as podEvidence } from '../rules/workload/kit.ts';
import { known } from '../support/evidence.ts';
import { planOn } from '../support/plan.ts';
import { draftIn, LIVING, planIn, refusedAs, thereAndBack, type World } from './application-kit.ts';
import { drafted, linesOfDraft, spoken } from './plan-kit.ts';

const SERVICE = namespacedRef('Service', 'shop', 'web');
const service = (spec: object = {}, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'shop', ...metadata },
  spec: {
    type: 'NodePort',
    clusterIP: '10.96.0.9',
    selector: { app: 'web' },
    externalTrafficPolicy: 'Cluster',
    ports: [
      { name: 'admin', port: 9000, protocol: 'TCP', targetPort: 9000, nodePort: 30090 },
      { name: 'http', port: 80, protocol: 'TCP', targetPort: 8080, nodePort: 30080 },
    ],
    ...spec,
  },
});
const pod = (name: string, labels: object, owner: string | null = 'web-5d9') => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name,
    namespace: 'shop',
    labels: { 'pod-template-hash': '5d9', ...labels },
    ...(owner === null
      ? {}
      : {
          ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: owner, uid: owner, controller: true }],
        }),
  },
  spec: { nodeName: 'n1', containers: [{ name: 'web', image: 'nginx:1.27' }] },
});
const ARGO = { labels: { 'argocd.argoproj.io/instance': 'shop' } };

describe.each([
  ['service-target-port-wrong', fixServiceTargetPort],
  ['service-selector-mismatch', fixServiceSelector],
  ['external-traffic-policy-local', setExternalTrafficPolicy],
] as const)('%s on generated clusters', (fault, remediation) => {
  it.each([11, 12, 13, 14])('seed %d', { timeout: 60_000 }, async (seed) => {
    const { model, expect: wanted } = generateCluster(seed, { fault });
    const object = wanted.object ?? SERVICE;
    const right = model.services.find((one) => one.name === object.name && one.namespace === object.namespace);
    const listening = model.pods
      .filter((one) => one.namespace === object.namespace)
      .flatMap((one) => one.containers.flatMap((container) => container.listens.map((socket) => socket.port)));
    const params = fault === 'service-target-port-wrong' ? portParams(listening, right?.ports[0]?.targetPort) : {};
    const draft = drafted(
      await planOn(renderCluster(model), { words: wanted.question, rule: fault, object, remediation, params }),
    );
    expect(draft.object).toEqual(object);
    expect(draft.steps).toHaveLength(1);
    expect(draft.undo).toHaveLength(1);
    for (const line of linesOfDraft(draft)) expect(spoken(remediation, line)).not.toMatch(/[{}]|undefined/);
    expect(draft.rights.map((right) => `${right.verb} ${right.resource} ${right.name}`)).toEqual([
      `get services ${object.name}`,
      `patch services ${object.name}`,
    ]);
    expect(draft.expect.questions[0]?.type).toBe('why-not-reachable');
  });
});

/** What the rule's hint gives: the port on which the application listens. */
function portParams(listening: readonly number[], wrong: number | string | undefined) {
  const port = listening.find((one) => one !== wrong);
  if (port === undefined) throw new Error('nobody listens');
  return { targetPort: port };
}

const listens = (port: number, address = '0.0.0.0') => [
  ...LIVING,
  known('pods', { total: 1, pods: [podEvidence('web-5d9-a', { podIPs: ['10.1.1.1'] })] }, SERVICE),
  known('pod-listeners', [{ protocol: 'tcp', family: 4, address, port }], namespacedRef('Pod', 'shop', 'web-5d9-a')),
];
const PORT: World = {
  remediation: fixServiceTargetPort,
  object: SERVICE,
  data: { service: 'shop/web', port: 80, target: 8080 },
  params: { targetPort: 3000 },
  items: listens(3000),
  objects: [service()],
};

describe('fix-service-target-port', () => {
  it('changes exactly that port entry', async () => {
    const draft = await draftIn(PORT);
    expect(draft.steps).toMatchObject([
      {
        verb: 'patch',
        patch: 'json',
        body: [
          { op: 'test', path: '/spec/ports/1/port', value: 80 },
          { op: 'test', path: '/spec/ports/1/targetPort', value: 8080 },
          { op: 'replace', path: '/spec/ports/1/targetPort', value: 3000 },
        ],
      },
    ]);
    expect(spoken(fixServiceTargetPort, draft.title)).toBe('Send port 80 of Service shop/web to 3000 in place of 8080');
  });

  it.each<[string, Partial<World>, string]>([
    ['no port is named', { params: {} }, 'no-port'],
    ['the port is no port', { params: { targetPort: 70_000 } }, 'bad-port'],
    ['the port is no name', { params: { targetPort: 'a_b; rm' } }, 'bad-port'],
    ['nobody is seen to listen there', { params: { targetPort: 3001 } }, 'unproven'],
    ['the listener is for the Pod alone', { items: listens(3000, '127.0.0.1') }, 'unproven'],
    ['no evidence at all', { items: LIVING }, 'unproven'],
    ['it is so already', { objects: [service({ ports: [{ port: 80, protocol: 'TCP', targetPort: 3000 }] })] }, 'same'],
    [
      'somebody set another port meanwhile',
      { objects: [service({ ports: [{ port: 80, protocol: 'TCP', targetPort: 81 }] })] },
      'changed',
    ],
    [
      'two ports of that number',
      { objects: [service({ ports: ['TCP', 'UDP'].map((protocol) => ({ port: 80, protocol, targetPort: 8080 })) })] },
      'two-ports',
    ],
    ['Argo CD keeps it', { objects: [service({}, ARGO)] }, 'reverts-argo-cd'],
    ['the Service is gone', { objects: [] }, 'absent'],
    [
      'the Service is being deleted',
      { objects: [service({}, { deletionTimestamp: '2026-01-01T00:00:00Z' })] },
      'leaving',
    ],
    ['it cannot be read', { forbidden: /services/ }, 'unreadable'],
    ['the object is none of its kind', { object: namespacedRef('Pod', 'shop', 'web') }, 'wrong-kind'],
  ])('refuses where %s', async (_, change, text) => {
    expect(await refusedAs({ ...PORT, ...change })).toBe(text);
  });

  it('takes a readiness probe of a Ready Pod as proof, but not on a silent node', async () => {
    const container = { name: 'web', image: 'x', env: [], requests: {}, limits: {} };
    const ready = podEvidence('web-5d9-a', {
      containers: [
        {
          ...container,
          ports: [{ name: 'http', containerPort: 3000, protocol: 'TCP' }],
          readinessProbe: { type: 'http', port: 'http' },
        },
      ],
    });
    const items = [...LIVING, known('pods', { total: 1, pods: [ready] }, SERVICE)];
    const draft = await draftIn({ ...PORT, items, params: { targetPort: 'http' } });
    expect(draft.checksBefore.map((line) => line.text)).toEqual(['probed']);
    const away = [...LIVING, known('pods', { total: 1, pods: [{ ...ready, nodeName: 'gone' }] }, SERVICE)];
    expect(await refusedAs({ ...PORT, items: away.slice(2), params: { targetPort: 'http' } })).toBe('unproven');
  });

  it('there and back restores the Service exactly', async () => {
    const { before, changed, after } = await thereAndBack(PORT);
    expect((changed['spec'] as { ports: object[] }).ports[1]).toMatchObject({ targetPort: 3000, nodePort: 30080 });
    expect((changed['spec'] as { ports: object[] }).ports[0]).toMatchObject({ targetPort: 9000 });
    expect(stateOf(after)).toEqual(stateOf(before));
  });
});

const SELECTOR: World = {
  remediation: fixServiceSelector,
  object: SERVICE,
  data: { closest: 'web-5d9-a' },
  objects: [
    service({ selector: { app: 'webb', tier: 'front' } }),
    pod('web-5d9-a', { app: 'web', tier: 'front' }),
    pod('web-5d9-b', { app: 'web', tier: 'front' }),
    pod('db-5d9-a', { app: 'db', tier: 'front' }, 'db-5d9'),
  ],
};
const withPods = (selector: object, ...pods: World['objects']): Partial<World> => ({
  objects: [service({ selector }), ...pods],
});
const WEB = pod('web-5d9-a', { app: 'web', tier: 'front' });

describe('fix-service-selector', () => {
  it('takes the label of the Pod that is meant, and says what the new selector matches', async () => {
    const draft = await draftIn(SELECTOR);
    expect(draft.steps).toMatchObject([
      { patch: 'merge', body: { spec: { selector: { app: 'web', tier: 'front' } } } },
    ]);
    expect(draft.undo).toMatchObject([{ body: { spec: { selector: { app: 'webb', tier: 'front' } } } }]);
    expect(draft.checksBefore.map((line) => spoken(fixServiceSelector, line))).toEqual([
      'app=web, tier=front matches 2 of 3 Pods in namespace shop: web-5d9-a, web-5d9-b. All belong to Deployment web.',
    ]);
  });

  it('finds the value under another key, and takes the old key away', async () => {
    const draft = await draftIn({ ...SELECTOR, ...withPods({ 'k8s-app': 'web' }, WEB) });
    expect(draft.steps).toMatchObject([{ body: { spec: { selector: { 'k8s-app': null, app: 'web' } } } }]);
  });

  it.each<[string, Partial<World>, string]>([
    [
      'it would take Pods of another workload too',
      withPods({ app: 'x', tier: 'front' }, WEB, pod('db', { app: 'web', tier: 'front' }, 'db-5d9')),
      'others',
    ],
    ['it would take a bare Pod too', withPods({ app: 'webb' }, WEB, pod('bare', { app: 'web' }, null)), 'others'],
    [
      'the Pod that is meant has no workload',
      withPods({ app: 'webb' }, pod('web-5d9-a', { app: 'web' }, null)),
      'bare',
    ],
    ['the Pod that is meant is gone', withPods({ app: 'webb' }), 'no-pod'],
    ['nothing of the selector would be left', withPods({ colour: 'red' }, WEB), 'empty'],
    ['only the hash of a template is left', withPods({ 'pod-template-hash': '111' }, WEB), 'generated'],
    ['it matches meanwhile', withPods({ app: 'web' }, WEB), 'matches-now'],
    ['it has no selector any more', withPods({}, WEB), 'no-selector'],
    ['Pods cannot be listed', { forbidden: /pods/ }, 'unreadable'],
    ['Argo CD keeps it', { objects: [service({ selector: { app: 'webb' } }, ARGO), WEB] }, 'reverts-argo-cd'],
  ])('refuses where %s', async (_, change, text) => {
    expect(await refusedAs({ ...SELECTOR, ...change })).toBe(text);
  });

  it('there and back restores the Service exactly, also where a key goes away', async () => {
    const { before, changed, after } = await thereAndBack({ ...SELECTOR, ...withPods({ 'k8s-app': 'web' }, WEB) });
    expect(changed['spec']).toMatchObject({ selector: { app: 'web' } });
    expect((changed['spec'] as { selector: object }).selector).not.toHaveProperty('k8s-app');
    expect(stateOf(after)).toEqual(stateOf(before));
  });
});

const LOCAL: World = {
  remediation: setExternalTrafficPolicy,
  object: SERVICE,
  params: { policy: 'Cluster' },
  objects: [service({ externalTrafficPolicy: 'Local' })],
};

describe('set-external-traffic-policy', () => {
  it('says that addresses of clients are lost', async () => {
    const draft = await draftIn(LOCAL);
    expect(spoken(setExternalTrafficPolicy, draft.blast[0] ?? draft.title)).toContain(
      'the address of a node, not of the client',
    );
  });

  it.each<[string, Partial<World>, string]>([
    ['another policy is asked for', { params: { policy: 'Local' } }, 'policy'],
    ['it is Cluster already', { objects: [service()] }, 'not-local'],
    ['it is no NodePort any more', { objects: [service({ type: 'ClusterIP' })] }, 'wrong-type'],
    [
      'Flux keeps it',
      {
        objects: [service({ externalTrafficPolicy: 'Local' }, { labels: { 'kustomize.toolkit.fluxcd.io/name': 'a' } })],
      },
      'reverts-flux',
    ],
    ['it cannot be read', { forbidden: /services/ }, 'unreadable'],
  ])('refuses where %s', async (_, change, text) => {
    expect(await refusedAs({ ...LOCAL, ...change })).toBe(text);
  });

  it('gives the change to commit where Argo CD would put it back', async () => {
    const outcome = await planIn({ ...LOCAL, objects: [service({ externalTrafficPolicy: 'Local' }, ARGO)] });
    expect(outcome).toMatchObject({
      status: 'refused',
      manual: [{ command: expect.stringContaining('externalTrafficPolicy: Cluster') }],
    });
  });

  it('there and back restores the Service exactly', async () => {
    const { before, changed, after } = await thereAndBack(LOCAL);
    expect(changed['spec']).toMatchObject({ externalTrafficPolicy: 'Cluster' });
    expect(stateOf(after)).toEqual(stateOf(before));
  });

  it('asks for the same health check port again', async () => {
    const balanced = service({ type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort: 31555 });
    const { draft, before, changed, after } = await thereAndBack({ ...LOCAL, objects: [balanced] });
    expect(draft.notes.map((line) => line.text)).toContain('health-back');
    expect(changed['spec']).toMatchObject({ externalTrafficPolicy: 'Cluster' });
    expect(stateOf(after)).toEqual(stateOf(before));
  });
});
