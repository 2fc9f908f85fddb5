/** Ranges that overlap: pools against Services, the nodes' network and each other. */
import { expect, test } from 'vitest';
import type { EvidenceItem } from '../../../src/core/evidence.ts';
import { nodeRef } from '../../../src/core/object-ref.ts';
import { judge } from '../../../src/rules/evaluate.ts';
import { podCidrOverlap } from '../../../src/rules/pod-network/pod-cidr-overlap.ts';
import { bundle, known, outcomeOf, said, unknown } from '../../support/evidence.ts';
import { CALICO, node, nodes, POD, pool, REACH, service, tcp } from '../calico/kit.ts';

const TWO = nodes(node('n1'), node('n2'));
const ranges = (services: string[]) =>
  known('network-ranges', { serviceCidrs: services, podCidrs: [], source: 'kubeadm-config' });
const nic = known(
  'node-interfaces',
  [
    {
      name: 'eth0',
      index: 2,
      state: 'UP',
      noCarrier: false,
      addresses: [{ cidr: '192.0.2.1/20', family: 4, secondary: false }],
    },
  ],
  nodeRef('n1'),
);
const pools = (...cidrs: string[]) =>
  known(
    'calico-ip-pools',
    cidrs.map((cidr, i) => ({
      name: `p${i}`,
      cidr,
      ipipMode: 'Always',
      vxlanMode: 'Never',
      natOutgoing: true,
      disabled: false,
    })),
  );

test.each<[string, EvidenceItem[], string[]]>([
  [
    'the pool holds the range of Services',
    [pools('10.96.0.0/11'), ranges(['10.96.0.0/12'])],
    ['finding services IPPool/p0'],
  ],
  [
    'no range is stated, a Service’s address lies in the pool',
    [pools('10.96.0.0/12'), unknown('network-ranges'), ...service()],
    ['finding cluster-ips IPPool/p0'],
  ],
  ['the pool holds the nodes', [pools('192.0.0.0/16'), ranges(['10.96.0.0/12'])], ['finding lan IPPool/p0']],
  ['the pool lies beside the nodes, in their network', [pools('192.0.8.0/24'), nic], ['finding lan IPPool/p0']],
  ['the same without the mask: not seen', [pools('192.0.8.0/24')], []],
  ['two pools', [pools('10.42.0.0/16', '10.42.128.0/20')], ['finding pools IPPool/p0']],
  [
    'Services in the nodes’ network',
    [pools('10.42.0.0/16'), ranges(['192.0.2.0/24'])],
    ['finding service-lan Cluster/cluster'],
  ],
  ['all apart', [pools('10.42.0.0/16', 'fd00::/48'), ranges(['10.96.0.0/12', 'fd01::/112']), ...service(), nic], []],
  ['nothing could be read', [unknown('calico-ip-pools'), unknown('network-ranges')], []],
])('%s', (_, items, expected) => {
  expect(said(podCidrOverlap, CALICO, [...TWO, ...items])).toEqual(expected);
});

test('without pools the ranges of the nodes count; with pools Calico does not use them', () => {
  const twins = nodes(node('n1', { podCIDRs: ['10.244.0.0/24'] }), node('n2', { podCIDRs: ['10.244.0.0/23'] }));
  expect(said(podCidrOverlap, CALICO, twins)).toEqual(['finding nodes Cluster/cluster']);
  expect(said(podCidrOverlap, CALICO, [...twins, pool('ipip')])).toEqual([]);
});

test('what could not be read is noted', () => {
  const outcome = outcomeOf(podCidrOverlap, CALICO, [...TWO, unknown('network-ranges')]);
  expect(outcome.missing.map((item) => item.kind)).toEqual(['network-ranges']);
});

test('it is never the cause of one node that fails', () => {
  const ways = [
    tcp('n1', `${POD}:8080 timeout`, '192.0.2.2:31000 open'),
    tcp('n2', `${POD}:8080 open`, '192.0.2.1:31000 timeout'),
  ];
  const diagnosis = judge(
    bundle(REACH, [...TWO, pools('10.42.0.0/16'), ranges(['10.42.0.0/17']), ...service(), ...ways]),
  );
  expect(diagnosis.verdict).toBe('inconclusive');
  expect(diagnosis.causes).toEqual([]);
  expect(diagnosis.alsoFound.map((f) => [f.rule, f.severity])).toContainEqual(['pod-cidr-overlap', 'warning']);
});
