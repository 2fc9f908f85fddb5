import { describe, expect, it } from 'vitest';
import { Facts } from '../../../src/core/facts.ts';
import type { Finding } from '../../../src/core/finding.ts';
import { CLUSTER, namespacedRef } from '../../../src/core/object-ref.ts';
import { podPending } from '../../../src/rules/workload/pod-pending.ts';
import { ago, bundle, known, outcomeOf, said, unknown } from '../../support/evidence.ts';
import { cluster, DIAGNOSE_N1, silent } from '../node/kit.ts';
import { ASK_DEPLOYMENT, ASK_NAMESPACE, ASK_POD, pending, pod, podsOf, SERVICE } from './kit.ts';

const MESSAGE = '0/3 nodes are available: 3 Insufficient cpu.';

describe('pod-pending', () => {
  it('is one symptom of the Deployment above, however many of its Pods wait', () => {
    const items = [
      podsOf(SERVICE, pending('web-5d9-a', MESSAGE), pending('web-5d9-b', MESSAGE)),
      podsOf({ kind: 'Namespace', name: 'shop' }, pending('web-5d9-a', MESSAGE)),
    ];
    expect(outcomeOf(podPending, ASK_POD, items).judgements).toMatchObject([
      {
        text: 'unscheduled',
        object: namespacedRef('Deployment', 'shop', 'web'),
        data: { count: 2, pods: ['web-5d9-a', 'web-5d9-b'] },
        because: [{ text: 'word', data: { message: MESSAGE } }],
      },
    ]);
  });

  it.each([
    ['a bare Pod', pending('solo', MESSAGE, { owners: [], labels: {} }), 'Pod/shop/solo'],
    [
      'a Pod of a StatefulSet',
      pending('db-0', MESSAGE, { owners: [{ kind: 'StatefulSet', name: 'db' }] }),
      'StatefulSet/shop/db',
    ],
    [
      'a Pod of a ReplicaSet that nobody templated',
      pending('x-1', MESSAGE, { labels: {}, owners: [{ kind: 'ReplicaSet', name: 'x' }] }),
      'ReplicaSet/shop/x',
    ],
  ])('names the owner of %s', (_, one, object) => {
    expect(said(podPending, ASK_NAMESPACE, [podsOf(SERVICE, one)])).toEqual([`finding unscheduled ${object}`]);
  });

  it('finds a Pod that has a node and does not start', () => {
    const statuses = [
      {
        name: 'main',
        init: false,
        ready: false,
        restartCount: 0,
        state: { state: 'waiting' as const, reason: 'ImagePullBackOff' },
        lastState: { state: 'none' as const },
      },
    ];
    const [finding] = outcomeOf(podPending, ASK_POD, [
      podsOf(SERVICE, pod('web-5d9-a', { phase: 'Pending', statuses })),
    ]).judgements;
    expect(finding).toMatchObject({
      text: 'starting',
      because: [{ text: 'phase', data: { reason: 'container main waits: ImagePullBackOff' } }],
    });
  });

  it.each([
    ['a Pod that was placed a moment ago', pod('web-5d9-a', { phase: 'Pending', createdAt: ago(10) })],
    ['a Pod that is being deleted', pending('web-5d9-a', MESSAGE, { deletionTime: ago(5) })],
    ['a running Pod', pod('web-5d9-a')],
  ])('is silent about %s', (_, one) => {
    expect(said(podPending, ASK_POD, [podsOf(SERVICE, one)])).toEqual([]);
  });

  it('leaves Pods on a silent node to that node, unless they were asked about', () => {
    const items = [
      ...cluster(silent('n1')),
      podsOf({ kind: 'Node', name: 'n1' }, pod('web-5d9-a', { phase: 'Pending' })),
    ];
    expect(said(podPending, DIAGNOSE_N1, items)).toEqual([]);
    expect(said(podPending, ASK_POD, items)).toEqual(['finding starting Deployment/shop/web']);
  });

  it('leaves the question open where the Pod was not seen', () => {
    expect(outcomeOf(podPending, ASK_POD, [unknown('pods', SERVICE)]).undecided).toBe(true);
    expect(outcomeOf(podPending, ASK_POD, [podsOf(SERVICE, pod('web-5d9-a'))]).undecided).toBe(false);
  });

  describe('links', () => {
    const items = [
      podsOf(SERVICE, pending('web-5d9-a', MESSAGE)),
      known('services', {
        total: 2,
        clusterIPs: [],
        services: ['web', 'other'].map((name) => ({
          namespace: 'shop',
          name,
          type: 'NodePort',
          clusterIPs: [],
          selector: { app: name },
          ports: [],
          labels: {},
        })),
      }),
    ];
    const [mine] = outcomeOf(podPending, ASK_DEPLOYMENT, items).judgements as readonly Finding[];
    const other = (kind: string, name: string): Finding => ({
      type: 'finding',
      rule: 'x',
      object: namespacedRef(kind, 'shop', name),
      severity: 'critical',
      confidence: 'confirmed',
      text: 'x',
      data: {},
      because: [],
      scope: {},
    });
    const facts = Facts.from(bundle(ASK_DEPLOYMENT, items));
    const explains = (rule: string, effect: Finding) =>
      mine !== undefined && podPending.explains?.[rule]?.when(mine, effect, facts);

    it('explains the Service that selects the Pod, and no other', () => {
      expect([
        explains('service-no-ready-endpoints', other('Service', 'web')),
        explains('service-no-ready-endpoints', other('Service', 'other')),
      ]).toEqual([true, false]);
    });

    it('explains the workloads above the Pod, and no other', () => {
      expect(['web', 'other'].map((name) => explains('workload-unavailable', other('Deployment', name)))).toEqual([
        true,
        false,
      ]);
      expect(explains('workload-unavailable', other('ReplicaSet', 'web-5d9'))).toBe(true);
    });

    it('is what is asked by its Pod, its Deployment and its namespace, and not by others', () => {
      if (mine === undefined) throw new Error('no finding');
      expect([ASK_POD, ASK_DEPLOYMENT, ASK_NAMESPACE].map((question) => podPending.answers?.(question, mine))).toEqual([
        true,
        true,
        true,
      ]);
      const elsewhere = [
        { ...ASK_POD, target: { ...ASK_POD.target, name: 'z' } },
        { ...ASK_DEPLOYMENT, target: { ...ASK_DEPLOYMENT.target, namespace: 'z' } },
        { type: 'diagnose', target: { kind: 'Node', name: CLUSTER.name } } as const,
      ];
      expect(elsewhere.map((question) => podPending.answers?.(question, mine))).toEqual([false, false, false]);
    });
  });
});
