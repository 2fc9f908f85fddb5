/** Routes to Pods: there, missing, thrown away, or leading elsewhere; and the way back. */
import { describe, expect, test } from 'vitest';
import type { EvidenceItem } from '../../../src/core/evidence.ts';
import { nodeRef } from '../../../src/core/object-ref.ts';
import { podRouteMissing } from '../../../src/rules/pod-network/pod-route-missing.ts';
import { known, outcomeOf, said, unknown } from '../../support/evidence.ts';
import { bird, node, nodes, POD, pool, REACH, routes, service, tcp } from '../calico/kit.ts';

const CUT = [tcp('n1', `${POD}:8080 timeout`), tcp('n2', `${POD}:8080 open`)];
const TWO = [...nodes(node('n1'), node('n2')), ...service(), ...CUT];
const ROUTE = '10.42.2.0/26 via 192.0.2.2 dev tunl0 proto bird';
const n1 = 'finding found Node/n1';
const UP = bird('n1', '192.0.2.2 Established');

describe('finds and stays silent', () => {
  test.each<[string, EvidenceItem[], string[]]>([
    ['only the default route', [pool('ipip'), routes('n1'), UP], [n1]],
    [
      'a wider network of the company',
      [pool('ipip'), UP, routes('n1', '10.0.0.0/8 via 192.0.2.253 dev eth0 proto static')],
      ['finding elsewhere Node/n1'],
    ],
    [
      'a LAN that the pool overlaps',
      [pool('ipip'), UP, routes('n1', '10.42.0.0/20 dev eth1 proto kernel')],
      ['finding elsewhere Node/n1'],
    ],
    ['a blackhole', [pool('ipip'), UP, routes('n1', 'blackhole 10.42.2.0/26 proto bird')], ['finding blocked Node/n1']],
    ['BGP should bring it, and the session was not seen', [pool('ipip'), routes('n1')], [`${n1} (likely)`]],
    ['the route is there', [pool('ipip'), routes('n1', ROUTE)], ['cleared present Node/n1']],
    [
      'a route by Felix',
      [pool('vxlan'), routes('n1', '10.42.2.0/26 via 10.42.2.0 dev vxlan.calico proto 80')],
      ['cleared present Node/n1'],
    ],
    ['no wrapping, BIRD runs', [pool('none'), routes('n1'), bird('n1', '192.0.2.2 Established')], [n1]],
    ['no wrapping, no BIRD: a cloud may route', [pool('none'), routes('n1')], [`${n1} (likely)`]],
    ['no pool is known', [routes('n1')], [`${n1} (likely)`]],
    [
      'no pool is known, and some route covers it',
      [routes('n1', '10.42.0.0/16 via 192.0.2.253 dev eth0 proto static')],
      [],
    ],
    ['routes could not be read', [pool('ipip'), unknown('node-routes', nodeRef('n1'))], []],
  ])('%s', (_, items, expected) => {
    expect(said(podRouteMissing, REACH, [...TWO, ...items])).toEqual(expected);
  });

  test('another table carries it: the kernel says so', () => {
    const table = routes('n1', '10.42.2.0/26 dev wireguard.cali table 1');
    const lookup = known('node-route-get', [{ to: POD, device: 'wireguard.cali', local: false }], nodeRef('n1'));
    expect(said(podRouteMissing, REACH, [...TWO, pool('ipip'), table, lookup])).toEqual(['cleared present Node/n1']);
    expect(said(podRouteMissing, REACH, [...TWO, pool('ipip'), UP, table])).toEqual([n1]);
  });

  test('flannel: the ranges of the nodes stand in for a pool', () => {
    const nodesWithRanges = nodes(
      node('n1', { calico: 'none', podCIDRs: ['10.42.1.0/24'] }),
      node('n2', { calico: 'none', podCIDRs: ['10.42.2.0/24'] }),
    );
    const items = [...nodesWithRanges, ...service(), ...CUT];
    const none = unknown('calico-ip-pools');
    expect(
      said(podRouteMissing, REACH, [...items, none, routes('n1', '10.42.2.0/24 via 10.42.2.0 dev flannel.1')]),
    ).toEqual(['cleared present Node/n1']);
    expect(said(podRouteMissing, REACH, [...items, none, routes('n1')])).toEqual([`${n1} (likely)`]);
  });

  test('a route there and none back to the tunnel’s address', () => {
    const outcome = outcomeOf(podRouteMissing, REACH, [...TWO, pool('ipip'), routes('n1', ROUTE), routes('n2')]);
    const finding = outcome.judgements.find((j) => j.type === 'finding');
    expect([finding?.text, finding?.object.name, finding?.type === 'finding' && finding.scope.nodes]).toEqual([
      'back',
      'n2',
      ['n1'],
    ]);
  });

  test('one finding for a node, however many nodes it cannot reach', () => {
    const [services, endpoints] = service();
    const both = JSON.parse(JSON.stringify(endpoints)) as typeof endpoints & {
      value: { endpoints: { ip: string; nodeName: string }[] };
    };
    both.value.endpoints.push({ ...both.value.endpoints[0], ip: '10.42.3.5', nodeName: 'n3' } as never);
    const connects = [
      tcp('n1', `${POD}:8080 timeout`, '10.42.3.5:8080 timeout'),
      tcp('n2', `${POD}:8080 open`),
      tcp('n3', '10.42.3.5:8080 open'),
    ];
    const items = [
      ...nodes(node('n1'), node('n2'), node('n3')),
      services as EvidenceItem,
      both,
      ...connects,
      pool('ipip'),
      routes('n1'),
    ];
    const [finding, ...more] = outcomeOf(podRouteMissing, REACH, items).judgements;
    expect(more).toEqual([]);
    expect(finding?.data['to']).toEqual(['n2', 'n3']);
    expect(finding?.type === 'finding' && finding.scope.pairs).toEqual([
      ['n1', 'n2'],
      ['n1', 'n3'],
    ]);
  });

  test('what could not be read is noted', () => {
    const outcome = outcomeOf(podRouteMissing, REACH, [...TWO, pool('ipip'), unknown('node-routes', nodeRef('n1'))]);
    expect(outcome.missing.map((item) => item.kind)).toEqual(['node-routes']);
  });
});
