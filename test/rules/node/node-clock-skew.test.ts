import { describe, expect, it } from 'vitest';
import { nodeRef } from '../../../src/core/object-ref.ts';
import { judge } from '../../../src/rules/evaluate.ts';
import { NODE_RULES } from '../../../src/rules/node/index.ts';
import { nodeClockSkew } from '../../../src/rules/node/node-clock-skew.ts';
import { ago, bundle, known, said, unknown } from '../../support/evidence.ts';
import { attempt, cluster, DIAGNOSE_N1, journal, LOOPING, node, silent, unit, units } from './kit.ts';

const clock = (seconds: number, name = 'n1') =>
  known('node-clock', { now: ago(seconds), bootedAt: ago(seconds + 900) }, nodeRef(name));
const NOT_YET =
  'E0110 run.go:74] "command failed" err="failed to run Kubelet: unable to load bootstrap: x509: certificate has expired or is not yet valid: current time 2016-01-01T00:00:09Z is before 2026-01-01T00:00:00Z"';
const LOOP = [
  ...cluster(silent('n1')),
  units('n1', unit('kubelet.service', LOOPING)),
  journal('n1', ...attempt(NOT_YET)),
];

describe('node-clock-skew', () => {
  it.each([
    ['behind', 3600, 'behind'],
    ['ahead', -3600, 'ahead'],
  ])('finds a clock that is %s', (_, seconds, text) => {
    const items = [...cluster(node('n1'), node('n2')), clock(seconds)];
    expect(said(nodeClockSkew, DIAGNOSE_N1, items)).toEqual([`finding ${text} Node/n1`]);
  });

  it.each([
    ['no other node to compare with', [...cluster(node('n1')), clock(120)], ['finding behind Node/n1 (likely)']],
    ['the clock of the other node is as far off', [...cluster(node('n1')), clock(120), clock(125, 'n2')], []],
    ['the Lease of the other node is as far off', [...cluster(node('n1'), node('n2', { beat: 130 })), clock(120)], []],
    [
      'the others are off by another measure',
      [...cluster(node('n1')), clock(4000), clock(120, 'n2')],
      ['finding behind Node/n1 (likely)'],
    ],
    ['the others are right', [...cluster(node('n1')), clock(120), clock(0, 'n2')], ['finding behind Node/n1']],
  ])('whose clock it is: %s', (_, items, expected) => {
    expect(said(nodeClockSkew, DIAGNOSE_N1, items)).toEqual(expected);
  });

  it('is the cause where kubelet refuses certificates for it', () => {
    const diagnosis = judge(bundle(DIAGNOSE_N1, [...LOOP, clock(300_000_000)]), NODE_RULES);
    expect([diagnosis.verdict, diagnosis.causes.map((c) => c.rule)]).toEqual(['cause-found', ['node-clock-skew']]);
  });

  it('a wrong clock that broke nothing explains nothing', () => {
    const diagnosis = judge(bundle(DIAGNOSE_N1, [...cluster(silent('n1')), clock(3600)]), NODE_RULES);
    expect([diagnosis.verdict, diagnosis.causes]).toEqual(['inconclusive', []]);
  });

  it('with the line and without the clock it is likely', () => {
    expect(said(nodeClockSkew, DIAGNOSE_N1, [...LOOP, unknown('node-clock', nodeRef('n1'))])).toEqual([
      'finding not-yet Node/n1 (likely)',
    ]);
  });

  it.each([
    ['a clock that is right', [...cluster(node('n1')), clock(0)]],
    ['clocks that were read some seconds apart', [...cluster(node('n1')), clock(20)]],
    ['a complaint about a clock that is right by now', [...LOOP, clock(1)]],
  ])('is silent about %s', (_, items) => {
    expect(said(nodeClockSkew, DIAGNOSE_N1, items)).toEqual([]);
  });
});
