/** What stands at the node's door: addresses that are not served, virtual servers, ip_forward, firewalls, the way outside. */
import { describe, expect, it } from 'vitest';
import type { EvidenceItem } from '../../../src/core/evidence.ts';
import { nodeRef } from '../../../src/core/object-ref.ts';
import type { Question } from '../../../src/core/question.ts';
import type { Rule } from '../../../src/core/rule.ts';
import { judge } from '../../../src/rules/evaluate.ts';
import { blockedOutsideCluster } from '../../../src/rules/service-proxy/blocked-outside-cluster.ts';
import { deniesPort } from '../../../src/rules/service-proxy/denials.ts';
import { hostFirewallDropsNodePort } from '../../../src/rules/service-proxy/host-firewall-drops-node-port.ts';
import { ipForwardOff } from '../../../src/rules/service-proxy/ip-forward-off.ts';
import { ipvsVirtualServerMissing } from '../../../src/rules/service-proxy/ipvs-virtual-server-missing.ts';
import { nodePortAddressExcluded } from '../../../src/rules/service-proxy/node-port-address-excluded.ts';
import { bundle, said, unknown } from '../../support/evidence.ts';
import {
  ASK_PORT,
  backendOf,
  cluster,
  clusterIpFrom,
  endpoint,
  entryOf,
  everyEntry,
  IPS,
  node,
  service,
} from '../service/kit.ts';
import { empty, firewall, health, proxyConfig, rules, sysctl } from './kit.ts';

const A = 'Node/a';
type Case = [string, EvidenceItem[], string[]];
const table = (rule: unknown, cases: Case[], question: Question = ASK_PORT) =>
  it.each<Case>(cases)('%s', (_, items, expected) => expect(said(rule as Rule, question, items)).toEqual(expected));
const refusedAtA = { [entryOf('a')]: 'refused' } as const;
const silentAtA = { [entryOf('a')]: 'timeout' } as const;
const local = service({ externalTrafficPolicy: 'Local' });

describe('node-port-address-excluded', () => {
  const elsewhere = proxyConfig({ nodePortAddresses: ['198.51.100.0/24'] });
  table(nodePortAddressExcluded, [
    [
      'the configuration leaves the address out',
      cluster({ tcp: refusedAtA, more: [elsewhere] }),
      [`finding found ${A}`],
    ],
    [
      'the same, and silence in place of a refusal',
      cluster({ tcp: silentAtA, more: [elsewhere] }),
      [`finding found ${A} (likely)`],
    ],
    [
      'nftables serves another address',
      cluster({ tcp: silentAtA, more: [rules('a', { mode: 'nftables', nodePortAddresses: ['198.51.100.7'] })] }),
      [`finding found ${A}`],
    ],
    [
      'nftables serves this address',
      cluster({ tcp: silentAtA, more: [rules('a', { mode: 'nftables', nodePortAddresses: [IPS['a'] ?? ''] })] }),
      [],
    ],
    [
      'IPv6 ranges say nothing of IPv4',
      cluster({ tcp: refusedAtA, more: [proxyConfig({ nodePortAddresses: ['2001:db8::/64'] })] }),
      [],
    ],
    ['primary is no range', cluster({ tcp: refusedAtA, more: [proxyConfig({ nodePortAddresses: ['primary'] })] }), []],
    [
      'ipvs has the address all the same',
      cluster({ tcp: refusedAtA, more: [elsewhere, rules('a', { mode: 'ipvs' })] }),
      [],
    ],
    ['the entry works', cluster({ more: [elsewhere] }), []],
    ['the configuration could not be read', cluster({ tcp: refusedAtA, more: [unknown('kube-proxy-config')] }), []],
  ]);
});

describe('ipvs-virtual-server-missing', () => {
  const without = rules('a', { mode: 'ipvs', entries: [] });
  const noDestination = rules('a', { mode: 'ipvs', to: [] });
  table(ipvsVirtualServerMissing, [
    [
      'no virtual server for the port',
      cluster({ tcp: refusedAtA, more: [without, health('a', 200)] }),
      [`finding found ${A}`],
    ],
    ['one without destinations', cluster({ tcp: refusedAtA, more: [noDestination] }), [`finding empty ${A}`]],
    [
      'one for another address only',
      cluster({
        tcp: refusedAtA,
        more: [rules('b', { mode: 'ipvs' }), { ...rules('b', { mode: 'ipvs' }), object: nodeRef('a') } as EvidenceItem],
      }),
      [`finding found ${A}`],
    ],
    [
      'externalTrafficPolicy Local leaves it without destinations by design',
      cluster({ service: local, tcp: refusedAtA, more: [noDestination] }),
      [],
    ],
    ['no endpoint is ready', cluster({ endpoints: [], tcp: everyEntry('refused'), more: [noDestination] }), []],
    [
      'the configuration leaves the address out',
      cluster({ tcp: refusedAtA, more: [without, proxyConfig({ nodePortAddresses: ['198.51.100.0/24'] })] }),
      [],
    ],
    ['the whole table is empty', cluster({ tcp: refusedAtA, more: [empty('a')] }), []],
    ['kube-proxy does not run', cluster({ tcp: refusedAtA, more: [without, health('a', 'refused')] }), []],
    ['another mode', cluster({ tcp: refusedAtA, more: [rules('a', { entries: [] })] }), []],
    ['the entry works', cluster({ more: [without] }), []],
    [
      'the table could not be read',
      cluster({ tcp: refusedAtA, more: [unknown('node-service-proxy', nodeRef('a'))] }),
      [],
    ],
  ]);
});

describe('ip-forward-off', () => {
  const onHost = [endpoint('b', { ip: IPS['b'] ?? '' })];
  table(ipForwardOff, [
    ['a failing entry', cluster({ tcp: silentAtA, more: [sysctl('a', '0')] }), [`finding found ${A}`]],
    ["the endpoint's own node", cluster({ more: [sysctl('b', '0')] }), ['finding found Node/b']],
    ['a working entry without an endpoint', cluster({ more: [sysctl('a', '0')] }), []],
    [
      'the endpoint is on the host network of the same node',
      cluster({ nodes: [node('b')], endpoints: onHost, tcp: { [entryOf('b')]: 'timeout' }, more: [sysctl('b', '0')] }),
      [],
    ],
    ['it forwards', cluster({ tcp: silentAtA, more: [sysctl('a', '1')] }), []],
    ['unknown', cluster({ tcp: silentAtA, more: [unknown('node-sysctls', nodeRef('a'))] }), []],
  ]);
  it('is beside the point where that node works and another fails', () => {
    const items = cluster({ tcp: silentAtA, more: [sysctl('b', '0')] });
    const { causes, alsoFound } = judge(bundle(ASK_PORT, items));
    expect([causes, alsoFound.map((f) => f.rule)]).toEqual([[], ['ip-forward-off']]);
  });
});

describe('host-firewall-drops-node-port', () => {
  const input = { chain: 'INPUT', hook: 'input' };
  const ipvs = rules('a', { mode: 'ipvs' });
  table(hostFirewallDropsNodePort, [
    [
      'a rule before the proxy names the port',
      cluster({ tcp: silentAtA, more: [rules('a'), firewall('a', [{ hook: 'prerouting' }])] }),
      [`finding found ${A}`],
    ],
    [
      'ipvs: INPUT sees the NodePort',
      cluster({ tcp: silentAtA, more: [ipvs, firewall('a', [input])] }),
      [`finding found ${A}`],
    ],
    [
      'iptables: INPUT never sees it',
      cluster({ tcp: silentAtA, more: [rules('a'), firewall('a', [input])] }),
      [`finding wrong-place ${A} (likely)`],
    ],
    [
      'a range with the port',
      cluster({ tcp: silentAtA, more: [rules('a'), firewall('a', [{ ports: '30000:32767' }])] }),
      [`finding found ${A}`],
    ],
    [
      'another port',
      cluster({ tcp: silentAtA, more: [rules('a'), firewall('a', [{ ports: '179', rule: '--dport 179' }])] }),
      [],
    ],
    ['another protocol', cluster({ tcp: silentAtA, more: [rules('a'), firewall('a', [{ protocol: 'udp' }])] }), []],
    [
      'single senders only',
      cluster({ tcp: silentAtA, more: [rules('a'), firewall('a', [{ source: '203.0.113.0/24' }])] }),
      [],
    ],
    [
      'an active firewall, no such rule',
      cluster({
        tcp: silentAtA,
        more: [rules('a'), firewall('a', [], { managers: [{ name: 'firewalld', active: true }] })],
      }),
      [`finding suspected ${A} (likely)`],
    ],
    [
      'an active firewall, and a refusal',
      cluster({
        tcp: refusedAtA,
        more: [rules('a'), firewall('a', [], { managers: [{ name: 'ufw', active: true }] })],
      }),
      [],
    ],
    [
      'ipvs: INPUT is closed',
      cluster({
        tcp: silentAtA,
        more: [ipvs, firewall('a', [], { policies: [{ table: 'filter', chain: 'INPUT', policy: 'DROP' }] })],
      }),
      [`finding suspected ${A} (likely)`],
    ],
    ['the rule is there and the entry works', cluster({ more: [rules('a'), firewall('a', [{}])] }), []],
    [
      'the proxy has no rule',
      cluster({ tcp: silentAtA, more: [rules('a', { entries: [] }), firewall('a', [{}])] }),
      [],
    ],
    [
      'the node reaches no endpoint',
      cluster({ tcp: { ...silentAtA, [backendOf('b', 'a')]: 'timeout' }, more: [rules('a'), firewall('a', [{}])] }),
      [],
    ],
    [
      'its ClusterIP fails',
      cluster({ tcp: { ...silentAtA, [clusterIpFrom('a')]: 'timeout' }, more: [rules('a'), firewall('a', [{}])] }),
      [],
    ],
    [
      'externalTrafficPolicy Local without a Pod there',
      cluster({ service: local, tcp: silentAtA, more: [rules('a', { entries: [] }), firewall('a', [{}])] }),
      [],
    ],
    [
      'the firewall could not be read',
      cluster({ tcp: silentAtA, more: [rules('a'), unknown('node-firewall', nodeRef('a'))] }),
      [],
    ],
  ]);

  it.each<[string, Partial<Parameters<typeof deniesPort>[0]>, boolean]>([
    ['alone', { ports: '30080' }, true],
    ['in a list', { ports: '80,30080' }, true],
    ['in a range with a colon', { ports: '30000:32767' }, true],
    ['in a range with a dash', { ports: '30000-32767' }, true],
    ['in the text only', { rule: '-A X -p tcp --dport 30080 -j DROP' }, true],
    ['beside the range', { ports: '30081:32767' }, false],
    ['without ports', { rule: '-A INPUT -j DROP' }, false],
  ])('knows the port %s', (_, change, expected) =>
    expect(deniesPort({ backend: 'x', chain: 'X', rule: '', ...change }, 30080, 'TCP')).toBe(expected),
  );
});

describe('blocked-outside-cluster', () => {
  const outside: Question = { ...ASK_PORT, from: '203.0.113.5' };
  table(
    blockedOutsideCluster,
    [
      ['all works inside', cluster(), ['finding found Service/shop/web (likely)']],
      ['an entry fails', cluster({ tcp: silentAtA }), []],
      ['the only node knows only of itself', cluster({ nodes: [node('b')] }), []],
      ['nobody could try', cluster({ agents: [] }), []],
    ],
    outside,
  );
  table(blockedOutsideCluster, [['asked from nowhere in particular', cluster(), []]]);
  it('is never more than likely', () => {
    const { verdict, causes, layer } = judge(bundle(outside, cluster()));
    expect([verdict, causes.map((c) => `${c.rule} ${c.confidence}`), layer]).toEqual([
      'inconclusive',
      ['blocked-outside-cluster likely'],
      'client',
    ]);
  });
});
