/** kube-proxy: down, not up to date, flushed; and well, though the NodePort fails. Clusters without one are left in peace. */
import { describe, expect, it } from 'vitest';
import type { EvidenceItem } from '../../../src/core/evidence.ts';
import { nodeRef } from '../../../src/core/object-ref.ts';
import type { Rule } from '../../../src/core/rule.ts';
import { judge } from '../../../src/rules/evaluate.ts';
import { SERVICE_PROXY_RULES } from '../../../src/rules/service-proxy/index.ts';
import { kubeProxyDown } from '../../../src/rules/service-proxy/kube-proxy-down.ts';
import { kubeProxyNotSyncing } from '../../../src/rules/service-proxy/kube-proxy-not-syncing.ts';
import { proxyRulesFlushed } from '../../../src/rules/service-proxy/proxy-rules-flushed.ts';
import { bundle, known, outcomeOf, said, unknown } from '../../support/evidence.ts';
import {
  ASK_PORT,
  backendOf,
  cluster,
  clusterIpFrom,
  endpoint,
  entryOf,
  everyEntry,
  node,
  PORT,
  podIp,
  service,
} from '../service/kit.ts';
import { daemonSet, empty, health, proxyPods, rules } from './kit.ts';

const A = 'Node/a';
const failsAtA = { [entryOf('a')]: 'refused', [clusterIpFrom('a')]: 'timeout' } as const;
const healthyRest = [rules('b'), rules('c'), health('b', 200), health('c', 200), daemonSet()];
const RUNNING = { a: 'running', b: 'running', c: 'running' };
type Case = [string, EvidenceItem[], string[]];
const table = (rule: unknown, cases: Case[]) =>
  it.each<Case>(cases)('%s', (_, items, expected) => expect(said(rule as Rule, ASK_PORT, items)).toEqual(expected));
const at = (tcp: Parameters<typeof cluster>[0], ...more: EvidenceItem[]) =>
  cluster({ ...tcp, more: [...more, ...healthyRest] });

describe('kube-proxy-down: a fix is offered only where it can help', () => {
  const unit = (activeState: string) =>
    known(
      'node-units',
      [{ name: 'kube-proxy.service', loadState: 'loaded', activeState, subState: 'dead' }],
      nodeRef('a'),
    );
  const dead = [health('a', 'refused'), rules('a', { entries: [] })];
  it.each<[string, EvidenceItem[], string[]]>([
    ['a Pod that hangs', [proxyPods({ ...RUNNING, a: 'ContainerCreating' })], ['restart-kube-proxy']],
    ['a Pod that crashes: kubelet restarts it anyway', [proxyPods({ ...RUNNING, a: 'CrashLoopBackOff' })], []],
    ['no Pod on the node', [proxyPods({ b: 'running', c: 'running' })], []],
    ['Pods unknown', [], []],
    ['a unit that is stopped', [unit('inactive')], ['start-kube-proxy']],
    ['a unit that has failed', [unit('failed')], ['start-kube-proxy']],
    ['a unit that systemd starts again and again', [unit('activating')], []],
  ])('%s', (_, more, offered) => {
    const items = at({ tcp: failsAtA }, ...dead, ...more);
    const found = outcomeOf(kubeProxyDown, ASK_PORT, items).judgements.flatMap((one) =>
      one.type === 'finding' ? [one] : [],
    );
    expect(found).toHaveLength(1);
    expect(found.flatMap((one) => one.remediations ?? []).map((hint) => hint.id)).toEqual(offered);
  });
});

describe('kube-proxy-down', () => {
  const gone = [health('a', 'refused'), rules('a', { entries: [] }), proxyPods({ ...RUNNING, a: 'CrashLoopBackOff' })];
  table(kubeProxyDown, [
    ['it crashes and the rule is missing', at({ tcp: failsAtA }, ...gone), [`finding found ${A}`]],
    [
      'it crashes and its old rule still works',
      at({}, health('a', 'refused'), rules('a'), proxyPods({ ...RUNNING, a: 'CrashLoopBackOff' })),
      [`finding idle ${A}`],
    ],
    [
      'its old rule sends to what is gone',
      at(
        { tcp: failsAtA },
        health('a', 'refused'),
        rules('a', { to: ['10.244.9.9'] }),
        proxyPods({ ...RUNNING, a: 'CrashLoopBackOff' }),
      ),
      [`finding found ${A}`],
    ],
    [
      'no Pod of it is on the node',
      at(
        { tcp: failsAtA },
        health('a', 'refused'),
        rules('a', { entries: [] }),
        proxyPods({ b: 'running', c: 'running' }),
      ),
      [`finding found ${A}`],
    ],
    [
      'Pods unknown, the others answer',
      at({ tcp: failsAtA }, health('a', 'refused'), rules('a', { entries: [] })),
      [`finding found ${A}`],
    ],
    [
      'its Pod runs: only its health check is elsewhere',
      at({ tcp: failsAtA }, health('a', 'refused'), rules('a', { entries: [] }), proxyPods(RUNNING)),
      [],
    ],
    [
      'its rules could not be read',
      at(
        { tcp: { [entryOf('a')]: 'timeout', [clusterIpFrom('a')]: 'timeout' } },
        health('a', 'refused'),
        unknown('node-service-proxy', nodeRef('a')),
        proxyPods({ ...RUNNING, a: 'Error' }),
      ),
      [`finding suspected ${A} (likely)`],
    ],
    [
      'health checks are off everywhere, Pods unknown',
      cluster({
        tcp: failsAtA,
        more: [health('a', 'refused'), health('b', 'refused'), rules('a', { entries: [] }), daemonSet()],
      }),
      [`finding found ${A} (likely)`, 'finding beside Node/b (likely)'],
    ],
    [
      'the kubelet of the node is silent too: nobody starts it again',
      at({ tcp: failsAtA, silent: { a: 300 } }, ...gone),
      [`finding found ${A}`],
    ],
    [
      'no DaemonSet and nobody says a mode: another proxy',
      cluster({ tcp: failsAtA, more: [empty('a'), health('a', 'refused')] }),
      [],
    ],
    [
      'a DaemonSet that wants no Pod',
      cluster({ tcp: failsAtA, more: [empty('a'), health('a', 'refused'), daemonSet(0)] }),
      [],
    ],
    ['not asked', at({ tcp: failsAtA }, unknown('node-kube-proxy', nodeRef('a')), rules('a', { entries: [] })), []],
    ['all is well', at({}, rules('a'), health('a', 200)), []],
    [
      'well, and the NodePort fails',
      at({ tcp: { [entryOf('a')]: 'timeout' } }, rules('a'), health('a', 200)),
      [`cleared well ${A}`],
    ],
    [
      'well, and the pod network fails',
      at({ tcp: { [entryOf('a')]: 'timeout', [backendOf('b', 'a')]: 'timeout' } }, rules('a'), health('a', 200)),
      [`cleared well ${A}`],
    ],
    [
      'half of what it sends to is gone: not well',
      at({ tcp: { [entryOf('a')]: 'timeout' } }, rules('a', { to: [podIp('b'), '10.244.9.9'] }), health('a', 200)),
      [],
    ],
    ['unhealthy: not well', at({ tcp: { [entryOf('a')]: 'timeout' } }, rules('a'), health('a', 503)), []],
  ]);

  it('says what a listening socket is worth', () => {
    const socket = known(
      'node-listeners',
      [{ protocol: 'tcp', family: 4, address: '0.0.0.0', port: PORT }],
      nodeRef('a'),
    );
    const items = at({ tcp: { [entryOf('a')]: 'timeout' } }, rules('a'), health('a', 200), socket);
    const [cleared] = outcomeOf(kubeProxyDown, ASK_PORT, items).judgements;
    expect(cleared?.because.map((p) => p.text)).toEqual(['health', 'entry', 'socket']);
  });

  it('clears many failing nodes in one sentence', () => {
    const names = ['a', 'b', 'c', 'd'];
    const nodes = names.map((name, i) =>
      node(name, { addresses: [{ type: 'InternalIP', address: `192.0.2.${20 + i}` }] }),
    );
    const tcp = Object.fromEntries(names.map((_, i) => [`*→192.0.2.${20 + i}:${PORT}`, 'timeout' as const]));
    const items = cluster({ nodes, tcp, more: names.map((name) => rules(name)) });
    expect(said(kubeProxyDown, ASK_PORT, items)).toEqual(['cleared well-many DaemonSet/kube-system/kube-proxy']);
  });
});

describe('kube-proxy-not-syncing', () => {
  const unsynced = health('a', 503, { lastUpdated: '2026-01-15T11:00:00Z' });
  table(kubeProxyNotSyncing, [
    ['its rule is missing', at({ tcp: failsAtA }, unsynced, rules('a', { entries: [] })), [`finding found ${A}`]],
    ['its rule is right so far', at({}, unsynced, rules('a')), [`finding idle ${A}`]],
    [
      'its rule is partly old',
      at({ tcp: { [entryOf('a')]: 'timeout' } }, unsynced, rules('a', { to: [podIp('b'), '10.244.9.9'] })),
      [`finding stale ${A}`],
    ],
    [
      'its rules could not be read',
      at({ tcp: failsAtA }, unsynced, unknown('node-service-proxy', nodeRef('a'))),
      [`finding beside ${A}`],
    ],
    [
      'a node on its way out',
      at({ tcp: failsAtA }, health('a', 503, { nodeEligible: false }), rules('a', { entries: [] })),
      [],
    ],
    ['200', at({ tcp: failsAtA }, health('a', 200), rules('a', { entries: [] })), []],
    ['refused', at({ tcp: failsAtA }, health('a', 'refused'), rules('a', { entries: [] })), []],
  ]);
  it('is not the cause where externalTrafficPolicy drops on purpose', () => {
    const items = cluster({
      service: service({ externalTrafficPolicy: 'Local' }),
      tcp: { [entryOf('a')]: 'timeout', [entryOf('c')]: 'timeout' },
      more: [unsynced, rules('a', { entries: [] }), rules('b'), rules('c', { entries: [] }), daemonSet()],
    });
    expect(said(kubeProxyNotSyncing, ASK_PORT, items)).toEqual([`finding beside ${A}`]);
    expect(judge(bundle(ASK_PORT, items)).causes.map((c) => c.rule)).toEqual(['external-traffic-policy-local']);
  });
});

describe('proxy-rules-flushed', () => {
  table(proxyRulesFlushed, [
    ['empty here, full elsewhere', at({ tcp: failsAtA }, health('a', 200), empty('a')), [`finding found ${A}`]],
    [
      'the only node',
      cluster({
        nodes: [node('b')],
        tcp: { [entryOf('b')]: 'refused', [clusterIpFrom('b')]: 'timeout' },
        more: [empty('b'), health('b', 200, { mode: 'iptables' })],
      }),
      ['finding found Node/b'],
    ],
    [
      'the ClusterIP works: somebody forwards',
      at({ tcp: { [entryOf('a')]: 'timeout' } }, health('a', 200), empty('a')),
      [`finding found ${A} (likely)`],
    ],
    [
      'it reaches no endpoint either',
      at({ tcp: { ...failsAtA, [backendOf('b', 'a')]: 'timeout' } }, health('a', 200), empty('a')),
      [`finding found ${A} (likely)`],
    ],
    [
      'Cilium: empty everywhere, and it answers on 10256',
      cluster({ tcp: everyEntry('timeout'), more: ['a', 'b', 'c'].flatMap((n) => [empty(n), health(n, 200)]) }),
      [],
    ],
    ['kube-proxy does not run', at({ tcp: failsAtA }, health('a', 'refused'), empty('a')), []],
    ['the entry works', at({}, health('a', 200), empty('a')), []],
    ['other rules are there', at({ tcp: failsAtA }, health('a', 200), rules('a', { entries: [] })), []],
    [
      'the tables could not be read',
      at({ tcp: failsAtA }, health('a', 200), unknown('node-service-proxy', nodeRef('a'))),
      [],
    ],
  ]);
});

describe('a cluster without kube-proxy', () => {
  it.each(['200', 'refused'] as const)('gets no word about it, whatever 10256 says (%s)', (answer) => {
    const status = answer === '200' ? 200 : 'refused';
    for (const tcp of [{}, everyEntry('timeout'), failsAtA]) {
      const items = cluster({
        tcp,
        endpoints: [endpoint('b')],
        more: ['a', 'b', 'c'].flatMap((n) => [empty(n), health(n, status)]),
      });
      const spoken = SERVICE_PROXY_RULES.flatMap((rule) => said(rule, ASK_PORT, items));
      expect(spoken).toEqual([]);
    }
  });
});
