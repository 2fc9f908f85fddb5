import { describe, expect, it } from 'vitest';
import { nodeRef } from '../../../src/core/object-ref.ts';
import { kubeletSwapOn } from '../../../src/rules/node/kubelet-swap-on.ts';
import { known, outcomeOf, said, unknown } from '../../support/evidence.ts';
import {
  attempt,
  cluster,
  DIAGNOSE_N1,
  journal,
  LOOPING,
  RUNNING,
  SWAP_FATAL,
  silent,
  swap,
  unit,
  units,
} from './kit.ts';

const LOOP = units('n1', unit('kubelet.service', LOOPING));
const FATAL = journal('n1', ...attempt(SWAP_FATAL));

/** The texts of proofs and advice of the one finding. */
function words(items: Parameters<typeof said>[2]) {
  const [finding] = outcomeOf(kubeletSwapOn, DIAGNOSE_N1, items).judgements;
  if (finding?.type !== 'finding') return undefined;
  return {
    because: finding.because.map((p) => p.text),
    advice: finding.advice?.map((a) => a.text),
    wouldNotHelp: finding.wouldNotHelp?.map((a) => a.text),
    remediations: finding.remediations?.map((r) => r.id),
  };
}

describe('kubelet-swap-on', () => {
  it('names swap, and the generator that turns it on although fstab is commented out', () => {
    const items = [...cluster(silent('n1')), LOOP, FATAL, swap('n1')];
    expect(said(kubeletSwapOn, DIAGNOSE_N1, items)).toEqual(['finding found Node/n1']);
    expect(words(items)).toEqual({
      because: ['line', 'unit', 'swaps', 'by-gpt-auto', 'fstab-off'],
      advice: ['off', 'mask'],
      wouldNotHelp: ['flag', 'fstab-again'],
      remediations: ['turn-swap-off', 'keep-swap-off'],
    });
  });

  it('names fstab where fstab does it', () => {
    const line = '/dev/sda3 none swap sw 0 0';
    const byFstab = swap('n1', {
      units: [
        {
          name: 'dev-sda3.swap',
          what: '/dev/sda3',
          loadState: 'loaded',
          activeState: 'active',
          fragmentPath: '/run/systemd/generator/dev-sda3.swap',
          sourcePath: '/etc/fstab',
        },
      ],
      fstab: [{ device: '/dev/sda3', line, commented: false }],
      partitions: [],
    });
    expect(words([...cluster(silent('n1')), LOOP, FATAL, byFstab])).toMatchObject({
      because: ['line', 'unit', 'swaps', 'by-fstab'],
      advice: ['off', 'comment-fstab'],
      wouldNotHelp: ['flag'],
    });
  });

  it('names zram where the generator makes it', () => {
    const zram = swap('n1', {
      active: [{ device: '/dev/zram0', type: 'partition', sizeKiB: 1000, usedKiB: 0, priority: 100 }],
      units: [
        {
          name: 'dev-zram0.swap',
          what: '/dev/zram0',
          loadState: 'loaded',
          activeState: 'active',
          fragmentPath: '/run/systemd/generator/dev-zram0.swap',
        },
      ],
      fstab: [],
      partitions: [],
      zramGenerator: true,
    });
    expect(words([...cluster(silent('n1')), LOOP, FATAL, zram])).toMatchObject({
      because: ['line', 'unit', 'swaps', 'by-zram', 'fstab-none'],
      advice: ['off', 'stop-zram'],
    });
  });

  it('names no source where none is known: swap was turned on by hand', () => {
    const hand = swap('n1', { units: [], fstab: [], partitions: [] });
    expect(words([...cluster(silent('n1')), LOOP, FATAL, hand])).toMatchObject({
      because: ['line', 'unit', 'swaps'],
      advice: ['off'],
    });
  });

  it('warns where memory does not hold what is in swap', () => {
    const full = swap('n1', {
      active: [{ device: '/dev/sda3', type: 'partition', sizeKiB: 9000, usedKiB: 9000, priority: -2 }],
    });
    const memory = known(
      'node-memory',
      { totalKiB: 16_000, availableKiB: 8000, swapTotalKiB: 9000, swapFreeKiB: 0 },
      nodeRef('n1'),
    );
    expect(words([...cluster(silent('n1')), LOOP, FATAL, full, memory])).toMatchObject({
      advice: ['tight', 'off', 'mask'],
    });
  });

  it('is silent where swap is off by now', () => {
    expect(
      said(kubeletSwapOn, DIAGNOSE_N1, [...cluster(silent('n1')), LOOP, FATAL, swap('n1', { active: [] })]),
    ).toEqual([]);
  });

  it('is silent where kubelet runs with swap on, as it was told to', () => {
    const items = [...cluster(silent('n1')), units('n1', unit('kubelet.service', RUNNING)), swap('n1')];
    expect(said(kubeletSwapOn, DIAGNOSE_N1, items)).toEqual([]);
  });

  it('is silent where the loop has another reason, swap on or not', () => {
    const flag = journal('n1', ...attempt('Error: failed to parse kubelet flag: unknown flag: --cni-bin-dir'));
    expect(said(kubeletSwapOn, DIAGNOSE_N1, [...cluster(silent('n1')), LOOP, flag, swap('n1')])).toEqual([]);
  });

  it('without the journal swap fits and is not proven', () => {
    const items = [
      ...cluster(silent('n1')),
      LOOP,
      unknown('node-journal', nodeRef('n1'), 'kubelet.service'),
      swap('n1'),
    ];
    expect(said(kubeletSwapOn, DIAGNOSE_N1, items)).toEqual(['finding fits Node/n1 (likely)']);
  });

  it('without the list of swap the line itself is proof', () => {
    const items = [...cluster(silent('n1')), LOOP, FATAL, unknown('node-swap', nodeRef('n1'))];
    expect(said(kubeletSwapOn, DIAGNOSE_N1, items)).toEqual(['finding no-device Node/n1']);
  });

  it('with no agent it says nothing, and what it could not see is noted', () => {
    const items = [
      ...cluster(silent('n1')),
      unknown('node-units', nodeRef('n1')),
      unknown('node-journal', nodeRef('n1'), 'kubelet.service'),
    ];
    const outcome = outcomeOf(kubeletSwapOn, DIAGNOSE_N1, items);
    expect(outcome.judgements).toEqual([]);
    expect(outcome.missing.map((item) => item.kind).sort()).toEqual(['node-journal', 'node-units']);
  });
});
