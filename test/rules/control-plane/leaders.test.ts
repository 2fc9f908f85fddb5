import { describe, expect, it } from 'vitest';
import type { PodObject, Workload } from '../../../src/core/evidence/cluster-types.ts';
import type { EvidenceItem } from '../../../src/core/evidence.ts';
import { namespacedRef, nodeRef } from '../../../src/core/object-ref.ts';
import type { Question } from '../../../src/core/question.ts';
import { controllerManagerDown } from '../../../src/rules/control-plane/controller-manager-down.ts';
import { schedulerDown } from '../../../src/rules/control-plane/scheduler-down.ts';
import { judge } from '../../../src/rules/evaluate.ts';
import { ago, bundle, known, outcomeOf, said, unknown } from '../../support/evidence.ts';
import { cluster, node, silent } from '../node/kit.ts';
import { ASK_DEPLOYMENT, pending, pod, podsOf, workloadOf } from '../workload/kit.ts';

const DIAGNOSE: Question = { type: 'diagnose', target: { kind: 'Component', name: 'control-plane' } };
const LIST = { kind: 'Component', name: 'control-plane' };
const SHOP = { kind: 'Namespace', name: 'shop' };
const HEALTHY = known('api-health', { ok: true, checks: [], latencyMs: 3 });
const NODES = cluster(node('n1'), node('n2', { ip: '192.0.2.2' }));

function member(component: string, state: 'well' | 'crashes', on = 'n1'): PodObject {
  const crashed = {
    name: component,
    init: false,
    ready: false,
    restartCount: 9,
    state: { state: 'waiting' as const, reason: 'CrashLoopBackOff' },
    lastState: { state: 'terminated' as const, exitCode: 1 },
  };
  return pod(`${component}-${on}`, {
    namespace: 'kube-system',
    nodeName: on,
    labels: { component },
    owners: [{ kind: 'Node', name: on }],
    conditions: [{ type: 'Ready', status: state === 'well' ? 'True' : 'False' }],
    statuses: state === 'well' ? [] : [crashed],
  });
}
const API = member('kube-apiserver', 'well');
const members = (...pods: PodObject[]) => podsOf(LIST, ...pods);
const leases = (component: string, seconds: number) =>
  known('leader-leases', [{ component, holder: 'n1_x', renewTime: ago(seconds), durationSeconds: 15 }]);

describe.each([
  ['scheduler-down', 'kube-scheduler', schedulerDown],
  ['controller-manager-down', 'kube-controller-manager', controllerManagerDown],
] as const)('%s', (_, component, rule) => {
  const say = (...items: readonly EvidenceItem[]) => said(rule, DIAGNOSE, items);
  const sick = members(API, member(component, 'crashes'));

  it('finds Pods that crash and a Lease that nobody renews', () => {
    const items = [...NODES, HEALTHY, leases(component, 900), sick];
    expect(outcomeOf(rule, DIAGNOSE, items).judgements).toMatchObject([
      {
        text: 'down',
        confidence: 'confirmed',
        object: { kind: 'Component', name: component },
        since: ago(900),
        because: [
          { text: 'lease', data: { holder: 'n1_x' } },
          { text: 'status', data: { state: 'CrashLoopBackOff, 9 restarts' } },
        ],
      },
    ]);
    expect(judge(bundle(DIAGNOSE, items))).toMatchObject({ verdict: 'cause-found', causes: [{ rule: rule.id }] });
  });

  it.each<[string, EvidenceItem[], string]>([
    [
      'its Pod gone from a control plane that is here',
      [...NODES, HEALTHY, leases(component, 900), members(API)],
      `finding absent Component/${component}`,
    ],
    [
      'the only node that ran it silent',
      [...cluster(silent('n1'), node('n2')), HEALTHY, leases(component, 3600), members(API, member(component, 'well'))],
      `finding silent Component/${component}`,
    ],
    [
      'Pods that crash, without leader election',
      [...NODES, HEALTHY, known('leader-leases', []), sick],
      `finding down Component/${component}`,
    ],
    [
      'Pods that crash, and Leases that could not be read',
      [...NODES, HEALTHY, unknown('leader-leases'), sick],
      `finding down Component/${component} (likely)`,
    ],
    [
      'an old Lease by a clock that nobody can check',
      [HEALTHY, leases(component, 900), sick],
      `finding down Component/${component} (likely)`,
    ],
  ])('finds %s', (_name, items, wanted) => {
    expect(say(...items)).toEqual([wanted]);
  });

  it.each<[string, EvidenceItem[]]>([
    ['a Lease that is fresh: another one leads', [...NODES, HEALTHY, leases(component, 5), sick]],
    ['one that is well', [...NODES, HEALTHY, leases(component, 5), members(API, member(component, 'well'))]],
    [
      'an old Lease while it is well and nothing waits',
      [...NODES, HEALTHY, leases(component, 900), members(API, member(component, 'well'))],
    ],
    ['a managed control plane: no Pods, no Lease', [...NODES, HEALTHY, known('leader-leases', []), members()]],
    ['a managed control plane with a Lease, and nothing waits', [...NODES, HEALTHY, leases(component, 900), members()]],
    ['a Lease of last month', [...NODES, HEALTHY, leases(component, 3_000_000), members()]],
    [
      'all Leases late alike: the clock here is ahead, or nobody can write',
      [...cluster(node('n1', { beat: 900 }), node('n2', { beat: 905 })), HEALTHY, leases(component, 910), members(API)],
    ],
    [
      'an API server that is slow: it is a victim then',
      [...NODES, known('api-health', { ok: true, checks: [], latencyMs: 8000 }), leases(component, 900), members(API)],
    ],
    [
      'an API server that is not ready',
      [...NODES, known('api-health', { ok: false, checks: [], latencyMs: 3 }), leases(component, 900), members(API)],
    ],
    ['Pods of which nothing is known', [...NODES, HEALTHY, leases(component, 900), unknown('pods', LIST)]],
    ['nothing', []],
  ])('is silent about %s', (_name, items) => {
    expect(say(...items)).toEqual([]);
  });

  it('etcd stands above it where its last words say so', () => {
    const log = known(
      'pod-log',
      {
        lines: ['error retrieving resource lock: etcdserver: request timed out', 'leaderelection lost'],
        truncated: false,
      },
      namespacedRef('Pod', 'kube-system', `${component}-n1`),
      component,
    );
    const items = [...NODES, HEALTHY, leases(component, 900), sick, log];
    const all = judge(bundle(DIAGNOSE, items));
    const found = [...all.causes, ...all.symptoms, ...all.alsoFound];
    const down = found.find((f) => f.rule === rule.id);
    expect(found.filter((f) => f.explains.includes(down?.id ?? '?')).map((f) => f.rule)).toEqual(['etcd-slow']);
  });
});

const ORPHAN = pending('web-5d9-a', '', { conditions: [], createdAt: ago(600) });
const down = (component: string) => [
  ...NODES,
  HEALTHY,
  leases(component, 900),
  members(API, member(component, 'crashes')),
];

describe('what waits for the scheduler', () => {
  const causes = (one: PodObject, ...more: readonly EvidenceItem[]) => {
    const items = [...more, podsOf(SHOP, one)];
    const { causes: list, verdict } = judge(bundle(ASK_DEPLOYMENT, items));
    return [verdict, ...list.map((f) => f.rule)];
  };

  it('Pods without a node and without a word', () => {
    expect(causes(ORPHAN, ...down('kube-scheduler'))).toEqual(['cause-found', 'scheduler-down']);
  });

  it('an old Lease alone is likely where Pods wait', () => {
    const items = [...NODES, HEALTHY, leases('kube-scheduler', 900), members()];
    expect(causes(ORPHAN, ...items)).toEqual(['inconclusive', 'scheduler-down']);
    const idle = [...NODES, HEALTHY, leases('kube-scheduler', 900), members(API, member('kube-scheduler', 'well'))];
    expect(causes(ORPHAN, ...idle)).toEqual(['inconclusive', 'scheduler-down']);
  });

  it.each([
    ['a Pod that a scheduler has spoken of', pending('web-5d9-a', '0/2 nodes are available: 2 Insufficient cpu.')],
    ['a Pod with a scheduler of its own', { ...ORPHAN, schedulerName: 'volcano' }],
    [
      'a Pod that is kept back by a gate',
      pending('web-5d9-a', '', { conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }] }),
    ],
  ])('not %s', (_, one) => {
    expect(causes(one, ...down('kube-scheduler'))).not.toContain('scheduler-down');
  });
});

describe('what waits for the controllers', () => {
  const WEB = namespacedRef('Deployment', 'shop', 'web');
  const deployment = (change: Partial<Workload>): EvidenceItem =>
    workloadOf({ generation: 4, observedGeneration: 4, ...change });
  const causes = (...items: readonly EvidenceItem[]) =>
    judge(bundle(ASK_DEPLOYMENT, [...items, ...down('kube-controller-manager')])).causes.map((f) => f.rule);

  it('a Deployment whose newest spec nobody has seen', () => {
    expect(causes(deployment({ observedGeneration: 3 }))).toEqual(['controller-manager-down']);
  });

  it('not one that was seen, and whose Pods are ill', () => {
    const ill = podsOf(WEB, pod('web-5d9-a', { conditions: [{ type: 'Ready', status: 'False' }] }));
    expect(causes(deployment({ updated: 2 }), ill)).not.toContain('controller-manager-down');
  });

  it('endpoints that nobody wrote', () => {
    const ask: Question = { type: 'diagnose', target: { kind: 'Service', namespace: 'shop', name: 'web' } };
    const ports = [{ protocol: 'TCP', port: 80, targetPort: 8080 }];
    const service = {
      namespace: 'shop',
      name: 'web',
      type: 'ClusterIP',
      clusterIPs: ['10.0.0.9'],
      ports,
      labels: {},
      selector: { app: 'web' },
    };
    const ref = namespacedRef('Service', 'shop', 'web');
    const items = (...pods: PodObject[]) => [
      ...down('kube-controller-manager'),
      known('services', { total: 1, services: [service], clusterIPs: [] }),
      known('endpoints', { source: 'EndpointSlice', objects: 1, endpoints: [] }, ref),
      podsOf(ref, ...pods),
    ];
    expect(judge(bundle(ask, items(pod('web-5d9-a')))).causes.map((f) => f.rule)).toEqual(['controller-manager-down']);
    expect(judge(bundle(ask, items())).causes.map((f) => f.rule)).not.toContain('controller-manager-down');
  });
});

describe('the node that took it along', () => {
  it.each([
    ['booted and never came back', ago(60), true],
    ['only lost its kubelet: what it runs goes on', ago(900_000), false],
  ])('%s', (_, bootedAt, wanted) => {
    const items = [
      ...cluster(silent('n1'), node('n2', { ip: '192.0.2.2' })),
      HEALTHY,
      leases('kube-scheduler', 3600),
      members(API, member('kube-scheduler', 'well')),
      known('node-clock', { now: ago(0), bootedAt }, nodeRef('n1')),
    ];
    const all = judge(bundle(DIAGNOSE, items));
    const list = [...all.causes, ...all.symptoms, ...all.alsoFound];
    const fault = list.find((f) => f.rule === 'scheduler-down');
    expect(list.find((f) => f.rule === 'node-not-ready')?.explains.includes(fault?.id ?? '?')).toBe(wanted);
  });
});
