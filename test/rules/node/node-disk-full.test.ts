import { describe, expect, it } from 'vitest';
import type { EvidenceValue } from '../../../src/core/evidence/kinds.ts';
import { nodeRef } from '../../../src/core/object-ref.ts';
import { judge } from '../../../src/rules/evaluate.ts';
import { NODE_RULES } from '../../../src/rules/node/index.ts';
import { nodeDiskFull } from '../../../src/rules/node/node-disk-full.ts';
import { bundle, known, outcomeOf, said, unknown } from '../../support/evidence.ts';
import { attempt, cluster, DIAGNOSE_N1, journal, LOOPING, node, REACH, silent, unit, units } from './kit.ts';

type Mount = EvidenceValue<'node-disk'>[number];
function disk(...mounts: Partial<Mount>[]) {
  const full = {
    mount: '/',
    device: '/dev/sda1',
    fsType: 'ext4',
    sizeKiB: 1000,
    availableKiB: 500,
    usedPercent: 50,
    inodesUsedPercent: 10,
  };
  return known(
    'node-disk',
    mounts.map((mount) => ({ ...full, ...mount })),
    nodeRef('n1'),
  );
}
const NO_SPACE =
  'E0110 run.go:74] "command failed" err="failed to run Kubelet: mkdir /var/lib/kubelet/plugins: no space left on device"';
const LOOP = [
  ...cluster(silent('n1')),
  units('n1', unit('kubelet.service', LOOPING)),
  journal('n1', ...attempt(NO_SPACE)),
];

describe('node-disk-full', () => {
  it('is the cause where kubelet ends for want of space', () => {
    const diagnosis = judge(bundle(DIAGNOSE_N1, [...LOOP, disk({ usedPercent: 100, availableKiB: 0 })]), NODE_RULES);
    expect([diagnosis.verdict, diagnosis.causes.map((c) => c.rule)]).toEqual(['cause-found', ['node-disk-full']]);
  });

  it.each([
    ['out of inodes', { inodesUsedPercent: 100 }],
    ['full of logs', { mount: '/var/log', usedPercent: 99.6 }],
  ])('finds a disk that is %s', (_, mount) => {
    expect(said(nodeDiskFull, DIAGNOSE_N1, [...cluster(node('n1')), disk(mount)])).toEqual(['finding found Node/n1']);
  });

  it('a full disk that kubelet did not complain of explains nothing', () => {
    const items = [...cluster(silent('n1')), disk({ usedPercent: 100 })];
    const diagnosis = judge(bundle(DIAGNOSE_N1, items), NODE_RULES);
    expect([diagnosis.verdict, diagnosis.alsoFound.map((f) => f.rule)]).toEqual(['inconclusive', ['node-disk-full']]);
  });

  it('with the line and without the disk’s figures it is likely', () => {
    expect(said(nodeDiskFull, DIAGNOSE_N1, [...LOOP, unknown('node-disk', nodeRef('n1'))])).toEqual([
      'finding kubelet-says Node/n1 (likely)',
    ]);
  });

  it.each([
    ['a disk with room', { usedPercent: 90 }],
    ['an image that is full by nature', { fsType: 'squashfs', usedPercent: 100, availableKiB: 0 }],
    ['a mount that Kubernetes does not need', { mount: '/mnt/backup', usedPercent: 100 }],
  ])('is silent about %s', (_, mount) => {
    expect(said(nodeDiskFull, DIAGNOSE_N1, [...cluster(node('n1')), disk(mount)])).toEqual([]);
  });

  it('the line is history where there is room by now', () => {
    expect(said(nodeDiskFull, DIAGNOSE_N1, [...LOOP, disk({})])).toEqual([]);
  });

  it('does not look into healthy nodes for a question about a Service', () => {
    expect(
      outcomeOf(nodeDiskFull, REACH, [...cluster(node('n1')), unknown('node-disk', nodeRef('n1'))]).missing,
    ).toEqual([]);
  });
});
