/** A Calico address that is not the node's: which nodes are blamed, how surely, and what is said instead. */
import { describe, expect, test } from 'vitest';
import type { EvidenceItem } from '../../../src/core/evidence.ts';
import type { Finding } from '../../../src/core/finding.ts';
import { namespacedRef, nodeRef } from '../../../src/core/object-ref.ts';
import { calicoNodeIpMismatch } from '../../../src/rules/calico/calico-node-ip-mismatch.ts';
import { judge } from '../../../src/rules/evaluate.ts';
import { bundle, known, outcomeOf, said, unknown } from '../../support/evidence.ts';
import { bird, CALICO, calicoPod, install, node, nodes, POD, pool, REACH, routes, service, tcp } from './kit.ts';

const WRONG = node('n1', { calico: '198.51.100.1/24' });
const MIXED = [...nodes(WRONG, node('n2'), node('n3')), install(), pool('ipip')];
const finds = (items: readonly EvidenceItem[]) => said(calicoNodeIpMismatch, CALICO, items);
const first = (items: readonly EvidenceItem[]): Finding => {
  const found = outcomeOf(calicoNodeIpMismatch, CALICO, items).judgements[0];
  if (found?.type !== 'finding') throw new Error('the rule found nothing');
  return found;
};

describe('finds', () => {
  test.each<[string, EvidenceItem[], string]>([
    [
      'peers dial in vain and cannot reach the address',
      [bird('n2', '198.51.100.1 Connect Socket: Connection timed out'), tcp('n2', '198.51.100.1:179 timeout')],
      'finding found Node/n1',
    ],
    ['only its own end is seen, and waits', [bird('n1', '192.0.2.2 Passive')], 'finding found-session Node/n1'],
    [
      'only the readiness of a peer speaks, with a log line glued on',
      calicoPod('n2', false, [
        60,
        'BIRD is not ready: BGP not established with 198.51.100.12026-01-15 11:59:00.1 [INFO][7] x',
      ]),
      'finding found-session Node/n1',
    ],
    [
      'one peer shares the network and has a session, the other has none',
      [bird('n1', '192.0.2.3 Established', '192.0.2.2 Passive'), tcp('n2', '198.51.100.1:10250 timeout')],
      'finding found-some Node/n1',
    ],
    [
      'no session is needed, and nobody reaches the address',
      [tcp('n2', '198.51.100.1:10250 timeout'), tcp('n3', '198.51.100.1:10250 timeout')],
      'finding found-tunnel Node/n1',
    ],
  ])('%s', (_, items, expected) => {
    expect(finds([...MIXED, ...items])).toEqual([expected]);
  });

  test('a wrong node on VXLAN: the tunnel proves what lies between', () => {
    const way = [
      routes('n1', `10.42.2.0/26 via 10.42.2.0 dev vxlan.calico proto 80`),
      tcp('n1', `${POD}:8080 timeout`, '192.0.2.2:10250 open', '192.0.2.2:31000 open', '192.0.2.3:31000 open'),
      tcp('n2', `${POD}:8080 open`, '198.51.100.1:10250 timeout', '192.0.2.1:10250 open', '192.0.2.1:31000 timeout'),
    ];
    const items = [...nodes(WRONG, node('n2'), node('n3')), install(), pool('vxlan'), ...service(), ...way];
    const diagnosis = judge(bundle(REACH, items));
    expect(diagnosis.verdict).toBe('cause-found');
    expect(diagnosis.causes.map((c) => [c.rule, c.object.name, c.text])).toEqual([
      ['calico-node-ip-mismatch', 'n1', 'found-tunnel'],
    ]);
  });

  test('pairs that are fine are not part of it', () => {
    const items = [...MIXED, bird('n1', '192.0.2.3 Established', '192.0.2.2 Passive')];
    expect(first(items).scope).toEqual({ nodes: ['n1'], pairs: [['n1', 'n2']] });
  });

  test('sessions up and Pods dead over IPIP: the receiver may drop the sender', () => {
    const way = [
      bird('n1', '192.0.2.2 Established', '192.0.2.3 Established'),
      routes('n1', '10.42.2.0/26 via 192.0.2.2 dev tunl0 proto bird'),
      tcp('n1', `${POD}:8080 timeout`, '192.0.2.2:10250 open'),
      tcp('n2', `${POD}:8080 open`),
    ];
    expect(said(calicoNodeIpMismatch, REACH, [...MIXED, ...service(), ...way])).toEqual([
      'finding found-filtered Node/n1 (likely)',
    ]);
    const diagnosis = judge(
      bundle(REACH, [...MIXED, ...service(), ...way, tcp('n3', '192.0.2.1:31000 timeout', '192.0.2.2:31000 open')]),
    );
    expect(diagnosis.verdict).toBe('inconclusive');
    expect(diagnosis.causes.map((cause) => cause.rule)).toEqual(['calico-node-ip-mismatch']);
  });
});

describe('stays silent or says less', () => {
  test.each<[string, EvidenceItem[], string[]]>([
    ['all nodes are right', nodes(node('n1'), node('n2')), []],
    [
      'all nodes use a network of their own',
      nodes(node('n1', { calico: '198.51.100.1/24' }), node('n2', { calico: '198.51.100.2/24' })),
      [],
    ],
    ['a node without the annotation', nodes(node('n1', { calico: 'none' }), node('n2')), []],
    [
      'Calico for policies only',
      [...nodes(WRONG, node('n2')), install({ env: { CALICO_NETWORKING_BACKEND: 'none' } })],
      [],
    ],
    ['nodes could not be listed', [unknown('nodes')], []],
    [
      'every session is up',
      [...MIXED, bird('n1', '192.0.2.2 Established', '192.0.2.3 Established')],
      ['finding found-fine Node/n1'],
    ],
    ['nobody saw anything', MIXED, ['finding found-unproven Node/n1 (likely)']],
    [
      'an old event only',
      [...MIXED, ...calicoPod('n2', true, [3000, 'BIRD is not ready: BGP not established with 198.51.100.1'])],
      ['finding found-unproven Node/n1 (likely)'],
    ],
    [
      'the node is silent',
      [
        ...nodes(node('n1', { calico: '198.51.100.1/24', silent: 900 }), node('n2')),
        tcp('n2', '198.51.100.1:179 timeout'),
      ],
      ['finding found-silent Node/n1'],
    ],
  ])('%s', (_, items, expected) => {
    expect(finds(items)).toEqual(expected);
  });

  test('a mismatch with all sessions up is a note without a fix', () => {
    const note = first([...MIXED, bird('n1', '192.0.2.2 Established')]);
    expect([note.severity, note.advice, note.remediations]).toEqual(['info', undefined, undefined]);
  });

  test('what could not be read is noted', () => {
    const outcome = outcomeOf(calicoNodeIpMismatch, CALICO, [...MIXED, unknown('node-bird', nodeRef('n2'))]);
    expect(outcome.missing.map((item) => item.kind)).toEqual(['node-bird']);
  });

  test('a service without endpoints is not explained by it', () => {
    const items = [
      ...MIXED,
      ...service().slice(0, 1),
      known(
        'endpoints',
        { source: 'EndpointSlice', objects: 0, endpoints: [] },
        namespacedRef('Service', 'shop', 'web'),
      ),
    ];
    const dead = tcp('n2', '192.0.2.1:31000 refused', '198.51.100.1:179 timeout');
    expect(judge(bundle(REACH, [...items, dead])).causes.map((c) => c.rule)).not.toContain('calico-node-ip-mismatch');
  });
});

describe('advice', () => {
  const nic = (name: string, index: number, ...cidrs: string[]) => ({
    name,
    index,
    state: 'UP',
    noCarrier: false,
    addresses: cidrs.map((cidr) => ({ cidr, family: 4 as const, secondary: false })),
  });
  const nics = (name: string, ...list: ReturnType<typeof nic>[]) => known('node-interfaces', list, nodeRef(name));
  const down = bird('n2', '198.51.100.1 Connect');
  const texts = (items: readonly EvidenceItem[]) => {
    const { advice = [], wouldNotHelp = [] } = first(items);
    return {
      advice: advice.map((a) => a.text),
      commands: advice.flatMap((a) => a.command ?? []),
      not: wouldNotHelp.map((a) => a.text),
    };
  };

  test('manifest: the command sets IP as well', () => {
    const { advice, commands } = texts([...MIXED, down]);
    expect(advice[0]).toBe('use-kubernetes-internal-ip');
    expect(commands[0]).toBe(
      'kubectl set env daemonset/calico-node -n kube-system -c calico-node IP=autodetect IP_AUTODETECTION_METHOD=kubernetes-internal-ip',
    );
  });

  test('operator: the Installation, with the other methods nulled', () => {
    const operator = install({ kind: 'operator', namespace: 'calico-system', operatorMethod: 'first-found' });
    const { advice, commands } = texts([...nodes(WRONG, node('n2')), operator, pool('ipip'), down]);
    expect(advice).toContain('operator-owns');
    expect(commands[0]).toContain('"firstFound":null');
    expect(commands[0]).toContain('"kubernetes":"NodeInternalIP"');
  });

  test('who owns Calico is not known: no command', () => {
    expect(texts([...nodes(WRONG, node('n2')), pool('ipip'), down]).commands).toEqual([]);
  });

  test('first-found takes the NIC with the higher index: a restart or an upgrade would take it again', () => {
    const items = [...MIXED, down, nics('n1', nic('eth0', 2, '192.0.2.1/24'), nic('eth1', 3, '198.51.100.1/24'))];
    expect(first(items).because.map((p) => p.text)).toContain('nic');
    expect(texts(items).not).toEqual(['no-reapply', 'no-upgrade', 'no-restart']);
  });

  test('a leftover address: a restart is not called useless', () => {
    const items = [...MIXED, down, nics('n1', nic('eth0', 2, '192.0.2.1/24'))];
    expect(first(items).because.map((p) => p.text)).toContain('leftover');
    expect(texts(items).not).toEqual([]);
  });

  test('a method of its own: an upgrade is not judged', () => {
    const own = install({ env: { IP: 'autodetect', IP_AUTODETECTION_METHOD: 'can-reach=198.51.100.254' } });
    expect(texts([...nodes(WRONG, node('n2')), own, pool('ipip'), down]).not).toEqual(['no-reapply', 'no-restart']);
  });

  test('the log of calico-node counts only for this very address', () => {
    const log = (address: string) =>
      known(
        'pod-log',
        { lines: [`Using autodetected IPv4 address on interface eth1: ${address}/24`], truncated: false },
        namespacedRef('Pod', 'kube-system', 'calico-node-n1'),
        'calico-node',
      );
    const proofs = (address: string) =>
      first([...MIXED, down, ...calicoPod('n1', true), log(address)]).because.map((p) => p.text);
    expect(proofs('198.51.100.1')).toContain('log');
    expect(proofs('198.51.100.12')).not.toContain('log');
  });
});
