/** Where a roll-out of another address method would stand still for want of a BGP peer. */
import { describe, expect, test } from 'vitest';
import { type PodView, podOf } from '../../src/remediations/calico-daemon-set.ts';
import { stallOf } from '../../src/remediations/calico-stall.ts';

function pod(node: string, leaving = false): PodView {
  const view = podOf({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `calico-node-${node}`,
      namespace: 'kube-system',
      uid: `uid-${node}`,
      resourceVersion: '1',
      ...(leaving ? { deletionTimestamp: '2020-05-27T03:00:00Z' } : {}),
    },
    spec: { nodeName: node },
  });
  if (view === undefined) throw new Error('no Pod');
  return view;
}

const pods = ['a', 'b', 'c'].map((node) => pod(node));
const at = (atOnce: string[], serial: string[]) => ({ atOnce, serial, stuck: [] });

describe('a push is needed', () => {
  test('where the only Pod that restarts at once is alone with a right address', () => {
    const stall = stallOf(at(['b'], ['a', 'c']), new Set(['a', 'c']), pods);
    expect(stall?.node).toBe('a');
    expect(stall?.pod.metadata.name).toBe('calico-node-a');
    expect(stall?.waiting).toEqual(['b']);
  });

  test('and the Pod is one that is not leaving already', () => {
    expect(stallOf(at(['b'], ['a']), new Set(['a']), [pod('a', true), pod('b')])).toBeUndefined();
  });
});

describe('no push', () => {
  const cases: [string, string[], string[], string[]][] = [
    ['all restart at once', ['a', 'b', 'c'], [], ['a']],
    ['two that restart at once have each other', ['a', 'b'], ['c'], ['c']],
    ['a ready one keeps its right address', ['b'], ['a', 'c'], ['a']],
    ['nothing is unavailable: the right ones serve as peers', [], ['a', 'b', 'c'], ['a']],
    ['nobody moves but the one that restarts', ['b'], [], ['b']],
  ];
  test.each(cases)('%s', (_name, atOnce, serial, moving) => {
    expect(stallOf(at(atOnce, serial), new Set(moving), pods)).toBeUndefined();
  });
});
