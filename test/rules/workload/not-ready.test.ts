import { describe, expect, it } from 'vitest';
import type { EvidenceValue } from '../../../src/core/evidence/kinds.ts';
import { namespacedRef } from '../../../src/core/object-ref.ts';
import { judge } from '../../../src/rules/evaluate.ts';
import { NODE_RULES } from '../../../src/rules/node/index.ts';
import { WORKLOAD_RULES } from '../../../src/rules/workload/index.ts';
import { podNotReady } from '../../../src/rules/workload/pod-not-ready.ts';
import { workloadUnavailable } from '../../../src/rules/workload/workload-unavailable.ts';
import { ago, bundle, known, outcomeOf, said, unknown } from '../../support/evidence.ts';
import { cluster, DIAGNOSE_N1, node, silent } from '../node/kit.ts';
import { ASK_DEPLOYMENT, ASK_NAMESPACE, ASK_POD, pending, pod, podsOf, SERVICE, workloadOf } from './kit.ts';

const NOT_READY = { conditions: [{ type: 'Ready', status: 'False', reason: 'ContainersNotReady' }] };
const LIVING = cluster(node('n1'));
const DEAD = cluster(silent('n1'));

describe('pod-not-ready', () => {
  it('is one symptom of the Deployment above', () => {
    const items = [
      ...LIVING,
      podsOf(SERVICE, pod('web-5d9-a', NOT_READY), pod('web-5d9-b', NOT_READY), pod('web-5d9-c')),
    ];
    expect(outcomeOf(podNotReady, ASK_POD, items).judgements).toMatchObject([
      {
        text: 'found',
        object: namespacedRef('Deployment', 'shop', 'web'),
        data: { count: 2, pods: ['web-5d9-a', 'web-5d9-b'] },
        scope: { nodes: ['n1'] },
      },
    ]);
  });

  it('puts the Pod that was asked about first, and quotes its newest warning', () => {
    const about = namespacedRef('Pod', 'shop', 'web-5d9-b');
    const events = known(
      'events',
      [
        {
          type: 'Warning',
          reason: 'Unhealthy',
          message: 'Readiness probe failed: refused',
          count: 4,
          lastTime: ago(3),
          about,
        },
      ],
      about,
    );
    const question = { ...ASK_POD, target: { ...ASK_POD.target, name: 'web-5d9-b' } };
    const [finding] = outcomeOf(podNotReady, question, [
      ...LIVING,
      events,
      podsOf(SERVICE, pod('web-5d9-a', NOT_READY), pod('web-5d9-b', NOT_READY)),
    ]).judgements;
    expect(finding?.data['pods']).toEqual(['web-5d9-b', 'web-5d9-a']);
    expect(finding?.because.map((p) => p.text)).toEqual(['status', 'status', 'event']);
  });

  it('says of Pods on a silent node that nobody knows', () => {
    expect(said(podNotReady, ASK_POD, [...DEAD, podsOf(SERVICE, pod('web-5d9-a', NOT_READY))])).toEqual([
      'finding silent Deployment/shop/web',
    ]);
  });

  it('and says it of the node only, where the question is about something else', () => {
    expect(said(podNotReady, DIAGNOSE_N1, [...DEAD, podsOf(SERVICE, pod('web-5d9-a', NOT_READY))])).toEqual([]);
  });

  it.each([
    ['a ready Pod', pod('web-5d9-a')],
    ['a Pod that waits', pending('web-5d9-a', 'x')],
    ['a Pod that has done its work', pod('web-5d9-a', { ...NOT_READY, phase: 'Succeeded' })],
    ['a Pod that is being deleted', pod('web-5d9-a', { ...NOT_READY, deletionTime: ago(9) })],
    ['a Pod that started a moment ago', pod('web-5d9-a', { ...NOT_READY, startTime: ago(9) })],
    [
      'calico-node: it has a symptom of its own',
      pod('calico-node-x', { ...NOT_READY, labels: { 'k8s-app': 'calico-node' } }),
    ],
  ])('is silent about %s', (_, one) => {
    expect(said(podNotReady, ASK_NAMESPACE, [...LIVING, podsOf(SERVICE, one)])).toEqual([]);
  });

  it('leaves the question open where the Pod was not seen', () => {
    expect(outcomeOf(podNotReady, ASK_POD, [unknown('pods', SERVICE)]).undecided).toBe(true);
  });

  it('a dead node explains the Pods on it, and those explain the Deployment', () => {
    const items = [...DEAD, podsOf(SERVICE, pod('web-5d9-a', NOT_READY)), workload({ available: 0, ready: 0 })];
    const diagnosis = judge(bundle(ASK_DEPLOYMENT, items), [...NODE_RULES, ...WORKLOAD_RULES]);
    const [notReady] = diagnosis.symptoms.filter((f) => f.rule === 'pod-not-ready');
    const above = diagnosis.symptoms.find((f) => f.rule === 'node-not-ready');
    expect([diagnosis.verdict, above?.explains]).toEqual(['inconclusive', expect.arrayContaining([notReady?.id])]);
    expect(notReady?.explains).toContain(diagnosis.symptoms.find((f) => f.rule === 'workload-unavailable')?.id);
  });
});

type Workload = EvidenceValue<'workload'>;
const workload = (change: Partial<Workload> = {}) =>
  workloadOf({ desired: 3, ready: 3, available: 3, updated: 3, ...change });

describe('workload-unavailable', () => {
  it.each<[string, Partial<Workload>, string]>([
    ['a Deployment with none', { available: 0 }, 'none Deployment'],
    ['a Deployment with some', { available: 2 }, 'found Deployment'],
    ['a StatefulSet with some', { kind: 'StatefulSet', available: 1 }, 'found StatefulSet'],
    [
      'a Job that failed',
      { kind: 'Job', available: 0, conditions: [{ type: 'Failed', status: 'True', message: 'backoff limit' }] },
      'failed Job',
    ],
  ])('finds %s', (_, change, text) => {
    expect(said(workloadUnavailable, ASK_NAMESPACE, [workload(change)])).toEqual([`finding ${text}/shop/web`]);
  });

  it.each<[string, Partial<Workload>]>([
    ['a workload that has all', {}],
    ['one that is scaled to zero on purpose', { desired: 0, available: 0 }],
    ['one that was made a moment ago', { available: 0, createdAt: ago(9) }],
    ['a Job that still works', { kind: 'Job', ready: 0, available: 0 }],
  ])('is silent about %s', (_, change) => {
    expect(said(workloadUnavailable, ASK_NAMESPACE, [workload(change)])).toEqual([]);
  });

  it('is silent about a DaemonSet that was read for another question', () => {
    const agents = workload({ kind: 'DaemonSet', available: 1 });
    expect(said(workloadUnavailable, DIAGNOSE_N1, [agents])).toEqual([]);
    expect(said(workloadUnavailable, ASK_NAMESPACE, [agents])).toEqual(['finding found DaemonSet/shop/web']);
  });

  it('leaves a ReplicaSet to the Deployment above it, unless it was asked about', () => {
    const replicas = workload({
      kind: 'ReplicaSet',
      name: 'web-5d9',
      available: 0,
      owners: [{ kind: 'Deployment', name: 'web' }],
    });
    const question = { type: 'diagnose', target: { kind: 'ReplicaSet', namespace: 'shop', name: 'web-5d9' } } as const;
    expect(said(workloadUnavailable, ASK_DEPLOYMENT, [replicas])).toEqual([]);
    expect(said(workloadUnavailable, question, [replicas])).toEqual(['finding none ReplicaSet/shop/web-5d9']);
  });

  it('leaves the question open where the workload was not seen', () => {
    expect(
      outcomeOf(workloadUnavailable, ASK_DEPLOYMENT, [unknown('workload', namespacedRef('Deployment', 'shop', 'web'))])
        .undecided,
    ).toBe(true);
    expect(outcomeOf(workloadUnavailable, ASK_DEPLOYMENT, [workload()]).undecided).toBe(false);
  });
});
