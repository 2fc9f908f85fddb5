/** BGP sessions that are not up: what BIRD says, what readiness says, and what is old. */
import { expect, test } from 'vitest';
import type { EvidenceItem } from '../../../src/core/evidence.ts';
import { nodeRef } from '../../../src/core/object-ref.ts';
import { calicoBgpNotEstablished } from '../../../src/rules/calico/calico-bgp-not-established.ts';
import { known, outcomeOf, said, unknown } from '../../support/evidence.ts';
import { bird, CALICO, calicoPod, install, node, nodes, pool } from './kit.ts';

const THREE = [...nodes(node('n1'), node('n2'), node('n3')), install(), pool('ipip')];
const BGP = (peers: string) => `BIRD is not ready: BGP not established with ${peers}`;

test.each<[string, EvidenceItem[], string[]]>([
  [
    'a session that is not up',
    [bird('n1', '192.0.2.2 Connect Socket: Connection timed out')],
    ['finding found Node/n1'],
  ],
  [
    'both ends, each told once',
    [bird('n1', '192.0.2.2 Passive'), bird('n2', '192.0.2.1 Active')],
    ['finding found Node/n1', 'finding found Node/n2'],
  ],
  ['readiness alone', calicoPod('n2', false, [120, BGP('192.0.2.1')]), ['finding found Node/n2']],
  ['all up', [bird('n1', '192.0.2.2 Established', '192.0.2.3 Established')], []],
  [
    'an event against a session that is up now',
    [bird('n2', '192.0.2.1 Established'), ...calicoPod('n2', true, [120, BGP('192.0.2.1')])],
    [],
  ],
  ['an event of an hour ago', calicoPod('n2', true, [3600, BGP('192.0.2.1')]), []],
  ['BIRD cannot be asked and no event', [unknown('node-bird', nodeRef('n1')), ...calicoPod('n1', true)], []],
  ['a router outside the cluster', [bird('n1', '203.0.113.7 Active')], ['finding found Node/n1']],
  [
    'IPv6 sessions count too',
    [
      known(
        'node-bird',
        [
          {
            family: 6,
            status: 'up',
            sessions: [{ name: 'Mesh_v6', state: 'start', since: '10:00', info: 'Connect', neighbour: 'fd00::2' }],
          },
        ],
        nodeRef('n1'),
      ),
    ],
    ['finding found Node/n1'],
  ],
])('%s', (_, items, expected) => {
  expect(said(calicoBgpNotEstablished, CALICO, [...THREE, ...items])).toEqual(expected);
});

test('a peer that is silent as a whole is not news about BGP', () => {
  const items = [...nodes(node('n1'), node('n2', { silent: 600 })), bird('n1', '192.0.2.2 Connect')];
  expect(said(calicoBgpNotEstablished, CALICO, items)).toEqual([]);
});

test('what could not be read is noted, and no pair is made up', () => {
  const outcome = outcomeOf(calicoBgpNotEstablished, CALICO, [
    ...THREE,
    unknown('node-bird', nodeRef('n1')),
    bird('n2', '203.0.113.7 Active'),
  ]);
  expect(outcome.missing.map((item) => item.kind)).toEqual(['node-bird']);
  expect(outcome.judgements.map((j) => (j.type === 'finding' ? j.scope.pairs : []))).toEqual([[]]);
});
