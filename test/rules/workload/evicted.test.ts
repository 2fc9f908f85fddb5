import { describe, expect, it } from 'vitest';
import type { PodObject } from '../../../src/core/evidence/cluster-types.ts';
import type { EvidenceItem } from '../../../src/core/evidence.ts';
import { namespacedRef } from '../../../src/core/object-ref.ts';
import { judge } from '../../../src/rules/evaluate.ts';
import { ephemeralStorageLimitExceeded } from '../../../src/rules/workload/ephemeral-storage-limit-exceeded.ts';
import { podEvicted } from '../../../src/rules/workload/pod-evicted.ts';
import { ago, bundle, known, outcomeOf, said, unknown } from '../../support/evidence.ts';
import { ASK_DEPLOYMENT, ASK_POD, pod, podsOf, workloadOf } from './kit.ts';

const WEB = namespacedRef('Deployment', 'shop', 'web');
const POD = namespacedRef('Pod', 'shop', 'web-5d9-a');
const MEMORY = 'The node was low on resource: memory. Threshold quantity: 100Mi, available: 80Mi. ';
const OWN = [
  'Pod ephemeral local storage usage exceeds the total limit of containers 100Mi. ',
  'Container app exceeded its local ephemeral storage limit "100Mi". ',
  'Usage of EmptyDir volume "cache" exceeds the limit "1Gi". ',
];

function evicted(message: string, seconds: number | undefined = 300, change: Partial<PodObject> = {}): PodObject {
  const at =
    seconds === undefined ? [] : [{ type: 'DisruptionTarget', status: 'True', lastTransitionTime: ago(seconds) }];
  return pod('web-5d9-a', { phase: 'Failed', reason: 'Evicted', message, conditions: at, ...change });
}

describe('pod-evicted', () => {
  it('is told of the workload, with the node and its words', () => {
    expect(outcomeOf(podEvicted, ASK_DEPLOYMENT, [podsOf(WEB, evicted(MEMORY))]).judgements).toMatchObject([
      {
        object: WEB,
        data: { count: 1, nodes: ['n1'], places: ['n1 memory'] },
        scope: { nodes: ['n1'] },
        because: [{ text: 'status', data: { message: MEMORY, at: ago(300) } }],
      },
    ]);
  });

  it('the Pod that was asked about, however long ago', () => {
    expect(said(podEvicted, ASK_POD, [podsOf(POD, evicted(MEMORY, 900_000))])).toEqual([
      'finding found Deployment/shop/web',
    ]);
    const undated = evicted(MEMORY, undefined, { conditions: [] });
    expect(said(podEvicted, ASK_POD, [podsOf(POD, undated)])).toEqual(['finding found Deployment/shop/web']);
  });

  it('an event dates it where no condition does', () => {
    const event = {
      type: 'Warning',
      reason: 'Evicted',
      message: MEMORY,
      count: 1,
      lastTime: ago(120),
      about: { kind: 'Pod', namespace: 'shop', name: 'web-5d9-a' },
    };
    const items = [podsOf(WEB, evicted(MEMORY, undefined, { conditions: [] })), known('events', [event], POD)];
    expect(outcomeOf(podEvicted, ASK_DEPLOYMENT, items).judgements).toMatchObject([{ since: ago(120) }]);
  });

  it.each<[string, EvidenceItem[]]>([
    ['an eviction of yesterday', [podsOf(WEB, evicted(MEMORY, 86_400))]],
    ['one of which nobody knows when', [podsOf(WEB, evicted(MEMORY, undefined, { conditions: [] }))]],
    ['a Pod that failed by itself', [podsOf(WEB, evicted(MEMORY, 300, { reason: 'Error' }))]],
    ['a Pod that runs', [podsOf(WEB, pod('web-5d9-a'))]],
    ['Pods that could not be read', [unknown('pods', WEB)]],
  ])('is silent about %s', (_, items) => {
    expect(said(podEvicted, ASK_DEPLOYMENT, items)).toEqual([]);
  });

  it.each([
    ['the others are well', pod('web-5d9-b'), ['pod-evicted']],
    [
      'another one is not ready for reasons of its own',
      pod('web-5d9-b', { conditions: [{ type: 'Ready', status: 'False' }] }),
      [],
    ],
  ])('explains what is missing only where %s', (_, other, wanted) => {
    const items = [workloadOf({ ready: 1, available: 1, updated: 2 }), podsOf(WEB, evicted(MEMORY), other)];
    const { symptoms, alsoFound, causes } = judge(bundle(ASK_DEPLOYMENT, items));
    const all = [...causes, ...symptoms, ...alsoFound];
    const missing = all.find((f) => f.rule === 'workload-unavailable');
    const by = all.filter((f) => f.rule === 'pod-evicted' && f.explains.includes(missing?.id ?? ''));
    expect(by.map((f) => f.rule)).toEqual(wanted);
  });
});

describe('ephemeral-storage-limit-exceeded', () => {
  it.each(OWN)('%s', (message) => {
    const items = [podsOf(WEB, evicted(message))];
    expect(said(ephemeralStorageLimitExceeded, ASK_DEPLOYMENT, items)).toEqual(['finding found Deployment/shop/web']);
    expect(judge(bundle(ASK_DEPLOYMENT, items))).toMatchObject({
      verdict: 'cause-found',
      causes: [{ rule: 'ephemeral-storage-limit-exceeded' }],
      symptoms: [{ rule: 'pod-evicted' }],
    });
  });

  it.each([
    MEMORY,
    'The node was low on resource: ephemeral-storage. ',
    'The node had condition: [DiskPressure]. ',
    '',
  ])('is silent about %s', (message) => {
    expect(said(ephemeralStorageLimitExceeded, ASK_DEPLOYMENT, [podsOf(WEB, evicted(message))])).toEqual([]);
  });

  it('is silent where the Pods could not be read', () => {
    expect(said(ephemeralStorageLimitExceeded, ASK_DEPLOYMENT, [unknown('pods', WEB)])).toEqual([]);
  });
});
