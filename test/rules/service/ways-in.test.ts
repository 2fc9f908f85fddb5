/** The two symptoms: a NodePort and a Service that do not answer, and what nobody could try. */
import { describe, expect, it } from 'vitest';
import type { EvidenceItem } from '../../../src/core/evidence.ts';
import { nodeRef } from '../../../src/core/object-ref.ts';
import type { Question } from '../../../src/core/question.ts';
import { judge } from '../../../src/rules/evaluate.ts';
import { nodePortUnreachable } from '../../../src/rules/service/node-port-unreachable.ts';
import { serviceUnreachable } from '../../../src/rules/service/service-unreachable.ts';
import { bundle, known, outcomeOf, said, unknown } from '../../support/evidence.ts';
import {
  ASK_PORT,
  ASK_SERVICE,
  backendOf,
  CLUSTER_IP,
  cluster,
  clusterIpFrom,
  endpoint,
  entryOf,
  everyEntry,
  IPS,
  node,
  PORT,
  service,
} from './kit.ts';

const told = (question: Question, items: EvidenceItem[], rule = nodePortUnreachable) => {
  const outcome = outcomeOf(rule as never, question, items);
  return [...said(rule as never, question, items), ...(outcome.undecided ? ['undecided'] : [])];
};
const WEB = 'Service/shop/web';
const udp = service({ ports: [{ name: 'dns', protocol: 'UDP', port: 53, targetPort: 53, nodePort: PORT }] });
const NOT_READY = { conditions: [{ type: 'Ready', status: 'Unknown' }] };

describe('node-port-unreachable', () => {
  it.each<[string, Question, EvidenceItem[], string[]]>([
    ['one entry fails', ASK_PORT, cluster({ tcp: { [entryOf('a')]: 'timeout' } }), [`finding found ${WEB}`]],
    ['all entries fail', ASK_PORT, cluster({ tcp: everyEntry('refused') }), [`finding everywhere ${WEB}`]],
    ['all entries work', ASK_PORT, cluster(), []],
    [
      'one of two endpoints is reached by nobody',
      ASK_PORT,
      cluster({ endpoints: [endpoint('b'), endpoint('c')], tcp: { [backendOf('c')]: 'timeout' } }),
      [`finding partly ${WEB}`],
    ],
    ['no agent answers', ASK_PORT, cluster({ agents: [] }), [`finding reported ${WEB} (likely)`, 'undecided']],
    [
      'UDP: a TCP connect that works or fails proves nothing',
      { ...ASK_PORT, target: { ...ASK_PORT.target, protocol: 'UDP' } },
      cluster({ service: udp, tcp: everyEntry('refused') }),
      [`finding udp ${WEB} (likely)`, 'undecided'],
    ],
    ['asked from outside', { ...ASK_PORT, from: '203.0.113.5' }, cluster(), [`finding outside ${WEB} (likely)`]],
    ['asked from a node', { ...ASK_PORT, from: 'a' }, cluster(), []],
    [
      'asked at an address that no node has',
      { ...ASK_PORT, at: '192.0.2.200' },
      cluster(),
      [`finding elsewhere ${WEB} (likely)`, 'undecided'],
    ],
    [
      'a dead entry beside ready ones that work',
      ASK_PORT,
      cluster({ nodes: [node('a', NOT_READY), node('b'), node('c')], tcp: { [entryOf('a')]: 'timeout' } }),
      [`finding found ${WEB}`],
    ],
    [
      'the only agent sees the others; of its own node nobody else could say',
      ASK_PORT,
      cluster({ agents: ['b'] }),
      ['undecided'],
    ],
    ['Services could not be listed', ASK_PORT, [unknown('services')], ['undecided']],
    [
      'another question',
      { type: 'diagnose', target: { kind: 'Node', name: 'a' } },
      cluster({ tcp: everyEntry('refused') }),
      [],
    ],
  ])('%s', (_, question, items, expected) => expect(told(question, items)).toEqual(expected));

  it('leaves an entry undecided that nobody tried', () => {
    const items = cluster({ nodes: [node('a'), node('b'), node('c', { addresses: [] }), node('d')] });
    const missing = items.map((item) =>
      item.kind === 'node-tcp' && item.status === 'collected'
        ? { ...item, value: (item.value as { address: string }[]).filter((r) => r.address !== IPS['a']) }
        : item,
    ) as EvidenceItem[];
    expect(told(ASK_PORT, missing)).toEqual(['undecided']);
  });

  it('does not blame the entries for a node that reaches none of them', () => {
    const cutOff = Object.fromEntries(['a', 'b', 'c'].map((name) => [entryOf(name, 'a'), 'timeout' as const]));
    expect(told(ASK_PORT, cluster({ tcp: cutOff }))).toEqual([]);
    expect(told({ ...ASK_PORT, from: 'a' }, cluster({ tcp: cutOff }))).toEqual([`finding everywhere ${WEB}`]);
    expect(told({ ...ASK_PORT, from: IPS['b'] ?? '' }, cluster({ tcp: cutOff }))).toEqual([]);
  });

  it('does not take a handshake with the socket of an old kube-proxy for an answer', () => {
    const sockets = known(
      'node-listeners',
      [{ protocol: 'tcp', family: 4, address: '0.0.0.0', port: PORT }],
      nodeRef('a'),
    );
    const tables = (entries: []) =>
      known('node-service-proxy', { modes: [], entries, totalEntries: 0, nodePortAddresses: [] }, nodeRef('a'));
    const dead = { [clusterIpFrom('a')]: 'timeout' } as const;
    const items = cluster({ tcp: dead, more: [sockets, tables([])] });
    const [finding] = outcomeOf(nodePortUnreachable, ASK_PORT, items).judgements;
    expect(finding).toMatchObject({ text: 'found', scope: { nodes: ['a'] } });
    expect(finding?.because.map((p) => p.text)).toContain('held');
    // The ClusterIP answers: there are rules, in tables that were not read.
    expect(told(ASK_PORT, cluster({ more: [sockets, tables([])] }))).toEqual([]);
    expect(told(ASK_PORT, cluster({ tcp: dead, more: [tables([])] }))).toEqual([]);
  });

  it('takes a virtual IP for the entry of the node that carries it', () => {
    const vip = '192.0.2.100';
    const nic = {
      name: 'eth0',
      index: 2,
      state: 'UP',
      noCarrier: false,
      addresses: [{ cidr: `${vip}/24`, family: 4 as const, secondary: true }],
    };
    const results = [{ address: vip, port: PORT, result: 'refused' as const, ms: 1 }];
    const items = [
      ...cluster().filter((item) => item.kind !== 'node-tcp'),
      known('node-interfaces', [nic], nodeRef('a')),
      known('node-tcp', results, nodeRef('b')),
    ];
    const [finding] = outcomeOf(nodePortUnreachable, { ...ASK_PORT, at: vip }, items).judgements;
    expect(finding).toMatchObject({ text: 'everywhere', scope: { nodes: ['a'] }, data: { failing: [`a (${vip})`] } });
  });

  it('does not believe a node about itself where externalTrafficPolicy is Local: it reaches every endpoint', () => {
    const local = service({ externalTrafficPolicy: 'Local' });
    const items = cluster({ service: local, agents: ['a'], nodes: [node('a')], endpoints: [endpoint('b')] });
    expect(told(ASK_PORT, items)).toEqual([`finding reported ${WEB} (likely)`, 'undecided']);
    expect(told(ASK_PORT, cluster({ agents: ['a'], nodes: [node('a')] }))).toEqual([]);
  });
});

describe('service-unreachable', () => {
  const headless = service({
    type: 'ClusterIP',
    clusterIPs: [],
    ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 8080 }],
  });
  const inner = service({ type: 'ClusterIP', ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 8080 }] });
  it.each<[string, Question, EvidenceItem[], string[]]>([
    ['from one node', ASK_SERVICE, cluster({ tcp: { [clusterIpFrom('a')]: 'timeout' } }), [`finding found ${WEB}`]],
    [
      'from every node',
      ASK_SERVICE,
      cluster({ tcp: { [`*→${CLUSTER_IP}:80`]: 'refused' } }),
      [`finding everywhere ${WEB}`],
    ],
    ['from none', ASK_SERVICE, cluster(), []],
    [
      'a question about a NodePort is not about the ClusterIP',
      ASK_PORT,
      cluster({ tcp: { [clusterIpFrom('a')]: 'timeout' } }),
      [],
    ],
    ['headless: all endpoints answer', ASK_SERVICE, cluster({ service: headless }), []],
    [
      'headless: one node reaches none',
      ASK_SERVICE,
      cluster({ service: headless, tcp: { [backendOf('b', 'a')]: 'timeout' } }),
      [`finding found ${WEB}`],
    ],
    [
      'headless: nobody reaches one of two',
      ASK_SERVICE,
      cluster({ service: headless, endpoints: [endpoint('b'), endpoint('c')], tcp: { [backendOf('c')]: 'refused' } }),
      [`finding partly ${WEB}`],
    ],
    [
      'ExternalName is a name and no address',
      ASK_SERVICE,
      cluster({
        service: service({ type: 'ExternalName', clusterIPs: [], ports: [], externalName: 'db.example.org' }),
        endpoints: [],
      }),
      [`finding external ${WEB} (likely)`, 'undecided'],
    ],
    [
      'nobody could try',
      ASK_SERVICE,
      cluster({ service: inner, agents: [] }),
      [`finding reported ${WEB} (likely)`, 'undecided'],
    ],
    [
      'UDP',
      ASK_SERVICE,
      cluster({
        service: service({ type: 'ClusterIP', ports: [{ name: 'dns', protocol: 'UDP', port: 53, targetPort: 53 }] }),
      }),
      [`finding udp ${WEB} (likely)`, 'undecided'],
    ],
  ])('%s', (_, question, items, expected) =>
    expect(told(question, items, serviceUnreachable as never)).toEqual(expected),
  );
});

describe('how a Service is', () => {
  const HOW: Question = { type: 'diagnose', target: { kind: 'Service', namespace: 'shop', name: 'web' } };
  it.each<[string, EvidenceItem[], string, string[]]>([
    ['all works', cluster(), 'no-fault-found', []],
    ['an entry fails', cluster({ tcp: { [entryOf('a')]: 'timeout' } }), 'inconclusive', ['node-port-unreachable']],
    [
      'the ClusterIP fails',
      cluster({ tcp: { [clusterIpFrom('a')]: 'timeout' } }),
      'inconclusive',
      ['service-unreachable'],
    ],
    ['nobody could try, and nobody said that it fails', cluster({ agents: [] }), 'inconclusive', []],
    [
      'UDP with a ready endpoint',
      cluster({ service: udp, endpoints: [endpoint('b', { ports: [{ name: 'dns', port: 53, protocol: 'UDP' }] })] }),
      'no-fault-found',
      [],
    ],
  ])('%s', (_, items, verdict, symptoms) => {
    const diagnosis = judge(bundle(HOW, items));
    expect([diagnosis.verdict, diagnosis.symptoms.map((s) => s.rule)]).toEqual([verdict, symptoms]);
  });
});

describe('the verdict', () => {
  it.each<[string, Question, EvidenceItem[], string]>([
    ['all work', ASK_PORT, cluster(), 'no-fault-found'],
    ['one node alone, and it works', ASK_PORT, cluster({ nodes: [node('b')] }), 'no-fault-found'],
    ['IPv6 alone, and it works', ASK_PORT, v6(), 'no-fault-found'],
    ['no agent at all', ASK_PORT, cluster({ agents: [] }), 'inconclusive'],
    [
      'headless, all endpoints answer',
      ASK_SERVICE,
      cluster({
        service: service({ clusterIPs: [], ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 8080 }] }),
      }),
      'no-fault-found',
    ],
  ])('%s', (_, question, items, verdict) => {
    const diagnosis = judge(bundle(question, items));
    expect([diagnosis.verdict, diagnosis.causes]).toEqual([verdict, []]);
  });
});

/** The same cluster with IPv6 addresses only. */
function v6(): EvidenceItem[] {
  const address = (name: string) => [{ type: 'InternalIP', address: `2001:db8::${name}` }];
  return cluster({
    nodes: ['a', 'b', 'c'].map((name) => node(name, { addresses: address(name) })),
    service: service({ clusterIPs: ['fd00:96::50'], ipFamilies: ['IPv6'] }),
    endpoints: [endpoint('b', { ip: 'fd00:244::7' })],
  });
}
