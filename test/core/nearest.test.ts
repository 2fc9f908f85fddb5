/** Which names are near enough to a mistyped one to be offered. */
import { expect, test } from 'vitest';
import { editDistance, nearest } from '../../src/core/nearest.ts';

test.each([
  ['', '', 0],
  ['a', '', 1],
  ['node', 'noed', 1],
  ['kitten', 'sitting', 3],
  ['udp', 'upd', 1],
])('%s and %s are %i apart', (a, b, distance) => {
  expect(editDistance(a, b)).toBe(distance);
  expect(editDistance(b, a)).toBe(distance);
});

test.each([
  ['the nearest first', 'wbe', ['web', 'wobe', 'database'], ['web', 'wobe']],
  ['one that contains it', 'jenkins', ['jenkins-svc', 'grafana'], ['jenkins-svc']],
  ['nothing that is merely short', 'ab', ['xy', 'z'], []],
  ['equal ones in a fixed order, each once', 'wex', ['web', 'wed', 'web'], ['web', 'wed']],
  ['whatever the case', 'WEB', ['web'], ['web']],
])('%s', (_, given, names, expected) => {
  expect(nearest(given, names)).toEqual(expected);
});
