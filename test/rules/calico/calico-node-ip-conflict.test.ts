/** Two nodes with one Calico address. */
import { expect, test } from 'vitest';
import type { EvidenceItem } from '../../../src/core/evidence.ts';
import { calicoNodeIpConflict } from '../../../src/rules/calico/calico-node-ip-conflict.ts';
import { outcomeOf, said, unknown } from '../../support/evidence.ts';
import { CALICO, node, nodes } from './kit.ts';

test.each<[string, EvidenceItem[], string[]]>([
  [
    'both took the address of a bridge',
    nodes(node('n1', { calico: '172.17.0.1/16' }), node('n2', { calico: '172.17.0.1/16' }), node('n3')),
    ['finding found Node/n1'],
  ],
  [
    'one took the address of the other: it is the one to change',
    nodes(node('n1'), node('n2', { calico: '192.0.2.1/24' })),
    ['finding found Node/n2'],
  ],
  ['addresses of their own', nodes(node('n1'), node('n2')), []],
  ['the other holder is silent', nodes(node('n1'), node('n2', { calico: '192.0.2.1/24', silent: 900 })), []],
  ['no annotations', nodes(node('n1', { calico: 'none' }), node('n2', { calico: 'none' })), []],
])('%s', (_, items, expected) => {
  expect(said(calicoNodeIpConflict, CALICO, items)).toEqual(expected);
});

test('nodes could not be listed: nothing is said, and it is noted', () => {
  const outcome = outcomeOf(calicoNodeIpConflict, CALICO, [unknown('nodes')]);
  expect(outcome.judgements).toEqual([]);
  expect(outcome.missing.map((item) => item.kind)).toEqual(['nodes']);
});
