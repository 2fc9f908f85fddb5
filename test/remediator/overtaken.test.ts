/** Which fix makes another one's plan stale: what both touch decides. */
import { expect, test } from 'vitest';
import { overlap } from '../../src/remediator/overtaken.ts';

const on = (kind: string, name: string, nodes: string[] = [], namespace?: string) => ({
  object: { kind, name, ...(namespace === undefined ? {} : { namespace }) },
  nodes,
});
const calico = on('DaemonSet', 'calico-node', ['a', 'b', 'c'], 'kube-system');

test.each([
  ['the same object', on('Deployment', 'web', [], 'shop'), on('Deployment', 'web', [], 'shop'), true],
  ['swap on a node, and a DaemonSet whose Pods restart there', on('Node', 'c', ['c']), calico, true],
  ['two nodes', on('Node', 'a', ['a']), on('Node', 'b', ['b']), false],
  [
    'Deployments of one name in two namespaces',
    on('Deployment', 'web', [], 'shop'),
    on('Deployment', 'web', [], 'x'),
    false,
  ],
  ['a Service and a node', on('Service', 'web', [], 'shop'), on('Node', 'a', ['a']), false],
])('%s', (_name, a, b, both) => {
  expect(overlap(a, b)).toBe(both);
  expect(overlap(b, a)).toBe(both);
});
