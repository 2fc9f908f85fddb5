import { describe, expect, it } from 'vitest';
import type { PodObject } from '../../../src/core/evidence/cluster-types.ts';
import type { EvidenceItem } from '../../../src/core/evidence.ts';
import { namespacedRef } from '../../../src/core/object-ref.ts';
import { judge } from '../../../src/rules/evaluate.ts';
import { NODE_RULES } from '../../../src/rules/node/index.ts';
import { WORKLOAD_RULES } from '../../../src/rules/workload/index.ts';
import { insufficientCpu, insufficientMemory } from '../../../src/rules/workload/insufficient.ts';
import { parseQuantity, quantityText } from '../../../src/rules/workload/quantity.ts';
import { nodesLookedAt, refusals } from '../../../src/rules/workload/scheduling.ts';
import { taintNotTolerated } from '../../../src/rules/workload/taint-not-tolerated.ts';
import { ago, bundle, known, outcomeOf, said, unknown } from '../../support/evidence.ts';
import { cluster, node, silent } from '../node/kit.ts';
import { ASK_DEPLOYMENT, ASK_POD, pending, pod, podsOf, SERVICE } from './kit.ts';

const V18 =
  "0/3 nodes are available: 1 Insufficient memory, 2 node(s) had taint {node.kubernetes.io/unreachable: }, that the pod didn't tolerate.";

describe('what the scheduler says', () => {
  it.each([
    ['v1.18', V18, ['1 Insufficient memory', '2 node.kubernetes.io/unreachable=']],
    [
      'v1.18, the taint first',
      "0/3 nodes are available: 1 node(s) had taint {node.kubernetes.io/unreachable: }, that the pod didn't tolerate, 2 Insufficient memory.",
      ['1 node.kubernetes.io/unreachable=', '2 Insufficient memory'],
    ],
    [
      'v1.22, a taint with a value',
      "0/2 nodes are available: 2 node(s) had taint {team: red}, that the pod didn't tolerate.",
      ['2 team=red'],
    ],
    [
      'v1.24, untolerated, with preemption',
      '0/4 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, 3 Insufficient cpu. preemption: 0/4 nodes are available: 1 Preemption is not helpful for scheduling, 3 No preemption victims found for incoming pod.',
      ['1 node-role.kubernetes.io/control-plane=', '3 Insufficient cpu'],
    ],
    [
      'v1.34, taints together',
      '0/2 nodes are available: 2 node(s) had untolerated taint {dedicated: gpu}. no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.',
      ['2 dedicated=gpu'],
    ],
    [
      'v1.34.2 and later, no key',
      '0/2 nodes are available: 1 Insufficient memory, 1 node(s) had untolerated taint(s). no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.',
      ['1 Insufficient memory', '1 node(s) had untolerated taint(s)'],
    ],
    [
      'v1.34, claims behind a resource',
      '0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.',
      ['1 Insufficient cpu'],
    ],
    [
      'other reasons',
      "0/5 nodes are available: 2 node(s) didn't match Pod's node affinity/selector, 3 Too many pods.",
      ["2 node(s) didn't match Pod's node affinity/selector", '3 Too many pods'],
    ],
    ['no reasons at all', 'no nodes available to schedule pods', []],
  ])('%s', (_, message, expected) => {
    expect(
      refusals(message).map(
        (r) => `${r.nodes} ${r.taint === undefined ? r.reason : `${r.taint.key}=${r.taint.value}`}`,
      ),
    ).toEqual(expected);
  });

  it('knows how many nodes were looked at', () => {
    expect([nodesLookedAt(V18), nodesLookedAt('nothing')]).toEqual([3, undefined]);
  });
});

describe('quantities', () => {
  it.each([
    ['250m', 0.25],
    ['4', 4],
    ['1.5', 1.5],
    ['512Mi', 512 * 1024 ** 2],
    ['14925580Ki', 14_925_580 * 1024],
    ['128974848', 128_974_848],
    ['129e6', 129e6],
    ['2G', 2e9],
    ['lots', undefined],
  ])('%s', (text, value) => {
    expect(parseQuantity(text)).toBe(value);
  });

  it('are read back by people', () => {
    expect([
      quantityText(0.25, 'cpu'),
      quantityText(1536 * 1024 ** 2, 'memory'),
      quantityText(64 * 1024 ** 2, 'memory'),
    ]).toEqual(['0.25', '1.5Gi', '64Mi']);
  });
});

function asking(requests: Record<string, string>): Partial<PodObject> {
  return { containers: [{ name: 'main', image: 'x', ports: [], env: [], requests, limits: {} }] };
}
const NODES = cluster(
  { ...node('n1'), allocatable: { cpu: '4', memory: '8Gi' } },
  { ...node('n2'), allocatable: { cpu: '2', memory: '4Gi' } },
);

describe.each([
  ['insufficient-cpu', insufficientCpu, 'cpu', '3', '6'],
  ['insufficient-memory', insufficientMemory, 'memory', '3Gi', '64Gi'],
] as const)('%s', (_, rule, resource, fits, tooBig) => {
  const message = `0/2 nodes are available: 2 Insufficient ${resource}.`;

  it('finds nodes that are full', () => {
    const items = [...NODES, podsOf(SERVICE, pending('web-5d9-a', message, asking({ [resource]: fits })))];
    expect(said(rule, ASK_POD, items)).toEqual(['finding found Deployment/shop/web']);
  });

  it('says so where no node could ever hold the Pod', () => {
    const items = [...NODES, podsOf(SERVICE, pending('web-5d9-a', message, asking({ [resource]: tooBig })))];
    expect(said(rule, ASK_POD, items)).toEqual(['finding too-big Deployment/shop/web']);
  });

  it('reads the event where the condition has no message', () => {
    const bare = pending('web-5d9-a', '');
    const about = namespacedRef('Pod', 'shop', 'web-5d9-a');
    const events = known(
      'events',
      [{ type: 'Warning', reason: 'FailedScheduling', message, count: 9, lastTime: ago(9), about }],
      about,
    );
    expect(said(rule, ASK_POD, [podsOf(SERVICE, bare), events])).toEqual(['finding full Deployment/shop/web']);
  });

  it.each<[string, PodObject]>([
    ['another reason', pending('web-5d9-a', '0/2 nodes are available: 2 Insufficient ephemeral-storage.')],
    [
      'only preemption’s words',
      pending(
        'web-5d9-a',
        `0/2 nodes are available: 2 Too many pods. preemption: 0/2 nodes are available: 2 Insufficient ${resource}.`,
      ),
    ],
    ['a Pod that has a node by now', pod('web-5d9-a', { phase: 'Pending' })],
    ['a running Pod', pod('web-5d9-a')],
  ])('is silent about %s', (__, one) => {
    expect(said(rule, ASK_POD, [...NODES, podsOf(SERVICE, one)])).toEqual([]);
  });

  it('without the nodes it does not say that none is large enough', () => {
    const items = [unknown('nodes'), podsOf(SERVICE, pending('web-5d9-a', message, asking({ [resource]: tooBig })))];
    expect(said(rule, ASK_POD, items)).toEqual(['finding found Deployment/shop/web']);
  });

  it('is the cause of Pods that wait', () => {
    const diagnosis = judge(
      bundle(ASK_POD, [...NODES, podsOf(SERVICE, pending('web-5d9-a', message))]),
      WORKLOAD_RULES,
    );
    expect([diagnosis.verdict, diagnosis.causes.map((c) => c.rule), diagnosis.symptoms.map((s) => s.rule)]).toEqual([
      'cause-found',
      [rule.id],
      ['pod-pending'],
    ]);
  });
});

describe('taint-not-tolerated', () => {
  const waiting = (message: string): EvidenceItem => podsOf(SERVICE, pending('web-5d9-a', message));
  const tainted = (key: string) => ({ ...silent('n1'), taints: [{ key, effect: 'NoSchedule' }] });

  it.each([
    [
      'a taint of somebody',
      '0/2 nodes are available: 2 node(s) had untolerated taint {team: red}.',
      ['finding found Deployment/shop/web'],
    ],
    ['the taint of dead nodes', V18, ['finding trouble Deployment/shop/web (likely)']],
    [
      'the control plane’s taint where there are no other nodes',
      '0/1 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }.',
      ['finding found Deployment/shop/web'],
    ],
    [
      'the control plane’s taint beside a real reason',
      "0/3 nodes are available: 1 node(s) had taint {node-role.kubernetes.io/master: }, that the pod didn't tolerate, 2 Insufficient cpu.",
      [],
    ],
    [
      'a cordon: another rule’s matter',
      '0/1 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/unschedulable: }.',
      [],
    ],
    ['no taint', '0/2 nodes are available: 2 Insufficient cpu.', []],
  ])('%s', (_, message, expected) => {
    expect(said(taintNotTolerated, ASK_POD, [waiting(message)])).toEqual(expected);
  });

  it('names the nodes that have the taint', () => {
    const items = [...cluster(tainted('node.kubernetes.io/unreachable'), node('n2')), waiting(V18)];
    const [finding] = outcomeOf(taintNotTolerated, ASK_POD, items).judgements;
    expect(finding).toMatchObject({
      scope: { nodes: ['n1'] },
      because: [{ text: 'word' }, { text: 'nodes', data: { nodes: ['n1'] } }],
    });
  });

  describe('where the scheduler does not name the taint', () => {
    const message =
      '0/2 nodes are available: 2 node(s) had untolerated taint(s). no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.';
    const red = (name: string) => ({ ...node(name), taints: [{ key: 'team', value: 'red', effect: 'NoSchedule' }] });
    const nodes = cluster(red('n1'), red('n2'));

    it('the nodes do', () => {
      const [finding] = outcomeOf(taintNotTolerated, ASK_POD, [...nodes, waiting(message)]).judgements;
      expect(finding).toMatchObject({
        text: 'found',
        data: { taint: 'team=red', count: 2 },
        scope: { nodes: ['n1', 'n2'] },
      });
    });

    it.each([
      ['the Pod tolerates', { key: 'team', operator: 'Equal', value: 'red', effect: 'NoSchedule' }],
      ['the Pod tolerates with all others', { operator: 'Exists' }],
    ])('it is none that %s', (_, toleration) => {
      const tolerant = podsOf(SERVICE, pending('web-5d9-a', message, { tolerations: [toleration] }));
      expect(said(taintNotTolerated, ASK_POD, [...nodes, tolerant])).toEqual([]);
    });

    it('and without the nodes nobody knows', () => {
      expect(said(taintNotTolerated, ASK_POD, [unknown('nodes'), waiting(message)])).toEqual([]);
    });
  });

  it('says what it can where nodes could not be listed', () => {
    expect(said(taintNotTolerated, ASK_POD, [unknown('nodes'), waiting(V18)])).toEqual([
      'finding trouble Deployment/shop/web (likely)',
    ]);
  });

  it('a dead node stands above its taint, and memory beside it', () => {
    const items = [...cluster(tainted('node.kubernetes.io/unreachable'), node('n2')), waiting(V18)];
    const diagnosis = judge(bundle(ASK_DEPLOYMENT, items), [...NODE_RULES, ...WORKLOAD_RULES]);
    // Why the node is dead is not known here, so its taint is a link of a chain without a beginning.
    expect(diagnosis.causes.map((c) => c.rule)).toEqual(['insufficient-memory']);
    const taint = diagnosis.alsoFound.find((f) => f.rule === 'taint-not-tolerated');
    expect(diagnosis.alsoFound.find((f) => f.rule === 'node-not-ready')?.explains).toEqual([taint?.id]);
  });

  it('a node that is not ready does not explain a taint of somebody', () => {
    const items = [
      ...cluster(tainted('team'), node('n2')),
      waiting('0/2 nodes are available: 2 node(s) had untolerated taint {team: }.'),
    ];
    const diagnosis = judge(bundle(ASK_POD, items), [...NODE_RULES, ...WORKLOAD_RULES]);
    expect(diagnosis.alsoFound.find((f) => f.rule === 'node-not-ready')?.explains).toEqual([]);
  });
});
