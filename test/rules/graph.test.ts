/** The graph of findings: who leads to whom, over what was seen, and in which order it is told. */
import { describe, expect, it } from 'vitest';
import { ancestors, chainOrder, type Edge, type Graph, sureAncestors } from '../../src/rules/graph.ts';

/** `0>1` is seen, `0?1` is not sure, `0!1` proves. */
function graph(size: number, ...edges: readonly string[]): Graph {
  return {
    size,
    edges: edges.map((text): Edge => {
      const [from = '', kind = '', to = ''] = /^(\d)([>?!])(\d)$/.exec(text)?.slice(1) ?? [];
      return { from: Number(from), to: Number(to), sure: kind !== '?', proves: kind === '!' };
    }),
  };
}
const sorted = (set: ReadonlySet<number>) => [...set].sort((a, b) => a - b);

describe('ancestors', () => {
  it.each<[string, Graph, number[], number[]]>([
    ['a chain', graph(4, '0>1', '1>2'), [2], [0, 1, 2]],
    ['two causes', graph(4, '0>2', '1>2'), [2], [0, 1, 2]],
    ['what leads elsewhere', graph(4, '0>1', '2>3'), [1], [0, 1]],
    ['a circle ends', graph(3, '0>1', '1>0', '1>2'), [2], [0, 1, 2]],
    ['nothing', graph(2), [1], [1]],
  ])('%s', (_, g, targets, expected) => expect(sorted(ancestors(g, targets))).toEqual(expected));
});

describe('sure ancestors', () => {
  const confirmed =
    (...list: number[]) =>
    (i: number) =>
      list.includes(i);
  it.each<[string, Graph, (i: number) => boolean, number[]]>([
    ['all seen', graph(3, '0>1', '1>2'), confirmed(0, 1, 2), [0, 1, 2]],
    ['a link that was not seen', graph(3, '0?1', '1>2'), confirmed(0, 1, 2), [1, 2]],
    ['a link in between that is only likely', graph(3, '0>1', '1>2'), confirmed(0, 2), [1, 2]],
    ['a symptom that nobody saw', graph(2, '0>1'), confirmed(0), [1]],
    ['a symptom that nobody saw and that follows for certain', graph(2, '0!1'), confirmed(0), [0, 1]],
    ['another way round the gap', graph(4, '0?1', '0>2', '1>3', '2>3'), confirmed(0, 1, 2, 3), [0, 1, 2, 3]],
  ])('%s', (_, g, is, expected) => expect(sorted(sureAncestors(g, [g.size - 1], is))).toEqual(expected));
});

describe('the order of the chain', () => {
  it.each<[string, Graph, number[], number[], number[]]>([
    ['each link after what explains it, the asked last', graph(4, '3>0', '0>2', '2>1'), [3], [1], [0, 2, 1]],
    ['by the longest way', graph(4, '0>1', '0>2', '1>2', '2>3'), [0], [3], [1, 2, 3]],
    ['side branches are left out', graph(5, '0>1', '0>2', '1>4', '3>4'), [0], [4], [1, 4]],
    ['without a cause, all that leads to it', graph(3, '0>1', '1>2'), [], [2], [0, 1, 2]],
    ['nothing was asked about', graph(2, '0>1'), [0], [], []],
    ['a circle ends', graph(4, '0>1', '1>2', '2>1', '2>3'), [0], [3], [2, 1, 3]],
  ])('%s', (_, g, causes, asked, expected) => {
    const order = chainOrder(g, causes, asked);
    expect(new Set(order)).toEqual(new Set(expected));
    if (!_.includes('circle')) expect(order).toEqual(expected);
    expect(order.slice(order.length - asked.length)).toEqual(asked);
  });
});
