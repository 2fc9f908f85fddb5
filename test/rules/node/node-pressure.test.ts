import { describe, expect, it } from 'vitest';
import type { NodeObject, PodObject } from '../../../src/core/evidence/cluster-types.ts';
import type { EvidenceItem } from '../../../src/core/evidence.ts';
import { nodeRef } from '../../../src/core/object-ref.ts';
import type { Question } from '../../../src/core/question.ts';
import { judge } from '../../../src/rules/evaluate.ts';
import { NODE_PRESSURE_RULES } from '../../../src/rules/node/node-pressure.ts';
import { ago, bundle, known, outcomeOf, said, unknown } from '../../support/evidence.ts';
import { ASK_DEPLOYMENT, ASK_NAMESPACE, pending, pod, podsOf } from '../workload/kit.ts';
import { cluster, DIAGNOSE_N1, node, silent } from './kit.ts';

const rule = (id: string) => {
  const one = NODE_PRESSURE_RULES.find((candidate) => candidate.id === id);
  if (one === undefined) throw new Error(`no rule ${id}`);
  return one;
};
const SHOP = { kind: 'Namespace', name: 'shop' };

function under(type: string, status = 'True', base: NodeObject = node('n1')): NodeObject {
  const condition = { type, status, reason: 'X', message: 'kubelet has no room', lastTransitionTime: ago(600) };
  return { ...base, conditions: [...base.conditions, condition] };
}

/** A Pod that was evicted some seconds ago. */
function evicted(name: string, message: string, seconds = 300, change: Partial<PodObject> = {}): PodObject {
  const conditions = [{ type: 'DisruptionTarget', status: 'True', lastTransitionTime: ago(seconds) }];
  return pod(name, { phase: 'Failed', reason: 'Evicted', message, conditions, ...change });
}
const LOW = (what: string) => `The node was low on resource: ${what}. Threshold quantity: 1, available: 0. `;

describe.each([
  ['node-disk-pressure', 'DiskPressure', LOW('ephemeral-storage')],
  ['node-memory-pressure', 'MemoryPressure', LOW('memory')],
  ['node-pid-pressure', 'PIDPressure', LOW('pids')],
])('%s', (id, type, message) => {
  const say = (items: EvidenceItem[], ask: Question = DIAGNOSE_N1) => said(rule(id), ask, items);

  it('finds what kubelet says of its node', () => {
    const [finding] = outcomeOf(rule(id), DIAGNOSE_N1, cluster(under(type))).judgements;
    expect(finding).toMatchObject({
      text: 'found',
      confidence: 'confirmed',
      object: nodeRef('n1'),
      since: ago(600),
      because: [{ text: 'condition', data: { type, status: 'True' } }],
    });
    expect(judge(bundle(DIAGNOSE_N1, cluster(under(type))))).toMatchObject({
      verdict: 'cause-found',
      causes: [{ rule: id }],
    });
  });

  it('finds what is over by the Pods that were ended for it', () => {
    const items = [...cluster(under(type, 'False')), podsOf(SHOP, evicted('web-5d9-a', message))];
    expect(say(items, ASK_NAMESPACE)).toEqual(['finding was Node/n1']);
    expect(judge(bundle(ASK_NAMESPACE, items)).causes).toMatchObject([{ rule: id, text: 'was' }]);
  });

  it.each<[string, EvidenceItem[]]>([
    ['a node that says it has enough', cluster(under(type, 'False'))],
    ['a node that nobody hears: its word is old', cluster(under(type, 'True', silent('n1')))],
    ['a node of which the control plane wrote Unknown', cluster(under(type, 'Unknown', silent('n1')))],
    ['a node without such a condition', cluster(node('n1'))],
    [
      'Pods that were evicted for other reasons',
      [
        ...cluster(node('n1')),
        podsOf(
          SHOP,
          evicted('web-5d9-a', 'Usage of EmptyDir volume "tmp" exceeds the limit "1Gi". '),
          evicted('web-5d9-b', 'x'),
        ),
      ],
    ],
    ['Pods that were evicted yesterday', [...cluster(node('n1')), podsOf(SHOP, evicted('web-5d9-a', message, 86_400))]],
    ['nodes that could not be read', [unknown('nodes')]],
  ])('is silent about %s', (_, items) => {
    expect(say(items, ASK_NAMESPACE)).toEqual([]);
  });
});

it('each of them is silent about the pressure of the others', () => {
  for (const one of NODE_PRESSURE_RULES) {
    const others = ['DiskPressure', 'MemoryPressure', 'PIDPressure'].filter(
      (type) => !one.id.includes(type.slice(0, 3).toLowerCase()),
    );
    expect(others).toHaveLength(2);
    for (const type of others) expect(said(one, DIAGNOSE_N1, cluster(under(type)))).toEqual([]);
  }
});

describe('what the agent sees of it', () => {
  const mount = (name: string, usedPercent: number) => ({
    mount: name,
    device: '/dev/vda1',
    sizeKiB: 100,
    availableKiB: 100 - usedPercent,
    usedPercent,
    inodesUsedPercent: 3,
  });

  it('shows the file systems that are nearly full', () => {
    const disk = known('node-disk', [mount('/', 40), mount('/var/lib/containerd', 93)], nodeRef('n1'));
    const [finding] = outcomeOf(rule('node-disk-pressure'), DIAGNOSE_N1, [
      ...cluster(under('DiskPressure')),
      disk,
    ]).judgements;
    expect(finding?.because).toMatchObject([
      { text: 'condition' },
      { text: 'disk', data: { mount: '/var/lib/containerd', used: 93 } },
    ]);
  });

  it('shows the memory that is left', () => {
    const value = { totalKiB: 4_194_304, availableKiB: 51_200, swapTotalKiB: 0, swapFreeKiB: 0 };
    const items = [...cluster(under('MemoryPressure')), known('node-memory', value, nodeRef('n1'))];
    expect(outcomeOf(rule('node-memory-pressure'), DIAGNOSE_N1, items).judgements[0]?.because).toMatchObject([
      {},
      { text: 'memory', data: { available: 50, total: 4096 } },
    ]);
  });

  it('without an agent the condition stands alone', () => {
    const outcome = outcomeOf(rule('node-disk-pressure'), DIAGNOSE_N1, [
      ...cluster(under('DiskPressure')),
      unknown('node-disk', nodeRef('n1')),
    ]);
    expect(outcome.judgements).toMatchObject([{ confidence: 'confirmed', because: [{ text: 'condition' }] }]);
    expect(outcome.missing.map((item) => item.kind)).toEqual(['node-disk']);
  });

  it('a full disk is why it is short of it', () => {
    const disk = known('node-disk', [mount('/', 100)], nodeRef('n1'));
    const { causes, verdict } = judge(bundle(DIAGNOSE_N1, [...cluster(under('DiskPressure')), disk]));
    expect([verdict, causes.map((f) => f.rule)]).toEqual(['cause-found', ['node-disk-full']]);
  });
});

describe('what follows from it', () => {
  const taint = { key: 'node.kubernetes.io/disk-pressure', effect: 'NoSchedule' };
  const WORD = '0/1 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/disk-pressure: }.';

  it('Pods that no node takes for its taint', () => {
    const items = [...cluster({ ...under('DiskPressure'), taints: [taint] }), podsOf(SHOP, pending('web-5d9-a', WORD))];
    const { causes, symptoms } = judge(bundle(ASK_DEPLOYMENT, items));
    expect(causes.map((f) => f.rule)).toEqual(['node-disk-pressure']);
    expect(symptoms.map((f) => f.rule)).toEqual(['taint-not-tolerated', 'pod-pending']);
  });

  it('not those that wait for another reason', () => {
    const items = [
      ...cluster(under('DiskPressure')),
      podsOf(SHOP, pending('web-5d9-a', '0/1 nodes are available: 1 Insufficient cpu.')),
    ];
    const { causes } = judge(bundle(ASK_DEPLOYMENT, items));
    expect(causes.map((f) => f.rule)).toEqual(['insufficient-cpu']);
  });
});
