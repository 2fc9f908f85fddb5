import { describe, expect, it } from 'vitest';
import { shiftLogTimes } from '../../src/sandbox/shift-times.ts';

const HOUR = 3_600_000;

describe('times of log lines', () => {
  it.each([
    ['Calico’s', '2020-05-26 23:42:35.947 [ERROR][1] x', '2020-05-27 00:42:35.947 [ERROR][1] x'],
    ['RFC 3339', '2020-05-26T12:42:35Z started', '2020-05-26T13:42:35Z started'],
    ['nanoseconds keep their length', '2020-05-26T12:42:35.123456789Z x', '2020-05-26T13:42:35.123000000Z x'],
    ['a time within a line stays', 'until 2020-05-26 12:42:35.947', 'until 2020-05-26 12:42:35.947'],
  ])('%s', (_, line, moved) => {
    expect(shiftLogTimes(`${line}\n`, HOUR)).toBe(`${moved}\n`);
  });

  it('nothing changes without a shift', () => {
    expect(shiftLogTimes('2020-05-26 12:42:35.947 x', 0)).toBe('2020-05-26 12:42:35.947 x');
  });
});
