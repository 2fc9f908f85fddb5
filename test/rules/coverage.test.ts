/** Failing nodes that no cause explains are named: one cause must not pass for the whole story. */
import { describe, expect, test } from 'vitest';
import type { Finding } from '../../src/core/finding.ts';
import { unexplainedNodes } from '../../src/rules/coverage.ts';

const finding = (nodes: readonly string[]): Finding => ({
  type: 'finding',
  rule: 'x',
  object: { kind: 'Node', name: nodes[0] ?? 'none' },
  severity: 'critical',
  confidence: 'confirmed',
  text: 'found',
  data: {},
  because: [],
  scope: nodes.length === 0 ? {} : { nodes },
});
const edge = (from: number, to: number) => ({ from, to, sure: true, proves: false });

describe('nodes a, b and c fail (finding 0)', () => {
  const symptom = finding(['a', 'b', 'c']);

  test.each<[string, Finding[], [number, number][], number[], string[]]>([
    ['one cause for a and b leaves c', [symptom, finding(['a', 'b'])], [[1, 0]], [1], ['c']],
    [
      'two causes for all leave none',
      [symptom, finding(['a', 'b']), finding(['c'])],
      [
        [1, 0],
        [2, 0],
      ],
      [1, 2],
      [],
    ],
    ['a fault of the Service itself explains all', [symptom, finding([])], [[1, 0]], [1], []],
    [
      'what lies between counts for its own nodes',
      [symptom, finding(['x']), finding(['a'])],
      [
        [1, 2],
        [2, 0],
      ],
      [1],
      ['b', 'c'],
    ],
    [
      'an explanation that follows from no cause does not count',
      [symptom, finding(['a']), finding(['b', 'c'])],
      [
        [1, 0],
        [2, 0],
      ],
      [1],
      ['b', 'c'],
    ],
    [
      'what was only reported, and seen by nobody, names no failing node',
      [{ ...symptom, confidence: 'likely' }, finding(['a'])],
      [[1, 0]],
      [1],
      [],
    ],
    ['without a cause there is nothing to leave out', [symptom], [], [], []],
  ])('%s', (_, findings, edges, causes, left) => {
    const graph = { size: findings.length, edges: edges.map(([from, to]) => edge(from, to)) };
    expect(unexplainedNodes(findings, graph, [0], causes)).toEqual(left);
  });
});
