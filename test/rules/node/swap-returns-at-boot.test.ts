import { describe, expect, it } from 'vitest';
import { nodeRef } from '../../../src/core/object-ref.ts';
import type { Question } from '../../../src/core/question.ts';
import { unitName } from '../../../src/core/swap-sources.ts';
import { swapReturnsAtBoot } from '../../../src/rules/node/swap-returns-at-boot.ts';
import { outcomeOf, said, unknown } from '../../support/evidence.ts';
import { cluster, DIAGNOSE_N1, node, REACH, swap } from './kit.ts';

const PREFLIGHT: Question = { type: 'preflight', target: { kind: 'Component', name: 'cluster' } };
const HEALTHY = cluster(node('n1'));
const off = { active: [] };
const none = { ...off, units: [], fstab: [], partitions: [] };
const unitOf = (change: object) => ({
  name: 'dev-sda3.swap',
  what: '/dev/sda3',
  loadState: 'loaded',
  activeState: 'inactive',
  ...change,
});
const fstab = (line: string, commented = false) => [{ device: '/dev/sda3', line, commented }];
const say = (change: object, question: Question = PREFLIGHT) =>
  said(swapReturnsAtBoot, question, [...HEALTHY, swap('n1', change)]);

describe('swap-returns-at-boot', () => {
  it.each([
    ['the GPT generator', off, ['by-gpt-auto', 'fstab-off']],
    ['a line of fstab without a unit yet', { ...none, fstab: fstab('/dev/sda3 none swap sw 0 0') }, ['by-fstab']],
    [
      'a unit file',
      { ...none, units: [unitOf({ fragmentPath: '/etc/systemd/system/dev-sda3.swap', unitFileState: 'enabled' })] },
      ['by-unit', 'fstab-none'],
    ],
    ['the zram generator', { ...none, zramGenerator: true }, ['by-zram', 'fstab-none']],
  ])('finds %s', (_, change, proofs) => {
    const [finding] = outcomeOf(swapReturnsAtBoot, PREFLIGHT, [...HEALTHY, swap('n1', change)]).judgements;
    expect(finding?.because.map((p) => p.text)).toEqual(['swaps', ...proofs]);
  });

  it.each<[string, object]>([
    ['nothing that turns swap on', none],
    ['swap that is on now: another rule’s matter', {}],
    [
      'a masked unit',
      { ...off, units: [unitOf({ loadState: 'masked', unitFileState: 'masked', fragmentPath: '/dev/null' })] },
    ],
    ['a swap partition that no unit uses', { ...off, units: [] }],
    ['a line of fstab with noauto', { ...none, fstab: fstab('/dev/sda3 none swap noauto 0 0') }],
    [
      'a disabled unit file',
      { ...none, units: [unitOf({ fragmentPath: '/etc/systemd/system/dev-sda3.swap', unitFileState: 'disabled' })] },
    ],
    ['a kernel that is told to leave swap off', { ...off, kernelCommandLine: 'quiet systemd.swap=0' }],
  ])('is silent about %s', (_, change) => {
    expect(say(change)).toEqual([]);
  });

  it('is silent about healthy nodes when the question is about something else', () => {
    expect(say(off, REACH)).toEqual([]);
    expect(say(off, DIAGNOSE_N1)).toEqual(['finding found Node/n1']);
  });

  it('says nothing where swap could not be read, and notes it', () => {
    const outcome = outcomeOf(swapReturnsAtBoot, PREFLIGHT, [...HEALTHY, unknown('node-swap', nodeRef('n1'))]);
    expect([outcome.judgements, outcome.missing.length]).toEqual([[], 1]);
  });

  it('escapes device paths as systemd does', () => {
    expect(['/dev/sda3', '/dev/mapper/vg-swap', '/swap.img'].map(unitName)).toEqual([
      'dev-sda3.swap',
      'dev-mapper-vg\\x2dswap.swap',
      'swap.img.swap',
    ]);
  });
});
