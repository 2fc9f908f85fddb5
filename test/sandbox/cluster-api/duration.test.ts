/** Ages in kubectl's words. */
import { describe, expect, it } from 'vitest';
import { ageOf, humanDuration } from '../../../src/sandbox/cluster/api/duration.ts';

const S = 1000;
const M = 60 * S;
const H = 60 * M;
const D = 24 * H;

describe('humanDuration', () => {
  it.each([
    ['more than a second ahead is a clock fault', -2 * S, '<invalid>'],
    ['a second ahead is now', -S, '0s'],
    ['now', 0, '0s'],
    ['seconds up to two minutes', 119 * S, '119s'],
    ['minutes with seconds up to ten', 2 * M + 5 * S, '2m5s'],
    ['round minutes', 3 * M, '3m'],
    ['minutes up to three hours', 179 * M, '179m'],
    ['hours with minutes up to eight', 3 * H + 12 * M, '3h12m'],
    ['hours up to two days', 47 * H, '47h'],
    ['days with hours up to eight', 2 * D + 3 * H, '2d3h'],
    ['days', 28 * D + 5 * H, '28d'],
    ['years with days', 2 * 365 * D + 15 * D, '2y15d'],
    ['years', 9 * 365 * D, '9y'],
  ])('%s', (_title, ms, expected) => {
    expect(humanDuration(ms)).toBe(expected);
  });

  it('an object without a time has an unknown age', () => {
    expect(ageOf(null, 0)).toBe('<unknown>');
    expect(ageOf('not a time', 0)).toBe('<unknown>');
    expect(ageOf('2024-01-01T00:00:00Z', Date.parse('2024-01-29T01:00:00Z'))).toBe('28d');
  });
});
