/** calico-node Pods that are not ready, and the difference between well and not seen. */
import { expect, test } from 'vitest';
import type { EvidenceItem } from '../../../src/core/evidence.ts';
import { calicoNodeNotReady } from '../../../src/rules/calico/calico-node-not-ready.ts';
import { judge } from '../../../src/rules/evaluate.ts';
import { bundle, outcomeOf, said, unknown } from '../../support/evidence.ts';
import { CALICO, calicoPod, install, node, nodes, pool } from './kit.ts';

const TWO = [...nodes(node('n1'), node('n2')), install(), pool('ipip')];

test.each<[string, EvidenceItem[], string[], boolean]>([
  [
    'one is not ready',
    [...calicoPod('n1', false, [60, 'felix is not ready: readiness probe reporting 503']), ...calicoPod('n2', true)],
    ['finding found DaemonSet/kube-system/calico-node'],
    false,
  ],
  ['all are ready', [...calicoPod('n1', true), ...calicoPod('n2', true)], [], false],
  ['no Pod could be seen', [unknown('pods')], [], true],
])('%s', (_, items, expected, undecided) => {
  expect(said(calicoNodeNotReady, CALICO, [...TWO, ...items])).toEqual(expected);
  expect(outcomeOf(calicoNodeNotReady, CALICO, [...TWO, ...items]).undecided).toBe(undecided);
});

test('a silent node is not counted', () => {
  const items = [
    ...nodes(node('n1', { silent: 600 }), node('n2')),
    install(),
    ...calicoPod('n1', false),
    ...calicoPod('n2', true),
  ];
  expect(said(calicoNodeNotReady, CALICO, items)).toEqual([]);
});

test('how Calico is installed is not known: no "all well"', () => {
  expect(judge(bundle(CALICO, [...nodes(node('n1')), unknown('calico-install')])).verdict).toBe('inconclusive');
});

test('Felix, not BGP, keeps the node from being ready: BGP of another pair is only likely', () => {
  const felix = calicoPod('n1', false, [60, 'felix is not ready: readiness probe reporting 503']);
  const diagnosis = judge(bundle(CALICO, [...TWO, ...felix]));
  expect(diagnosis.causes.map((cause) => [cause.rule, cause.confidence])).toEqual([
    ['calico-felix-not-ready', 'confirmed'],
  ]);
});
