import { describe, expect, it } from 'vitest';
import type { PodObject } from '../../../src/core/evidence/cluster-types.ts';
import type { EvidenceItem } from '../../../src/core/evidence.ts';
import { CLUSTER, namespacedRef, nodeRef } from '../../../src/core/object-ref.ts';
import type { Question } from '../../../src/core/question.ts';
import { etcdSlow } from '../../../src/rules/control-plane/etcd-slow.ts';
import { etcdTwoMembers } from '../../../src/rules/control-plane/etcd-two-members.ts';
import { ago, known, outcomeOf, said, unknown } from '../../support/evidence.ts';

const DIAGNOSE: Question = { type: 'diagnose', target: { kind: 'Component', name: 'control-plane' } };
const REACH: Question = { type: 'why-not-reachable', target: { kind: 'NodePort', nodePort: 31000 } };
const HEALTHY = known('api-health', { ok: true, checks: [], latencyMs: 3 });
const VICTIM = namespacedRef('Pod', 'kube-system', 'watcher-1');

function event(message: string, count: number, last = 60): EvidenceItem {
  return known(
    'events',
    [
      {
        type: 'Warning',
        reason: 'Unhealthy',
        message,
        count,
        firstTime: ago(last + 180_000),
        lastTime: ago(last),
        about: VICTIM,
      },
    ],
    VICTIM,
  );
}
function log(...lines: string[]): EvidenceItem {
  return known('pod-log', { lines, truncated: false }, VICTIM, 'main');
}
/** The stamp that a component's log would have so many seconds before now. */
const stamp = (seconds: number) => ago(seconds).replace('T', ' ').replace('Z', '');

describe('etcd-slow', () => {
  it('counts a probe that failed for it, with dates and the victim', () => {
    const items = [
      HEALTHY,
      event('Readiness probe failed: Error verifying datastore: etcdserver: request timed out', 7),
    ];
    expect(outcomeOf(etcdSlow, DIAGNOSE, items).judgements).toMatchObject([
      {
        text: 'found',
        severity: 'warning',
        object: CLUSTER,
        since: ago(180_060),
        data: { count: 7, last: ago(60), victims: ['Pod/kube-system/watcher-1'] },
      },
    ]);
  });

  it('counts one failure that a log tells in several lines once', () => {
    const items = [
      HEALTHY,
      log(
        `${stamp(9000)} [ERROR][1] client.go 255: Error error=etcdserver: request timed out`,
        `${stamp(8999)} [ERROR][1] main.go 202: Failed error=etcdserver: request timed out`,
        `${stamp(500)} [ERROR][1] main.go 202: Failed error=etcdserver: request timed out`,
      ),
    ];
    const [finding] = outcomeOf(etcdSlow, DIAGNOSE, items).judgements;
    expect(finding).toMatchObject({ text: 'found', data: { count: 2, first: ago(9000), last: ago(500) } });
  });

  it('does not make a habit of one failure', () => {
    const items = [HEALTHY, log(`${stamp(500)} error=etcdserver: request timed out`)];
    expect(said(etcdSlow, DIAGNOSE, items)).toEqual(['finding once Cluster/cluster']);
  });

  it.each([
    [
      'etcd’s own log, v3.4',
      '{"level":"warn","msg":"apply request took too long","took":"412ms","expected-duration":"100ms"}',
    ],
    [
      'etcd’s own log, v3.3',
      'W | etcdserver: read-only range request "key" with result "" took too long (1.2s) to execute',
    ],
    [
      'heartbeats',
      'failed to send out heartbeat on time; took too long, leader is overloaded likely from slow disk, server is likely overloaded',
    ],
  ])('reads %s', (_, line) => {
    const own = known(
      'pod-log',
      { lines: [line], truncated: false },
      namespacedRef('Pod', 'kube-system', 'etcd-a'),
      'etcd',
    );
    expect(said(etcdSlow, DIAGNOSE, [HEALTHY, own])).toEqual(['finding undated Cluster/cluster']);
    // The same words of anybody else are about something else.
    expect(said(etcdSlow, DIAGNOSE, [HEALTHY, log(line)])).toEqual([]);
  });

  it('does not take an application’s own etcd for the cluster’s', () => {
    const app = namespacedRef('Pod', 'shop', 'gateway-1');
    const lines = known('pod-log', { lines: ['etcdserver: request timed out'], truncated: false }, app, 'main');
    const events = known(
      'events',
      [{ type: 'Warning', reason: 'Unhealthy', message: 'etcdserver: request timed out', count: 3, about: app }],
      app,
    );
    expect(said(etcdSlow, DIAGNOSE, [HEALTHY, lines, events])).toEqual([]);
  });

  it.each<[string, EvidenceItem[]]>([
    [
      'an API server that cannot be reached: that may be the way to it',
      [log('error=Get https://198.18.0.1:443/x: context deadline exceeded')],
    ],
    ['words older than a week', [event('etcdserver: request timed out', 3, 800_000)]],
    ['an election: another rule’s matter', [log('error=etcdserver: leader changed')]],
    ['nothing', []],
  ])('is silent about %s', (_, items) => {
    expect(said(etcdSlow, DIAGNOSE, [HEALTHY, ...items])).toEqual([]);
  });

  it('leaves the question open where neither the API server’s health nor the Pods could be read', () => {
    expect(
      outcomeOf(etcdSlow, DIAGNOSE, [
        unknown('api-health'),
        unknown('pods', { kind: 'Component', name: 'control-plane' }),
      ]).undecided,
    ).toBe(true);
    expect(outcomeOf(etcdSlow, DIAGNOSE, [HEALTHY]).undecided).toBe(false);
    expect([etcdSlow.answers?.(DIAGNOSE), etcdSlow.answers?.(REACH)]).toEqual([true, false]);
  });

  describe('when a NodePort is not reachable', () => {
    const service = {
      namespace: 'shop',
      name: 'web',
      type: 'NodePort',
      clusterIPs: [],
      ports: [{ protocol: 'TCP', port: 80, targetPort: 8080, nodePort: 31000 }],
      labels: {},
    };
    const nodes = ['n1', 'n2'].map((name, i) => ({
      name,
      labels: {},
      annotations: {},
      addresses: [{ type: 'InternalIP', address: `192.0.2.${i + 1}` }],
      podCIDRs: [],
      taints: [],
      unschedulable: false,
      conditions: [{ type: 'Ready', status: 'True' }],
      capacity: {},
      allocatable: {},
    }));
    const path = (...results: ('open' | 'timeout')[]) => [
      known('services', { total: 1, services: [service], clusterIPs: [] }),
      known('nodes', { total: 2, nodes }),
      ...results.map((result, i) =>
        known('node-tcp', [{ address: '192.0.2.1', port: 31000, result, ms: 1 }], nodeRef(`n${i + 2}`)),
      ),
    ];
    const slow = [HEALTHY, event('etcdserver: request timed out', 7)];

    it('is ruled out as the cause of what fails every time, and stays a finding', () => {
      expect(said(etcdSlow, REACH, [...slow, ...path('timeout', 'timeout')])).toEqual([
        'finding found Cluster/cluster',
        'cleared intermittent Component/etcd',
      ]);
    });

    it('is ruled out in other words where it was a single one', () => {
      const one = [HEALTHY, log(`${stamp(500)} error=etcdserver: request timed out`)];
      expect(said(etcdSlow, REACH, [...one, ...path('timeout')])).toEqual([
        'finding once Cluster/cluster',
        'cleared single Component/etcd',
      ]);
    });

    it.each([
      ['what fails now and then', ['open', 'timeout'] as const],
      ['what works', ['open', 'open'] as const],
    ])('is not ruled out for %s', (_, results) => {
      expect(said(etcdSlow, REACH, [...slow, ...path(...results)])).toEqual(['finding found Cluster/cluster']);
    });
  });
});

function etcdPod(name: string, change: Partial<PodObject> = {}): PodObject {
  return {
    namespace: 'kube-system',
    name,
    nodeName: name,
    phase: 'Running',
    podIPs: [],
    hostNetwork: true,
    labels: { component: 'etcd', tier: 'control-plane' },
    owners: [],
    conditions: [],
    containers: [],
    statuses: [],
    tolerations: [],
    ...change,
  };
}
function members(...pods: PodObject[]): EvidenceItem[] {
  return [known('pods', { total: pods.length, pods }, { kind: 'Component', name: 'control-plane' })];
}

describe('etcd-two-members', () => {
  it('finds two members', () => {
    expect(said(etcdTwoMembers, DIAGNOSE, members(etcdPod('etcd-a'), etcdPod('etcd-b')))).toEqual([
      'finding found Cluster/cluster',
    ]);
  });

  it.each<[string, EvidenceItem[]]>([
    ['one member', members(etcdPod('etcd-a'))],
    ['three members', members(etcdPod('etcd-a'), etcdPod('etcd-b'), etcdPod('etcd-c'))],
    [
      'one member and one that is being removed',
      members(etcdPod('etcd-a'), etcdPod('etcd-b', { deletionTime: ago(5) })),
    ],
    [
      'an etcd of an application elsewhere',
      members(etcdPod('etcd-a', { namespace: 'shop' }), etcdPod('etcd-b', { namespace: 'shop' })),
    ],
    [
      'API servers',
      members(
        etcdPod('a', { labels: { component: 'kube-apiserver' } }),
        etcdPod('b', { labels: { component: 'kube-apiserver' } }),
      ),
    ],
    ['a control plane that shows no Pods (managed, or external etcd)', members()],
  ])('is silent about %s', (_, items) => {
    expect(said(etcdTwoMembers, DIAGNOSE, items)).toEqual([]);
  });

  it('says nothing where the Pods could not be listed, and notes it', () => {
    const outcome = outcomeOf(etcdTwoMembers, DIAGNOSE, [
      unknown('pods', { kind: 'Component', name: 'control-plane' }),
    ]);
    expect([outcome.judgements, outcome.missing.length]).toEqual([[], 1]);
  });
});
