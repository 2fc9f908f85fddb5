/** A mesh that is off with nothing in its place. */
import { expect, test } from 'vitest';
import type { EvidenceItem } from '../../../src/core/evidence.ts';
import { calicoBgpNoPeers } from '../../../src/rules/calico/calico-bgp-no-peers.ts';
import { known, said, unknown } from '../../support/evidence.ts';
import { bgpConfig, bird, CALICO, install, node, nodes, pool } from './kit.ts';

const TWO = [...nodes(node('n1'), node('n2')), install()];
const NONE = known('calico-bgp-peers', []);
const PEER = known('calico-bgp-peers', [{ name: 'tor', peerIP: '203.0.113.1' }]);
const found = ['finding found BGPConfiguration/default'];
const maybe = ['finding found BGPConfiguration/default (likely)'];

test.each<[string, EvidenceItem[], string[]]>([
  ['mesh off, no peers', [...TWO, pool('ipip'), bgpConfig(false), NONE], found],
  ['and BIRD shows no session', [...TWO, pool('none'), bgpConfig(false), NONE, bird('n1')], found],
  [
    'peers that fit only some nodes',
    [...TWO, pool('ipip'), bgpConfig(false), PEER, bird('n1'), bird('n2', '203.0.113.1 Established')],
    ['finding some BGPConfiguration/default'],
  ],
  ['mesh on', [...TWO, pool('ipip'), bgpConfig(true), NONE], []],
  ['peers in its place', [...TWO, pool('ipip'), bgpConfig(false), PEER, bird('n1', '203.0.113.1 Established')], []],
  [
    'a session is seen all the same',
    [...TWO, pool('ipip'), bgpConfig(false), NONE, bird('n1', '192.0.2.2 Established')],
    [],
  ],
  ['VXLAN needs no BGP', [...TWO, pool('vxlan'), bgpConfig(false), NONE], []],
  [
    'IPIP from v3.33 on needs none either',
    [...nodes(node('n1'), node('n2')), install({ version: '3.33.0' }), pool('ipip'), bgpConfig(false), NONE],
    [],
  ],
  [
    'IPIP of a version that is not known',
    [...nodes(node('n1'), node('n2')), pool('ipip'), bgpConfig(false), NONE],
    maybe,
  ],
  ['one node only', [...nodes(node('n1')), install(), pool('ipip'), bgpConfig(false), NONE], []],
  ['peers could not be listed', [...TWO, pool('ipip'), bgpConfig(false), unknown('calico-bgp-peers')], []],
  [
    'nothing could be listed, and BIRD has no session',
    [...TWO, pool('ipip'), unknown('calico-bgp-config'), NONE, bird('n1')],
    ['finding bare BGPConfiguration/default (likely)'],
  ],
  ['pools could not be listed', [...TWO, unknown('calico-ip-pools'), bgpConfig(false), NONE], maybe],
])('%s', (_, items, expected) => {
  expect(said(calicoBgpNoPeers, CALICO, items)).toEqual(expected);
});
