import { describe, expect, test } from 'vitest';
import { findFlag, REMOVED_FLAGS, withFlag, withoutFlag } from '../../src/agent/flag-text.ts';

const FLAG = '--network-plugin';

describe('a flag is found and taken out', () => {
  test.each([
    ['first', 'A="--network-plugin=cni --v=2"\n', 'A="--v=2"\n'],
    ['last', 'A="--v=2 --network-plugin=cni"\n', 'A="--v=2"\n'],
    ['alone', 'A="--network-plugin=cni"\n', 'A=""\n'],
    ['between, with more space', "A='--v=2   --network-plugin=cni  --x=y'\n", "A='--v=2  --x=y'\n"],
    ['without quotes', 'A=--v=2 --network-plugin=cni\n', 'A=--v=2\n'],
    ['with its value apart', 'A="--network-plugin cni --v=2"\n', 'A="--v=2"\n'],
    ['with its value apart, last', 'A="--v=2 --network-plugin cni"\n', 'A="--v=2"\n'],
    ['without a new line at the end', 'A=--network-plugin=cni', 'A='],
    ['in the second setting', '# x\nA="--v=2"\nexport B="--network-plugin=cni"\n', '# x\nA="--v=2"\nexport B=""\n'],
    ['beside a longer name', 'A="--network-plugin-mtu=9 --network-plugin=cni"\n', 'A="--network-plugin-mtu=9"\n'],
    [
      'beside a comment with the same',
      '# --network-plugin=cni\nA=--network-plugin=cni --b=c\n',
      '# --network-plugin=cni\nA=--b=c\n',
    ],
    ['with an empty value', 'A="--network-plugin= --v=2"\n', 'A="--v=2"\n'],
  ])('%s', (_, before, after) => {
    expect(withoutFlag(before, FLAG)).toBe(after);
  });

  test.each([
    ['not there', 'A="--v=2"\n', []],
    ['only a longer name', 'A="--network-plugin-mtu=9"\n', []],
    ['only in a comment', '#A="--network-plugin=cni"\n', []],
  ])('%s: nothing is found', (_, text, found) => {
    expect(findFlag(text, FLAG)).toEqual(found);
    expect(withoutFlag(text, FLAG)).toBeUndefined();
  });

  test.each([
    ['within other quotes', `A="--x='--network-plugin=cni'"\n`],
    ['within a quoted part', `A="--x='a --network-plugin=cni b'"\n`],
    ['with a quoted value', `A=--network-plugin="cni" --v=2\n`],
    ['with a variable for value', 'A="--network-plugin=$PLUGIN"\n'],
    ['without a value', 'A="--network-plugin --v=2"\n'],
    ['without a value at the end', 'A="--network-plugin"\n'],
    ['in a line that goes on', 'A="--v=2 \\\n  --network-plugin=cni"\n'],
    ['in no setting at all', '--network-plugin=cni\n'],
  ])('%s: it is not edited', (_, text) => {
    expect(findFlag(text, FLAG)).toEqual(expect.stringMatching(/^--network-plugin stands /));
    expect(withoutFlag(text, FLAG)).toBeUndefined();
  });

  test('there twice: both are told, neither is taken out', () => {
    const text = 'A="--network-plugin=a --network-plugin=b"\n';
    expect(findFlag(text, FLAG)).toMatchObject([{ text: '--network-plugin=a' }, { text: '--network-plugin=b' }]);
    expect(withoutFlag(text, FLAG)).toBeUndefined();
  });
});

describe('a flag is put in', () => {
  test.each([
    ['kubeadm', 'KUBELET_KUBEADM_ARGS="--v=2"\n', 'KUBELET_KUBEADM_ARGS="--v=2 --network-plugin=cni"\n'],
    ['empty', 'KUBELET_EXTRA_ARGS=\n', 'KUBELET_EXTRA_ARGS=--network-plugin=cni\n'],
    ['empty quotes', 'KUBELET_EXTRA_ARGS=""\n', 'KUBELET_EXTRA_ARGS="--network-plugin=cni"\n'],
    ['of another', 'HTTP_PROXY=x\n', undefined],
  ])('%s', (_, before, after) => {
    expect(withFlag(before, '--network-plugin=cni')).toBe(after);
  });
});

test('only flags that no kubelet knows any more can be dropped', () => {
  expect(REMOVED_FLAGS).toContain('--pod-infra-container-image');
  expect(REMOVED_FLAGS.filter((flag) => /fail-swap|config|kubeconfig|node-ip|runtime-endpoint/.test(flag))).toEqual([]);
});
