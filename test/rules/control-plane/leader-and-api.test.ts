import { describe, expect, it } from 'vitest';
import type { PodObject } from '../../../src/core/evidence/cluster-types.ts';
import type { EvidenceItem } from '../../../src/core/evidence.ts';
import { namespacedRef, nodeRef } from '../../../src/core/object-ref.ts';
import type { Question } from '../../../src/core/question.ts';
import { apiServerUnreachable } from '../../../src/rules/control-plane/api-server-unreachable.ts';
import { etcdLeaderUnstable } from '../../../src/rules/control-plane/etcd-leader-unstable.ts';
import { CONTROL_PLANE_RULES } from '../../../src/rules/control-plane/index.ts';
import { judge } from '../../../src/rules/evaluate.ts';
import { ago, bundle, known, outcomeOf, said, unknown } from '../../support/evidence.ts';

const DIAGNOSE: Question = { type: 'diagnose', target: { kind: 'Component', name: 'control-plane' } };
const HEALTHY = known('api-health', { ok: true, checks: [{ name: 'etcd', ok: true }], latencyMs: 3 });
const LIST = { kind: 'Component', name: 'control-plane' };
const stamp = (seconds: number) => ago(seconds).replace('T', ' ').replace('Z', '');

function pod(component: string, name: string, change: Partial<PodObject> = {}): PodObject {
  return {
    namespace: 'kube-system',
    name,
    nodeName: 'n1',
    phase: 'Running',
    podIPs: [],
    hostNetwork: true,
    labels: { component },
    owners: [{ kind: 'Node', name: 'n1' }],
    conditions: [{ type: 'Ready', status: 'True' }],
    containers: [],
    statuses: [],
    tolerations: [],
    ...change,
  };
}
const pods = (...list: PodObject[]) => known('pods', { total: list.length, pods: list }, LIST);
const log = (...lines: string[]) =>
  known('pod-log', { lines, truncated: false }, namespacedRef('Pod', 'kube-system', 'watcher'), 'main');
const changed = (seconds: number) => `${stamp(seconds)} [ERROR] error=etcdserver: leader changed`;
function ended(seconds: number, exitCode: number): Partial<PodObject> {
  const lastState = { state: 'terminated' as const, exitCode, finishedAt: ago(seconds) };
  return {
    statuses: [{ name: 'c', init: false, ready: true, restartCount: 50, state: { state: 'running' }, lastState }],
  };
}

describe('etcd-leader-unstable', () => {
  it('finds changes that come again', () => {
    expect(said(etcdLeaderUnstable, DIAGNOSE, [log(changed(90_000), changed(600))])).toEqual([
      'finding found Cluster/cluster',
    ]);
  });

  it('one change may be a restart', () => {
    expect(said(etcdLeaderUnstable, DIAGNOSE, [log(changed(600))])).toEqual(['finding once Cluster/cluster (likely)']);
  });

  it('one change and a controller that lost its lead today is a fault', () => {
    const items = [log(changed(600)), pods(pod('kube-controller-manager', 'kcm', ended(500, 1)))];
    expect(outcomeOf(etcdLeaderUnstable, DIAGNOSE, items).judgements).toMatchObject([
      { text: 'found', confidence: 'confirmed', because: [{ text: 'word' }, { text: 'restart' }] },
    ]);
  });

  it.each<[string, EvidenceItem[]]>([
    ['requests that time out: another rule’s matter', [log('error=etcdserver: request timed out')]],
    ['many restarts long ago and no complaint', [pods(pod('kube-scheduler', 'ks', ended(900_000, 1)))]],
    ['changes of more than a week ago', [log(changed(800_000), changed(700_000))]],
    ['nothing', []],
  ])('is silent about %s', (_, items) => {
    expect(said(etcdLeaderUnstable, DIAGNOSE, items)).toEqual([]);
  });

  it('says less where the Pods could not be listed', () => {
    expect(said(etcdLeaderUnstable, DIAGNOSE, [log(changed(600)), unknown('pods', LIST)])).toEqual([
      'finding once Cluster/cluster (likely)',
    ]);
  });
});

describe('api-server-unreachable', () => {
  const down: Partial<PodObject> = {
    conditions: [{ type: 'Ready', status: 'False' }],
    statuses: [
      {
        name: 'kube-apiserver',
        init: false,
        ready: false,
        restartCount: 9,
        state: { state: 'waiting', reason: 'CrashLoopBackOff' },
        lastState: { state: 'none' },
      },
    ],
  };
  const lease = (seconds: number) =>
    known('node-leases', [
      { node: 'n1', renewTime: ago(seconds) },
      { node: 'n2', renewTime: ago(1) },
    ]);

  it('names the one of several API servers that does not run', () => {
    const items = [HEALTHY, lease(5), pods(pod('kube-apiserver', 'api-1'), pod('kube-apiserver', 'api-2', down))];
    expect(said(apiServerUnreachable, DIAGNOSE, items)).toEqual(['finding pod Pod/kube-system/api-2']);
  });

  it('names the checks that fail', () => {
    const health = known('api-health', {
      ok: false,
      checks: [
        { name: 'ping', ok: true },
        { name: 'etcd', ok: false },
      ],
      latencyMs: 900,
    });
    expect(outcomeOf(apiServerUnreachable, DIAGNOSE, [health]).judgements).toMatchObject([
      { text: 'not-ready', data: { checks: ['etcd'] } },
    ]);
  });

  describe('the addresses behind the Service kubernetes', () => {
    const endpoint = {
      ip: '192.0.2.1',
      ready: true,
      serving: true,
      terminating: false,
      ports: [{ port: 6443, protocol: 'TCP' }],
    };
    const endpoints = known(
      'endpoints',
      { source: 'Endpoints', objects: 1, endpoints: [endpoint] },
      namespacedRef('Service', 'default', 'kubernetes'),
    );
    const tcp = (from: string, result: 'open' | 'timeout') =>
      known('node-tcp', [{ address: '192.0.2.1', port: 6443, result, ms: 1 }], nodeRef(from));

    it.each([
      ['found where nobody gets through', ['timeout', 'timeout'] as const, ['finding endpoint Cluster/cluster']],
      ['only likely where one node tried', ['timeout'] as const, ['finding endpoint Cluster/cluster (likely)']],
      ['silent where somebody does', ['timeout', 'open'] as const, []],
      ['silent where nobody tried', [] as const, []],
    ])('is %s', (_, results, expected) => {
      const items = [HEALTHY, endpoints, ...results.map((result, i) => tcp(`n${i + 2}`, result))];
      expect(said(apiServerUnreachable, DIAGNOSE, items)).toEqual(expected);
    });
  });

  it.each<[string, EvidenceItem[]]>([
    ['API servers that are ready', [HEALTHY, pods(pod('kube-apiserver', 'api-1'))]],
    [
      'the status of one on a silent node: nobody knows',
      [HEALTHY, lease(600), pods(pod('kube-apiserver', 'api-1', down))],
    ],
    ['a managed control plane that shows no Pods', [HEALTHY, pods()]],
    [
      'an application with the same label elsewhere',
      [HEALTHY, lease(5), pods(pod('kube-apiserver', 'x', { ...down, namespace: 'shop' }))],
    ],
  ])('is silent about %s', (_, items) => {
    expect(said(apiServerUnreachable, DIAGNOSE, items)).toEqual([]);
  });

  it('a control plane that nobody could look at is no healthy one', () => {
    const diagnosis = judge(bundle(DIAGNOSE, [unknown('api-health'), unknown('pods', LIST)]), CONTROL_PLANE_RULES);
    expect(diagnosis.verdict).toBe('inconclusive');
    expect(judge(bundle(DIAGNOSE, [HEALTHY, pods(pod('etcd', 'e'))]), CONTROL_PLANE_RULES).verdict).toBe(
      'no-fault-found',
    );
  });

  it('a control plane with two members of etcd has a fault of its own', () => {
    const items = [HEALTHY, pods(pod('etcd', 'etcd-a'), pod('etcd', 'etcd-b'))];
    const diagnosis = judge(bundle(DIAGNOSE, items), CONTROL_PLANE_RULES);
    expect([diagnosis.verdict, diagnosis.causes.map((c) => c.rule)]).toEqual(['cause-found', ['etcd-two-members']]);
  });
});
