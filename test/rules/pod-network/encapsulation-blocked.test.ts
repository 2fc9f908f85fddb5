/** A tunnel that loses packets, against everything else that keeps a Pod from answering. */
import { describe, expect, test } from 'vitest';
import type { EvidenceValue } from '../../../src/core/evidence/kinds.ts';
import type { EvidenceItem } from '../../../src/core/evidence.ts';
import { nodeRef } from '../../../src/core/object-ref.ts';
import { judge } from '../../../src/rules/evaluate.ts';
import { encapsulationBlocked } from '../../../src/rules/pod-network/encapsulation-blocked.ts';
import { bundle, known, outcomeOf, said, unknown } from '../../support/evidence.ts';
import { bird, install, node, nodes, POD, pool, REACH, routes, service, tcp } from '../calico/kit.ts';

const IPIP = '10.42.2.0/26 via 192.0.2.2 dev tunl0 proto bird';
const BACK = routes('n2', '10.42.1.0/26 via 192.0.2.1 dev tunl0 proto bird');
const VXLAN = '10.42.2.0/26 via 10.42.2.0 dev vxlan.calico proto 80';
const UP = bird('n1', '192.0.2.2 Established');
const NODE = '192.0.2.2:10250 open';
const LOST = `${POD}:8080 timeout`;
const OWN = tcp('n2', `${POD}:8080 open`);
const TWO = [...nodes(node('n1'), node('n2')), ...service(), install(), OWN];

type Firewall = EvidenceValue<'node-firewall'>;
const firewall = (name: string, value: Partial<Firewall> = {}): EvidenceItem =>
  known(
    'node-firewall',
    { policies: [{ table: 'filter', chain: 'INPUT', policy: 'ACCEPT' }], denials: [], managers: [], ...value },
    nodeRef(name),
  );
const drop = (name: string, protocol: string, ports?: string) =>
  firewall(name, {
    denials: [
      {
        backend: 'nft',
        chain: 'INPUT',
        rule: `-p ${protocol} -j DROP`,
        protocol,
        ...(ports === undefined ? {} : { ports }),
      },
    ],
  });

const n1 = 'finding found Node/n1';
const maybe = 'finding suspected Node/n1 (likely)';
const PROBED = tcp('n1', LOST, NODE, '10.42.2.0:10250 timeout');
const UNPROBED = tcp('n1', LOST, NODE);

describe('finds', () => {
  test.each<[string, EvidenceItem[], string[]]>([
    [
      'the tunnel’s own address does not answer, the node’s does',
      [pool('ipip'), routes('n1', IPIP), BACK, UP, PROBED, firewall('n2')],
      [n1],
    ],
    ['a rule of the host drops IPIP', [pool('ipip'), routes('n1', IPIP), UP, UNPROBED, drop('n2', 'ipencap')], [n1]],
    ['a rule of the host drops VXLAN', [pool('vxlan'), routes('n1', VXLAN), PROBED, drop('n1', 'udp', '4789')], [n1]],
    [
      'the tunnel’s address was not tried: a policy could be it',
      [pool('ipip'), routes('n1', IPIP), UP, UNPROBED, firewall('n2')],
      [maybe],
    ],
    [
      'VXLAN: a broken checksum offload looks the same',
      [pool('vxlan'), routes('n1', VXLAN), PROBED, firewall('n2')],
      [maybe],
    ],
    ['the firewall over there was not seen', [pool('ipip'), routes('n1', IPIP), UP, PROBED], [maybe]],
    [
      'the firewall over there drops what it does not know',
      [
        pool('ipip'),
        routes('n1', IPIP),
        UP,
        PROBED,
        firewall('n2', { policies: [{ table: 'filter', chain: 'INPUT', policy: 'DROP' }] }),
      ],
      [maybe],
    ],
    [
      'the firewall over there drops kubelet’s port',
      [pool('ipip'), routes('n1', IPIP), UP, PROBED, drop('n2', 'tcp', '10250')],
      [maybe],
    ],
    ['flannel', [routes('n1', '10.42.2.0/24 via 10.42.2.0 dev flannel.1'), UNPROBED, firewall('n2')], [maybe]],
  ])('%s', (_, items, expected) => {
    expect(said(encapsulationBlocked, REACH, [...TWO, ...items])).toEqual(expected);
  });

  test('likely names the command that settles it', () => {
    const [finding] = outcomeOf(encapsulationBlocked, REACH, [
      ...TWO,
      pool('vxlan'),
      routes('n1', VXLAN),
      PROBED,
      firewall('n2'),
    ]).judgements;
    expect(finding?.type === 'finding' && finding.tryThis).toContain('tcpdump -ni any udp port 4789');
    expect(finding?.type === 'finding' && finding.advice?.map((a) => a.text)).toEqual(['allow', 'offload']);
  });

  test('the node that all lost tunnels share is the one to look at', () => {
    const three = [
      ...nodes(node('n1'), node('n2'), node('n3')),
      ...service(),
      install(),
      OWN,
      pool('ipip'),
      firewall('n2'),
    ];
    const items = [
      ...three,
      routes('n1', IPIP),
      routes('n3', IPIP),
      PROBED,
      tcp('n3', LOST, NODE, '10.42.2.0:10250 timeout'),
      UP,
      bird('n3', '192.0.2.2 Established'),
    ];
    expect(said(encapsulationBlocked, REACH, items)).toEqual(['finding found Node/n2']);
  });

  test('it explains the whole way to the NodePort', () => {
    const ways = [
      tcp('n1', LOST, NODE, '10.42.2.0:10250 timeout', '192.0.2.2:31000 open'),
      tcp('n2', `${POD}:8080 open`, '192.0.2.1:31000 timeout'),
    ];
    const items = [
      ...nodes(node('n1'), node('n2')),
      ...service(),
      install(),
      pool('ipip'),
      routes('n1', IPIP),
      BACK,
      UP,
      firewall('n2'),
      ...ways,
    ];
    const diagnosis = judge(bundle(REACH, items));
    expect([diagnosis.verdict, diagnosis.causes.map((c) => c.rule)]).toEqual([
      'cause-found',
      ['encapsulation-blocked'],
    ]);
  });
});

describe('stays silent', () => {
  const whole = [pool('ipip'), routes('n1', IPIP), BACK, UP, firewall('n2')];
  test.each<[string, EvidenceItem[], string[]]>([
    [
      'the tunnel’s address answers: the tunnel works',
      [...whole, routes('n1', IPIP), tcp('n1', LOST, NODE, '10.42.2.0:10250 open')],
      ['cleared works Node/n1'],
    ],
    ['the route is missing', [pool('ipip'), routes('n1'), UP, PROBED], []],
    ['the way back is missing', [pool('ipip'), routes('n1', IPIP), routes('n2'), UP, PROBED], []],
    ['routes could not be read', [pool('ipip'), unknown('node-routes', nodeRef('n1')), UP, PROBED], []],
    [
      'the route needs no tunnel',
      [pool('ipip'), routes('n1', '10.42.2.0/26 via 192.0.2.2 dev eth0 proto bird'), UP, PROBED],
      [],
    ],
    ['BGP of the pair is down', [pool('ipip'), routes('n1', IPIP), bird('n1', '192.0.2.2 Connect'), PROBED], []],
    ['the node itself is not reached', [...whole, tcp('n1', LOST, '192.0.2.2:10250 timeout')], []],
    ['the way to the node was not tried', [...whole, tcp('n1', LOST)], []],
    [
      'the kernel over there does not forward',
      [...whole, PROBED, known('node-sysctls', { 'net.ipv4.ip_forward': '0' }, nodeRef('n2'))],
      [],
    ],
    ['the Pod refuses', [...whole, tcp('n1', `${POD}:8080 refused`, NODE)], []],
    ['the Pod answers', [...whole, tcp('n1', `${POD}:8080 open`, NODE)], []],
  ])('%s', (_, items, expected) => {
    expect(said(encapsulationBlocked, REACH, [...TWO, ...items])).toEqual(expected);
  });

  test('a Calico address that is not the node’s speaks for itself', () => {
    const wrong = nodes(node('n1', { calico: '198.51.100.1/24' }), node('n2'), node('n3'));
    expect(said(encapsulationBlocked, REACH, [...wrong, ...service(), install(), OWN, ...whole, PROBED])).toEqual([]);
  });

  test('tunnels on a network of their own that is cut: that network, not the wrapping', () => {
    const own = nodes(node('n1', { calico: '198.51.100.1/24' }), node('n2', { calico: '198.51.100.2/24' }));
    const items = [...own, ...service(), install({ version: '3.33.0' }), OWN, ...whole];
    const probe = (end: string) => tcp('n1', LOST, NODE, '10.42.2.0:10250 timeout', `198.51.100.2:10250 ${end}`);
    expect(said(encapsulationBlocked, REACH, [...items, probe('timeout')])).toEqual([]);
    expect(said(encapsulationBlocked, REACH, [...items, probe('open')])).toEqual([n1]);
  });

  test('an end of the tunnel that is not known: nothing can be told', () => {
    const some = nodes(node('n1', { calico: 'none' }), node('n2'));
    const items = [...some, ...service(), install({ version: '3.33.0' }), OWN, ...whole, PROBED];
    expect(said(encapsulationBlocked, REACH, items)).toEqual([]);
  });

  test('what could not be read is noted', () => {
    const outcome = outcomeOf(encapsulationBlocked, REACH, [
      ...TWO,
      pool('ipip'),
      unknown('node-routes', nodeRef('n1')),
      PROBED,
    ]);
    expect(outcome.missing.map((item) => item.kind)).toContain('node-routes');
  });
});
