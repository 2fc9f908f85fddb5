/** What somebody set: a cordon, a scale of zero, a rollout that does not come up. */
import { describe, expect, it } from 'vitest';
import type { Workload } from '../../../src/core/evidence/cluster-types.ts';
import type { EvidenceItem } from '../../../src/core/evidence.ts';
import { namespacedRef } from '../../../src/core/object-ref.ts';
import type { Question } from '../../../src/core/question.ts';
import { judge } from '../../../src/rules/evaluate.ts';
import { deploymentScaledToZero } from '../../../src/rules/workload/deployment-scaled-to-zero.ts';
import { nodeCordoned } from '../../../src/rules/workload/node-cordoned.ts';
import { rolloutStuck } from '../../../src/rules/workload/rollout-stuck.ts';
import { bundle, outcomeOf, unknown } from '../../support/evidence.ts';
import { cluster, DIAGNOSE_N1, node, silent } from '../node/kit.ts';
import { ASK_DEPLOYMENT, ASK_NAMESPACE, ASK_POD, pending, pod, podsOf, SERVICE, workloadOf } from './kit.ts';

const DEPLOYMENT = namespacedRef('Deployment', 'shop', 'web');
const found = (...args: Parameters<typeof outcomeOf>) =>
  outcomeOf(...args).judgements.map((j) => `${j.text} ${j.object.name}`);

const CORDONED = cluster({ ...node('n1'), unschedulable: true }, node('n2'));
const OLD = '0/2 nodes are available: 1 Insufficient memory, 1 node(s) were unschedulable.';
const TAINT =
  '0/2 nodes are available: 1 Insufficient memory, 1 node(s) had untolerated taint {node.kubernetes.io/unschedulable: }.';
const waits = (message: string) => podsOf(SERVICE, pending('web-5d9-a', message));

describe('node-cordoned', () => {
  it.each<[string, Question, EvidenceItem[], string[]]>([
    ['a Pod waits, as schedulers before taints say it', ASK_POD, [...CORDONED, waits(OLD)], ['found n1']],
    ['a Pod waits, by taint', ASK_POD, [...CORDONED, waits(TAINT)], ['found n1']],
    ['the node was asked about', DIAGNOSE_N1, CORDONED, ['asked n1']],
    ['nobody waits and nobody asked', ASK_POD, [...CORDONED, podsOf(SERVICE, pod('web-5d9-a'))], []],
    [
      'a Pod waits for another reason',
      ASK_POD,
      [...CORDONED, waits('0/2 nodes are available: 2 Insufficient cpu.')],
      [],
    ],
    [
      'the cordoned node is silent',
      ASK_POD,
      [...cluster({ ...silent('n1'), unschedulable: true }, node('n2')), waits(OLD)],
      [],
    ],
    ['nodes were not listed', ASK_POD, [unknown('nodes'), waits(OLD)], []],
  ])('%s', (_, question, items, texts) => {
    expect(found(nodeCordoned, question, items)).toEqual(texts);
  });

  it('is why the Pod waits, beside the other reason', () => {
    const diagnosis = judge(bundle(ASK_POD, [...CORDONED, waits(TAINT)]));
    expect(diagnosis.causes.map((cause) => cause.rule).sort()).toEqual(['insufficient-memory', 'node-cordoned']);
    expect(diagnosis.causes.flatMap((cause) => cause.remediations ?? [])).toEqual([
      { id: 'uncordon-node', params: { node: 'n1' } },
    ]);
  });
});

const workload = (name: string, change: Partial<Workload> = {}): EvidenceItem =>
  workloadOf({ name, desired: 4, ready: 3, available: 3, updated: 1, ...change });

describe('deployment-scaled-to-zero', () => {
  const zero = workload('web', { desired: 0, ready: 0, available: 0 });
  it.each<[string, Question, EvidenceItem[], string[]]>([
    ['it was asked about', ASK_DEPLOYMENT, [zero], ['found web']],
    ['another one was', ASK_DEPLOYMENT, [workload('other', { desired: 0, available: 0 })], []],
    ['its namespace was', ASK_NAMESPACE, [zero], []],
    ['it wants Pods', ASK_DEPLOYMENT, [workload('web')], []],
    ['its last Pods are still ending', ASK_DEPLOYMENT, [workload('web', { desired: 0 })], []],
    ['it could not be read', ASK_DEPLOYMENT, [unknown('workload', DEPLOYMENT)], []],
  ])('%s', (_, question, items, texts) => {
    expect(found(deploymentScaledToZero, question, items)).toEqual(texts);
  });

  it('is the answer, with the fix', () => {
    const diagnosis = judge(bundle(ASK_DEPLOYMENT, [zero]));
    expect([diagnosis.verdict, diagnosis.causes[0]?.remediations]).toEqual([
      'cause-found',
      [{ id: 'scale-workload', params: { replicas: 1 } }],
    ]);
  });
});

describe('rollout-stuck', () => {
  const revision = (n: number) => ({ 'deployment.kubernetes.io/revision': String(n) });
  const stuck = (reason = 'ProgressDeadlineExceeded', status = 'False') =>
    workload('web', {
      annotations: revision(2),
      conditions: [{ type: 'Progressing', status, reason, message: 'ReplicaSet "web-5d9" has timed out progressing.' }],
    });
  const set = (name: string, n: number, available: number, owner = 'web') =>
    workload(name, {
      kind: 'ReplicaSet',
      annotations: revision(n),
      owners: [{ kind: 'Deployment', name: owner }],
      desired: 2,
      available,
    });
  const NOT_READY = { conditions: [{ type: 'Ready', status: 'False', reason: 'ContainersNotReady' }] };
  const bad = podsOf(
    DEPLOYMENT,
    pod('web-5d9-a', NOT_READY),
    pod('web-111-a', { owners: [{ kind: 'ReplicaSet', name: 'web-111' }], labels: { 'pod-template-hash': '111' } }),
  );
  const all = [...cluster(node('n1')), stuck(), set('web-5d9', 2, 0), set('web-111', 1, 3), bad];
  const without = (i: number, ...more: EvidenceItem[]) => [...all.filter((_, at) => at !== i + 2), ...more];

  it.each<[string, EvidenceItem[], string[]]>([
    ['the new one does not come up, the old one works', all, ['found web']],
    ['it is still within its deadline', without(0, stuck('ReplicaSetUpdated', 'True')), []],
    ['a Pod of the new one is available', without(1, set('web-5d9', 2, 1)), []],
    ['the old one does not work either', without(2, set('web-111', 1, 0)), []],
    ['there is no old one', without(2), []],
    ['the old one is of another Deployment', without(2, set('web-111', 1, 3, 'other')), []],
    [
      'the new Pods have no node',
      without(3, podsOf(DEPLOYMENT, pending('web-5d9-a', '0/1 nodes are available: 1 Insufficient cpu.'))),
      [],
    ],
    ['the new Pods are on a silent node', [...cluster(silent('n1')), ...all.slice(2)], []],
    ['the Pods were not seen', without(3), []],
    ['the Deployment could not be read', without(0, unknown('workload', DEPLOYMENT)), []],
  ])('%s', (_, items, texts) => {
    expect(found(rolloutStuck, ASK_DEPLOYMENT, items)).toEqual(texts);
  });

  it('is why the workload is not available, with the fix', () => {
    const diagnosis = judge(bundle(ASK_DEPLOYMENT, all));
    expect(diagnosis.causes.map((cause) => [cause.rule, cause.remediations])).toEqual([
      ['rollout-stuck', [{ id: 'undo-rollout', params: {} }]],
    ]);
    expect(diagnosis.verdict).toBe('cause-found');
  });
});
