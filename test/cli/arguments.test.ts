/** Words and flags of the terminal. */
import { describe, expect, test } from 'vitest';
import { parseMap } from '../../src/cli/agents.ts';
import { parseArguments, parseDuration } from '../../src/cli/arguments.ts';

describe('flags as kubectl takes them', () => {
  test.each<[string, string[], Record<string, string>, string[]]>([
    ['a value after a space', ['--namespace', 'ci', 'x'], { namespace: 'ci' }, ['x']],
    ['a value after =', ['--output=json', 'x'], { output: 'json' }, ['x']],
    ['a letter with a space', ['-n', 'ci'], { namespace: 'ci' }, []],
    ['a letter with its value', ['-nci'], { namespace: 'ci' }, []],
    ['a letter with =', ['-o=json'], { output: 'json' }, []],
    ['flags between words', ['diagnose', '-n', 'ci', 'pod', 'x'], { namespace: 'ci' }, ['diagnose', 'pod', 'x']],
    ['a switch', ['--help'], { help: 'true' }, []],
    ['-- ends the flags', ['a', '--', '--help'], {}, ['a', '--help']],
    ['the last one wins', ['-n', 'a', '-n', 'b'], { namespace: 'b' }, []],
    ['a lone dash is a word', ['-'], {}, ['-']],
  ])('%s', (_, argv, flags, words) => {
    expect(parseArguments(argv)).toEqual({ words, flags });
  });

  test.each<[string, string[], RegExp]>([
    ['an unknown flag names the nearest', ['--namespac', 'x'], /"--namespac".*--namespace/],
    ['an unknown letter', ['-x'], /"-x"/],
    ['a missing value', ['--save'], /--save needs a value/],
    ['an empty value', ['--save='], /--save needs a value/],
    ['a value that is none of the choices', ['-o', 'yaml'], /text or json, not "yaml"/],
    ['a letter of a switch with a value', ['-hx'], /"-hx"/],
  ])('%s', (_, argv, message) => {
    expect(() => parseArguments(argv)).toThrow(message);
  });
});

describe('times', () => {
  test.each([
    ['30s', 30_000],
    ['2m', 120_000],
    ['1500ms', 1500],
    ['5', 5000],
  ])('%s', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each(['', '0s', '1h', '11m', '-5s', 'soon', '999ms'])('"%s" is refused', (text) => {
    expect(() => parseDuration(text)).toThrow(/1s to 10m/);
  });
});

describe('addresses of agents', () => {
  test('several, with commas', () => {
    expect(parseMap('a=https://10.0.0.1:10850, b=https://[::1]:1')).toEqual({
      a: 'https://10.0.0.1:10850',
      b: 'https://[::1]:1',
    });
  });

  test.each(['a', 'a=http://x', '=https://x', 'a=https://x/path'])('"%s" is refused', (text) => {
    expect(() => parseMap(text)).toThrow(/node=https/);
  });
});
