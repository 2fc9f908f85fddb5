/** A node that gets no answer from a Pod that answers others. */
import { expect, test } from 'vitest';
import type { EvidenceItem } from '../../../src/core/evidence.ts';
import { nodeRef } from '../../../src/core/object-ref.ts';
import { podNetworkBroken } from '../../../src/rules/pod-network/pod-network-broken.ts';
import { outcomeOf, said, unknown } from '../../support/evidence.ts';
import { node, nodes, POD, pool, REACH, routes, service, tcp } from '../calico/kit.ts';

const THREE = [...nodes(node('n1'), node('n2'), node('n3')), pool('ipip'), ...service()];
const OWN = tcp('n2', `${POD}:8080 open`);
const n1 = ['finding found Node/n1'];

test.each<[string, EvidenceItem[], string[]]>([
  ['times out from another node, open from its own', [tcp('n1', `${POD}:8080 timeout`), OWN], n1],
  [
    'its own node is not seen, a third one reaches it',
    [tcp('n1', `${POD}:8080 no-route`), tcp('n3', `${POD}:8080 open`)],
    n1,
  ],
  ['refused by an outsider, for want of a route', [tcp('n1', `${POD}:8080 refused`), routes('n1'), OWN], n1],
  [
    'refused with a route: a host was reached',
    [tcp('n1', `${POD}:8080 refused`), routes('n1', '10.42.2.0/26 via 192.0.2.2 dev tunl0 proto bird'), OWN],
    [],
  ],
  ['nobody reaches it: not the network', [tcp('n1', `${POD}:8080 timeout`), tcp('n2', `${POD}:8080 timeout`)], []],
  ['all reach it', [tcp('n1', `${POD}:8080 open`), OWN], []],
  ['not tried from n1', [unknown('node-tcp', nodeRef('n1')), OWN], []],
  ['the agent did not allow it', [tcp('n1', `${POD}:8080 not-asked`), OWN], []],
])('%s', (_, items, expected) => {
  expect(said(podNetworkBroken, REACH, [...THREE, ...items])).toEqual(expected);
});

test('a Pod on the host network is reached as a node', () => {
  const items = [
    ...nodes(node('n1'), node('n2')),
    ...service('192.0.2.2'),
    tcp('n1', '192.0.2.2:8080 timeout'),
    tcp('n2', '192.0.2.2:8080 open'),
  ];
  expect(said(podNetworkBroken, REACH, items)).toEqual([]);
});

test('the Pod’s node is silent: its own fault comes first', () => {
  const items = [
    ...nodes(node('n1'), node('n2', { silent: 900 })),
    ...service(),
    tcp('n1', `${POD}:8080 timeout`),
    OWN,
  ];
  expect(said(podNetworkBroken, REACH, items)).toEqual([]);
});

test('connects that could not be made are noted', () => {
  const outcome = outcomeOf(podNetworkBroken, REACH, [...THREE, unknown('node-tcp', nodeRef('n1')), OWN]);
  expect(outcome.missing.map((item) => item.kind)).toEqual(['node-tcp']);
});
