/** Fixes of workloads and Pods: the plan, what must be refused, and there and back on an API server. */
import { describe, expect, it } from 'vitest';
import { namespacedRef } from '../../src/core/object-ref.ts';
import { stateOf } from '../../src/core/object-state.ts';
import { deletePod } from '../../src/remediations/delete-pod.ts';
import { quantityOf, takenBy } from '../../src/remediations/quantity.ts';
import { restartWorkload } from '../../src/remediations/restart-workload.ts';
import { scaleWorkload } from '../../src/remediations/scale-workload.ts';
import { undoRollout } from '../../src/remediations/undo-rollout.ts';
import { cluster, node, silent } from '../rules/node/kit.ts';
import type { Obj } from '../support/memory-cluster.ts';
import { draftIn, planIn, refusedAs, thereAndBack, type World } from './application-kit.ts';
import { linesOfDraft, spoken } from './plan-kit.ts';

const DEPLOYMENT = namespacedRef('Deployment', 'shop', 'web');
const template = (image = 'shop/web:1', more: object = {}, meta: object = {}) => ({
  metadata: { labels: { app: 'web' }, ...meta },
  spec: {
    containers: [{ name: 'web', image, resources: { requests: { cpu: '500m', memory: '1Gi' } }, ...more }],
  },
});
interface Change {
  readonly kind?: string;
  readonly spec?: object;
  readonly status?: object;
  readonly metadata?: object;
}
const workload = ({ kind = 'Deployment', spec = {}, status = {}, metadata = {} }: Change = {}): Obj => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: {
    name: 'web',
    namespace: 'shop',
    generation: 3,
    annotations: { 'deployment.kubernetes.io/revision': '4' },
    ...metadata,
  },
  spec: { replicas: 3, selector: { matchLabels: { app: 'web' } }, template: template('shop/web:2'), ...spec },
  status: { observedGeneration: 3, replicas: 3, updatedReplicas: 3, availableReplicas: 3, readyReplicas: 3, ...status },
});
const ARGO = { labels: { 'argocd.argoproj.io/instance': 'shop' } };
const NONE: World = { remediation: scaleWorkload, object: DEPLOYMENT, objects: [] };

describe('every line of these plans', () => {
  it.each<[string, () => World]>([
    ['scale-workload', () => SCALE],
    ['undo-rollout', () => UNDO],
    ['restart-workload', () => RESTART],
    ['delete-pod', () => DELETE],
  ])('%s has its words', async (_, world) => {
    const { remediation } = world();
    const draft = await draftIn(world());
    for (const line of linesOfDraft(draft)) expect(spoken(remediation, line)).not.toMatch(/[{}]|undefined/);
  });
});

const hpa = (min: number, max: number, more: object = {}): Obj => ({
  apiVersion: 'autoscaling/v1',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'web-hpa', namespace: 'shop', ...more },
  spec: { scaleTargetRef: { kind: 'Deployment', name: 'web' }, minReplicas: min, maxReplicas: max },
});
const quota = (hard: object, used: object): Obj => ({
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  metadata: { name: 'shop-quota', namespace: 'shop' },
  status: { hard, used },
});
const ZERO = workload({ spec: { replicas: 0 } });
const SCALE: World = { ...NONE, params: { replicas: 2 }, objects: [ZERO] };
const sized = (cpu: string) => [...cluster({ ...node('n1'), allocatable: { cpu, memory: '64Gi' } })];

describe('scale-workload', () => {
  it('writes the scale alone, and scales back', async () => {
    const draft = await draftIn(SCALE);
    expect(draft.steps).toMatchObject([
      { verb: 'patch', subresource: 'scale', patch: 'merge', body: { spec: { replicas: 2 } } },
      { type: 'wait', until: { kind: 'rolled-out' } },
    ]);
    expect(draft.undo).toMatchObject([{ subresource: 'scale', body: { spec: { replicas: 0 } } }]);
    expect(draft.rights.map((right) => `${right.verb} ${right.resource} ${right.name}`)).toEqual([
      'get deployments web',
      'patch deployments/scale web',
    ]);
  });

  it.each<[string, Partial<World>, string]>([
    ['no number is named', { params: {} }, 'no-number'],
    ['half a Pod', { params: { replicas: 1.5 } }, 'no-number'],
    ['zero', { params: { replicas: 0 } }, 'zero'],
    ['it wants that many already', { objects: [workload({ spec: { replicas: 2 } })] }, 'same'],
    ['fewer than the autoscaler allows', { objects: [ZERO, hpa(3, 9)] }, 'hpa-range'],
    ['more than the autoscaler allows', { objects: [ZERO, hpa(1, 1)] }, 'hpa-range'],
    [
      'KEDA owns the autoscaler',
      {
        objects: [
          ZERO,
          hpa(1, 9, {
            ownerReferences: [
              { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', name: 'web', uid: 'k', controller: true },
            ],
          }),
        ],
      },
      'hpa-other',
    ],
    ['autoscalers cannot be listed', { forbidden: /horizontalpodautoscalers/ }, 'unreadable'],
    ['quotas cannot be listed', { forbidden: /resourcequotas/ }, 'unreadable'],
    ['the quota is full of Pods', { objects: [ZERO, quota({ pods: '10' }, { pods: '9' })] }, 'quota-full'],
    [
      'the quota has too little memory',
      { objects: [ZERO, quota({ 'requests.memory': '4Gi' }, { 'requests.memory': '2560Mi' })] },
      'quota-full',
    ],
    ['the quota cannot be weighed', { objects: [ZERO, quota({ cpu: '4 cores' }, { cpu: '1' })] }, 'quota-unread'],
    ['one Pod is larger than every node', { items: sized('400m') }, 'too-big'],
    ['Argo CD keeps it', { objects: [workload({ spec: { replicas: 0 }, metadata: ARGO })] }, 'reverts-argo-cd'],
    ['it is a DaemonSet', { object: namespacedRef('DaemonSet', 'shop', 'web') }, 'wrong-kind'],
  ])('refuses where %s', async (_, change, text) => {
    expect(await refusedAs({ ...SCALE, ...change })).toBe(text);
  });

  it.each<[string, Partial<World>]>([
    ['an autoscaler that allows it', { objects: [ZERO, hpa(1, 9)] }],
    ['a quota with room', { objects: [ZERO, quota({ cpu: '4', pods: '10' }, { cpu: '3', pods: '8' })] }],
    [
      'an autoscaler of another workload',
      {
        objects: [
          ZERO,
          { ...hpa(5, 9), spec: { scaleTargetRef: { kind: 'Deployment', name: 'other' }, maxReplicas: 9 } },
        ],
      },
    ],
    [
      'Helm, with a note',
      {
        objects: [
          workload({
            spec: { replicas: 0 },
            metadata: {
              labels: { 'app.kubernetes.io/managed-by': 'Helm' },
              annotations: { 'meta.helm.sh/release-name': 'web' },
            },
          }),
        ],
      },
    ],
    ['nodes that are large enough', { items: sized('4') }],
  ])('plans with %s', async (_, change) => {
    expect(await refusedAs({ ...SCALE, ...change })).toBe('draft');
  });

  it('there and back restores the Deployment exactly', async () => {
    const { before, changed, after } = await thereAndBack(SCALE);
    expect(changed['spec']).toMatchObject({ replicas: 2 });
    expect(stateOf(after)).toEqual(stateOf(before));
  });

  it.each([
    ['500m', 0.5],
    ['1Gi', 1_073_741_824],
    ['2e3', 2000],
    ['1k', 1000],
    ['1 Gi', undefined],
    ['', undefined],
  ])('reads the quantity %j', (text, value) => {
    expect(quantityOf(text)).toBe(value);
  });

  it('counts a limit as the request that is not set', () => {
    expect(
      takenBy('requests.cpu', [{ limits: { cpu: '1' } }, { requests: { cpu: '250m' }, limits: { cpu: '2' } }]),
    ).toBe(1.25);
    expect(takenBy('count/configmaps', [])).toBeUndefined();
  });
});

const set = (revision: number, image: string, available: number, uid = 'uid-web'): Obj => ({
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: {
    name: `${uid === 'uid-web' ? 'web' : uid}-${revision}`,
    namespace: 'shop',
    annotations: { 'deployment.kubernetes.io/revision': String(revision) },
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid, controller: true }],
  },
  spec: {
    replicas: available,
    selector: { matchLabels: { app: 'web', 'pod-template-hash': 'h1' } },
    template: template(image, {}, { labels: { app: 'web', 'pod-template-hash': 'h1' } }),
  },
  status: { replicas: available, availableReplicas: available },
});
const STUCK = workload({ spec: { template: template('shop/web:broken', { env: [{ name: 'NEW', value: '1' }] }) } });
const UNDO: World = {
  ...NONE,
  remediation: undoRollout,
  objects: [
    STUCK,
    set(4, 'shop/web:broken', 0),
    set(3, 'shop/web:1', 2),
    set(2, 'shop/web:0', 0),
    set(3, 'foreign', 5, 'other'),
  ],
};
const withTemplate = (value: object): Partial<World> => ({
  objects: [workload({ spec: { template: value } }), set(3, 'shop/web:1', 2)],
});

describe('undo-rollout', () => {
  it('puts the whole template of the previous revision back, without the hash of its controller', async () => {
    const draft = await draftIn(UNDO);
    expect(draft.steps[0]).toMatchObject({
      patch: 'json',
      body: [{ op: 'replace', path: '/spec/template', value: template('shop/web:1') }],
    });
    expect(spoken(undoRollout, draft.title)).toBe('Take Deployment shop/web back to revision 3');
  });

  it.each<[string, Partial<World>, string]>([
    ['there is no earlier revision', { objects: [STUCK, set(4, 'shop/web:broken', 0)] }, 'no-previous'],
    ['the earlier one has no available Pod', { objects: [STUCK, set(3, 'shop/web:1', 0)] }, 'unproven'],
    ['only an older one has', { objects: [STUCK, set(3, 'shop/web:1', 0), set(2, 'shop/web:0', 2)] }, 'unproven'],
    ['it is paused', { objects: [workload({ spec: { paused: true } }), set(3, 'shop/web:1', 2)] }, 'paused'],
    [
      'it has no revision',
      { objects: [workload({ metadata: { annotations: {} } }), set(3, 'shop/web:1', 2)] },
      'no-current',
    ],
    ['the template is the same', withTemplate(template('shop/web:1')), 'same'],
    [
      'the new one migrates a database first',
      withTemplate({
        ...template('shop/web:2'),
        spec: { containers: template().spec.containers, initContainers: [{ name: 'db-migrate', image: 'shop/web:2' }] },
      }),
      'migrates',
    ],
    ['the new one runs flyway', withTemplate(template('flyway/flyway:10')), 'migrates'],
    ['ReplicaSets cannot be listed', { forbidden: /replicasets/ }, 'unreadable'],
    [
      'Argo CD keeps it',
      { objects: [workload({ metadata: { ...ARGO, uid: 'uid-web' } }), set(3, 'shop/web:1', 2)] },
      'reverts-argo-cd',
    ],
    ['it is a StatefulSet', { object: namespacedRef('StatefulSet', 'shop', 'web') }, 'wrong-kind'],
  ])('refuses where %s', async (_, change, text) => {
    expect(await refusedAs({ ...UNDO, ...change })).toBe(text);
  });

  it('leaves what is not proven to a person, with the command', async () => {
    const outcome = await planIn({ ...UNDO, objects: [STUCK, set(3, 'shop/web:1', 0)] });
    expect(outcome).toMatchObject({
      manual: [{ command: 'kubectl -n shop rollout undo deployment web --to-revision=3' }],
    });
  });

  it('there and back restores the Deployment exactly, with what the newer template had more', async () => {
    const { before, changed, after } = await thereAndBack(UNDO);
    expect(JSON.stringify(changed['spec'])).toContain('shop/web:1');
    expect(JSON.stringify(changed['spec'])).not.toContain('NEW');
    expect(stateOf(after)).toEqual(stateOf(before));
  });
});

const pod = (
  name: string,
  change: { owner?: [string, string] | null; spec?: object; ready?: boolean; phase?: string; metadata?: object } = {},
): Obj => {
  const owner = change.owner === undefined ? (['ReplicaSet', 'web-5d9'] as const) : change.owner;
  const references =
    owner === null
      ? {}
      : { ownerReferences: [{ apiVersion: 'apps/v1', kind: owner[0], name: owner[1], uid: 'o', controller: true }] };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'shop',
      labels: { app: 'web', 'pod-template-hash': '5d9' },
      ...references,
      ...change.metadata,
    },
    spec: { nodeName: 'n1', containers: [{ name: 'web', image: 'x' }], ...change.spec },
    status: {
      phase: change.phase ?? 'Running',
      conditions: [{ type: 'Ready', status: change.ready === true ? 'True' : 'False' }],
    },
  };
};
const RESTART: World = { ...NONE, remediation: restartWorkload, objects: [workload(), pod('web-a'), pod('web-b')] };
const of = (change: Change): Partial<World> => ({
  object: namespacedRef(change.kind ?? 'Deployment', 'shop', 'web'),
  objects: [workload(change), pod('web-a')],
});
const FIXED = { rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } };

describe('restart-workload', () => {
  it('marks the template with the time of the evidence, and cannot be taken back', async () => {
    const [one, two] = [await draftIn(RESTART), await draftIn(RESTART)];
    expect(one.steps[0]).toMatchObject({
      patch: 'strategic',
      body: {
        spec: {
          template: { metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': '2026-01-15T12:00:00Z' } } },
        },
      },
    });
    expect(two).toEqual(one);
    expect([one.undo, one.noUndo?.text]).toEqual([[], 'no-undo']);
  });

  it.each<[string, Partial<World>, string]>([
    [
      'one Pod and no surge',
      of({ spec: { replicas: 1, strategy: FIXED }, status: { updatedReplicas: 1, availableReplicas: 1 } }),
      'single',
    ],
    [
      'a StatefulSet of one Pod',
      of({ kind: 'StatefulSet', spec: { replicas: 1 }, status: { updatedReplicas: 1, availableReplicas: 1 } }),
      'single',
    ],
    ['Recreate', of({ spec: { strategy: { type: 'Recreate' } } }), 'recreate'],
    ['OnDelete', of({ kind: 'StatefulSet', spec: { updateStrategy: { type: 'OnDelete' } } }), 'on-delete'],
    ['no Pods wanted', of({ spec: { replicas: 0 } }), 'none'],
    ['it is paused', of({ spec: { paused: true } }), 'paused'],
    ['its controller has not seen the newest spec', of({ status: { observedGeneration: 2 } }), 'running'],
    ['it is being rolled out', of({ status: { updatedReplicas: 1 } }), 'running'],
    ['Argo CD keeps it', of({ metadata: ARGO }), 'reverts-argo-cd'],
    ['its Pods cannot be listed', { forbidden: /pods/ }, 'unreadable'],
    [
      'a StatefulSet with a Pod on a silent node',
      { ...of({ kind: 'StatefulSet' }), items: cluster(silent('n1'), node('n2')) },
      'silent-set',
    ],
    [
      'a selector with expressions',
      of({ spec: { selector: { matchExpressions: [{ key: 'a', operator: 'Exists' }] } } }),
      'no-selector',
    ],
  ])('refuses where %s', async (_, change, text) => {
    expect(await refusedAs({ ...RESTART, ...change })).toBe(text);
  });

  it.each<[string, Partial<World>]>([
    ['one Pod with surge', of({ spec: { replicas: 1 }, status: { updatedReplicas: 1, availableReplicas: 1 } })],
    [
      'one Pod that does not serve',
      of({
        kind: 'StatefulSet',
        spec: { replicas: 1 },
        status: { updatedReplicas: 1, availableReplicas: 0, readyReplicas: 0 },
      }),
    ],
    [
      'a DaemonSet',
      of({ kind: 'DaemonSet', status: { desiredNumberScheduled: 1, updatedNumberScheduled: 1, numberAvailable: 1 } }),
    ],
  ])('plans with %s', async (_, change) => {
    expect(await refusedAs({ ...RESTART, ...change })).toBe('draft');
  });

  it('does not wait for Pods on a silent node, and says so', async () => {
    const draft = await draftIn({ ...RESTART, items: cluster(silent('n1'), node('n2')) });
    expect(draft.steps[1]).toMatchObject({ until: { except: ['n1'] } });
    expect(draft.notes.map((line) => line.text)).toContain('silent');
  });

  it('is carried out on a server', async () => {
    const { changed } = await thereAndBack(RESTART);
    expect(JSON.stringify(changed['spec'])).toContain('2026-01-15T12:00:00Z');
  });
});

const DELETE: World = {
  ...NONE,
  remediation: deletePod,
  data: { pods: ['web-5d9-a'] },
  objects: [pod('web-5d9-a')],
};
const podIs = (change: Parameters<typeof pod>[1]): Partial<World> => ({ objects: [pod('web-5d9-a', change)] });

describe('delete-pod', () => {
  it('deletes with the own grace period, by name', async () => {
    const draft = await draftIn(DELETE);
    expect(draft.steps).toEqual([expect.objectContaining({ type: 'api', verb: 'delete' })]);
    expect(draft.steps[0]).not.toHaveProperty('body');
    expect([draft.undo, draft.noUndo?.text, draft.nodes]).toEqual([[], 'no-undo', ['n1']]);
    expect(draft.rights.map((right) => `${right.verb} ${right.resource} ${right.name}`)).toEqual([
      'get pods web-5d9-a',
      'delete pods web-5d9-a',
    ]);
  });

  it.each<[string, Partial<World>, string]>([
    ['it is Ready', podIs({ ready: true }), 'ready'],
    ['it has no controller', podIs({ owner: null }), 'bare'],
    ['it is a static Pod', podIs({ owner: ['Node', 'n1'] }), 'static'],
    ['it belongs to a Job', podIs({ owner: ['Job', 'j'] }), 'job'],
    ['it has no node', podIs({ spec: { nodeName: undefined }, phase: 'Pending' }), 'waiting'],
    ['it is over', podIs({ phase: 'Succeeded' }), 'over'],
    ['it is in Terminating', podIs({ metadata: { deletionTimestamp: '2026-01-15T11:00:00Z' } }), 'leaving'],
    ['its node is silent', { items: cluster(silent('n1')) }, 'silent'],
    [
      'its node is silent, and it is of a StatefulSet',
      { ...podIs({ owner: ['StatefulSet', 'web'] }), items: cluster(silent('n1')) },
      'silent-set',
    ],
    [
      'its node is silent and it still says Ready',
      { ...podIs({ ready: true }), items: cluster(silent('n1')) },
      'silent',
    ],
    ['nodes could not be listed', { items: [] }, 'node-unknown'],
    ['several are meant', { data: { pods: ['a', 'b'] } }, 'which-pod'],
    ['another is named', { params: { pod: 'db-0' } }, 'foreign'],
    ['it cannot be read', { forbidden: /pods/ }, 'unreadable'],
    ['it is gone', { objects: [] }, 'absent'],
  ])('refuses where %s', async (_, change, text) => {
    expect(await refusedAs({ ...DELETE, ...change })).toBe(text);
  });

  it("waits for a DaemonSet's new Pod on the same node", async () => {
    const draft = await draftIn({ ...DELETE, ...podIs({ owner: ['DaemonSet', 'agent'] }) });
    expect(draft.steps[1]).toMatchObject({ until: { kind: 'pod-replaced', node: 'n1', uid: 'uid-web-5d9-a' } });
  });
});
