import { describe, expect, it } from 'vitest';
import { nodeRef } from '../../../src/core/object-ref.ts';
import { judge } from '../../../src/rules/evaluate.ts';
import { NODE_RULES } from '../../../src/rules/node/index.ts';
import { kubeletCrashLoop } from '../../../src/rules/node/kubelet-crash-loop.ts';
import { kubeletStartLimitHit } from '../../../src/rules/node/kubelet-start-limit-hit.ts';
import { kubeletStopped } from '../../../src/rules/node/kubelet-stopped.ts';
import { bundle, outcomeOf, said, unknown } from '../../support/evidence.ts';
import {
  attempt,
  cluster,
  DIAGNOSE_N1,
  journal,
  LOOPING,
  node,
  RUNNING,
  SWAP_FATAL,
  silent,
  swap,
  unit,
  units,
} from './kit.ts';

const STOPPED = { activeState: 'inactive', subState: 'dead', result: 'success' };
const GIVEN_UP = { activeState: 'failed', subState: 'failed', result: 'start-limit-hit' };

describe('kubelet-stopped', () => {
  it.each([
    ['stopped', STOPPED, 'found'],
    ['stopped and disabled', { ...STOPPED, unitFileState: 'disabled' }, 'disabled'],
    ['masked', { ...STOPPED, loadState: 'masked', unitFileState: 'masked' }, 'masked'],
  ])('finds a kubelet that is %s', (_, state, text) => {
    const items = [...cluster(silent('n1')), units('n1', unit('kubelet.service', state))];
    expect(said(kubeletStopped, DIAGNOSE_N1, items)).toEqual([`finding ${text} Node/n1`]);
  });

  it('does not quote a fatal line of the past as its end', () => {
    const items = [
      ...cluster(silent('n1')),
      units('n1', unit('kubelet.service', STOPPED)),
      journal('n1', ...attempt(SWAP_FATAL)),
    ];
    const [finding] = outcomeOf(kubeletStopped, DIAGNOSE_N1, items).judgements;
    expect(finding?.because.map((p) => p.text)).toEqual(['unit']);
  });

  it.each([
    ['a loop', silent('n1'), unit('kubelet.service', LOOPING)],
    ['a running kubelet', silent('n1'), unit('kubelet.service', RUNNING)],
    [
      'a host without the unit (k3s has its own)',
      silent('n1'),
      unit('kubelet.service', { ...STOPPED, loadState: 'not-found' }),
    ],
    ['a left-over unit on a node that another kubelet keeps ready', node('n1'), unit('kubelet.service', STOPPED)],
  ])('is silent about %s', (_, one, u) => {
    expect(said(kubeletStopped, DIAGNOSE_N1, [...cluster(one), units('n1', u)])).toEqual([]);
  });

  it('without systemd’s word it says nothing, and notes that', () => {
    const outcome = outcomeOf(kubeletStopped, DIAGNOSE_N1, [
      ...cluster(silent('n1')),
      unknown('node-units', nodeRef('n1')),
    ]);
    expect([outcome.judgements, outcome.missing.map((i) => i.kind)]).toEqual([[], ['node-units']]);
  });
});

describe('kubelet-start-limit-hit', () => {
  it('finds a kubelet that systemd has given up, alone where its reason is gone', () => {
    const items = [
      ...cluster(silent('n1')),
      units('n1', unit('kubelet.service', GIVEN_UP)),
      journal('n1', ...attempt(SWAP_FATAL)),
      swap('n1', { active: [] }),
    ];
    expect(judge(bundle(DIAGNOSE_N1, items), NODE_RULES).causes.map((c) => c.rule)).toEqual([
      'kubelet-start-limit-hit',
    ]);
  });

  it('stands below its reason where that is still there', () => {
    const items = [
      ...cluster(silent('n1')),
      units('n1', unit('kubelet.service', GIVEN_UP)),
      journal('n1', ...attempt(SWAP_FATAL)),
      swap('n1'),
    ];
    const diagnosis = judge(bundle(DIAGNOSE_N1, items), NODE_RULES);
    expect(diagnosis.causes.map((c) => c.rule)).toEqual(['kubelet-swap-on']);
    expect(diagnosis.symptoms.map((s) => s.rule)).toEqual(['kubelet-start-limit-hit', 'node-not-ready']);
  });

  it.each([
    ['a loop', LOOPING],
    ['a failure without the limit', { ...GIVEN_UP, result: 'exit-code' }],
  ])('is silent about %s', (_, state) => {
    const items = [...cluster(silent('n1')), units('n1', unit('kubelet.service', state))];
    expect(said(kubeletStartLimitHit, DIAGNOSE_N1, items)).toEqual([]);
  });

  it('without systemd’s word it says nothing', () => {
    expect(
      said(kubeletStartLimitHit, DIAGNOSE_N1, [...cluster(silent('n1')), unknown('node-units', nodeRef('n1'))]),
    ).toEqual([]);
  });
});

describe('kubelet-crash-loop', () => {
  it('shows the last words, known to a rule or not', () => {
    const odd = 'E0110 run.go:74] "command failed" err="failed to run Kubelet: nobody knows this"';
    const items = [
      ...cluster(silent('n1')),
      units('n1', unit('kubelet.service', LOOPING)),
      journal('n1', ...attempt(odd)),
    ];
    const [finding] = outcomeOf(kubeletCrashLoop, DIAGNOSE_N1, items).judgements;
    expect(finding?.because).toMatchObject([{ text: 'line', data: { line: odd } }, { text: 'unit' }]);
  });

  it('is silent about a running kubelet, and where nobody knows', () => {
    expect(
      said(kubeletCrashLoop, DIAGNOSE_N1, [...cluster(silent('n1')), units('n1', unit('kubelet.service', RUNNING))]),
    ).toEqual([]);
    expect(
      said(kubeletCrashLoop, DIAGNOSE_N1, [...cluster(silent('n1')), unknown('node-units', nodeRef('n1'))]),
    ).toEqual([]);
  });
});
