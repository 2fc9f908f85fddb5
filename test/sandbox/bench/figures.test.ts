/** How numbers are chosen out of many, judged against an aim, and shown. */
import { describe, expect, test } from 'vitest';
import { Figures, median, quantile, shown } from '../../../src/sandbox/bench/figures.ts';
import { cpuTime } from '../../../src/sandbox/bench/processes.ts';
import { resultText } from '../../../src/sandbox/bench/table.ts';

const HUNDRED = Array.from({ length: 100 }, (_, i) => 100 - i);

describe('quantiles, nearest rank', () => {
  test.each([
    ['p50 of 1..100', HUNDRED, 0.5, 50],
    ['p99 of 1..100', HUNDRED, 0.99, 99],
    ['the largest', HUNDRED, 1, 100],
    ['p99 of few is the largest', [5, 7, 6], 0.99, 7],
    ['of one', [4], 0.5, 4],
    ['of none', [], 0.5, undefined],
  ])('%s', (_title, numbers, q, expected) => {
    expect(quantile(numbers, q)).toBe(expected);
  });

  test('the median leaves its numbers as they were', () => {
    const numbers = [9, 1, 5];
    expect(median(numbers)).toBe(5);
    expect(numbers).toEqual([9, 1, 5]);
  });
});

describe('aims', () => {
  test.each([
    ['below', 99.9, true],
    ['exactly at it', 100, false],
    ['above', 101, false],
    ['not measured', undefined, false],
  ])('a figure %s', (_title, value, met) => {
    const figures = new Figures();
    figures.add('g', 'w', 'ms', value, { below: 100 });
    expect(figures.list[0]?.aim).toEqual({ text: '< 100 ms', met });
  });

  test('no aim, no judgement', () => {
    const figures = new Figures();
    figures.add('g', 'w', 'ms', 1);
    expect(figures.list[0]).toEqual({ group: 'g', what: 'w', unit: 'ms', value: 1 });
  });
});

test.each([
  [4.26, 'ms', '4.3 ms'],
  [149.6, 'ms', '150 ms'],
  [3170, 'ms', '3.17 s'],
  [93_800, 'bytes', '93.8 kB'],
  [3_200_000, 'bytes', '3.2 MB'],
  [256e6, 'bytes', '256 MB'],
  [50_000, 'count', '50,000'],
  [1.234, 'ratio', '1.23×'],
  [undefined, 'ms', '–'],
] as const)('%s %s is shown as %s', (value, unit, text) => {
  expect(shown(value, unit)).toBe(text);
});

test.each([
  ['dash', '0m0.310000s 0m0.050000s', 360],
  ['bash', '1m2.500s 0m0.100s', 62_600],
])('CPU time as %s prints it', (_shell, line, ms) => {
  expect(cpuTime(line)).toBeCloseTo(ms);
});

test('CPU time that was not told is an error and not zero', () => {
  expect(() => cpuTime('')).toThrow('told no times');
});

test('the table shows each aim beside its figure, and counts them', () => {
  const figures = new Figures();
  figures.add('Acknowledgement', 'p50', 'ms', 2);
  figures.add('Acknowledgement', 'p99', 'ms', 80, { below: 100 });
  figures.add('Terminal', 'kubewhy --help', 'ms', 151, { below: 150, note: 'median of 10' });
  const text = resultText({
    date: '2026-03-17T09:26:41.000Z',
    quick: false,
    seconds: 12.3,
    machine: { cores: 2, cpu: 'CPU', memoryBytes: 8e9, system: 'Linux 6', node: '20.20.2' },
    figures: figures.list,
  });
  expect(text.split('\n')).toEqual([
    'kubewhy bench, 2026-03-17T09:26:41.000Z',
    '2 cores (CPU), 8000 MB of memory, Linux 6, Node 20.20.2; took 12 s',
    'Simulators, Redis, bot, worker and agents share this one machine.',
    '',
    'Acknowledgement',
    '  p50                2.0 ms',
    '  p99                 80 ms  met: < 100 ms',
    '',
    'Terminal',
    '  kubewhy --help     151 ms  MISSED: < 150 ms  median of 10',
    '',
    '1 of 2 aims met.',
    '',
  ]);
});
