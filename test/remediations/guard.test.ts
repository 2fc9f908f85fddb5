import { describe, expect, test } from 'vitest';
import type { Draft, PlanStep } from '../../src/core/remediation.ts';
import { beyondDeclared } from '../../src/remediations/guard.ts';
import { REMEDIATIONS, remediationOf } from '../../src/remediations/index.ts';
import { draftOf } from '../run/support/fix-bench.ts';

const says = { text: 'says', data: {} };
const before = { uid: 'u', digest: '0'.repeat(64) };
const POD = { group: '', version: 'v1', resource: 'pods', kind: 'Pod', namespace: 'shop', name: 'web-1' };
const api = (over: object = {}, target: object = {}): PlanStep => ({
  type: 'api',
  verb: 'delete',
  target: { ...POD, ...target },
  before,
  says,
  ...over,
});
const swap: PlanStep = {
  type: 'node',
  node: 'n1',
  action: { step: 'swap-device', params: { device: '/dev/sda3', state: 'off' } },
  says,
};
const pod = { kind: 'Pod', namespace: 'shop', name: 'web-1' };
const node = { object: { kind: 'Node', name: 'n1' }, nodes: ['n1'] };

function beyond(id: string, steps: readonly PlanStep[], more: Partial<Draft>): string | undefined {
  const remediation = remediationOf(id);
  if (remediation === undefined) throw new Error(id);
  return beyondDeclared(draftOf(steps, more), remediation);
}

describe('what a remediation declares', () => {
  test.each<[string, string, readonly PlanStep[], Partial<Draft>]>([
    ['deletes the Pod that it names', 'delete-pod', [api()], { object: pod }],
    ['turns off swap of the node that it names', 'turn-swap-off', [swap], node],
    [
      'deletes a Pod of the namespace that its own rights name, while its object is the DaemonSet',
      'set-calico-ip-autodetection',
      [api({}, { namespace: 'kube-system', name: 'calico-node-x' })],
      { object: { kind: 'Installation', name: 'default' } },
    ],
  ])('%s', (_, id, steps, more) => {
    expect(beyond(id, steps, more)).toBeUndefined();
  });
});

describe('is refused', () => {
  test.each<[string, string, readonly PlanStep[], Partial<Draft>, string]>([
    ['another verb', 'cordon-node', [api()], { object: pod }, 'delete pods "web-1" in namespace shop'],
    ['another resource', 'delete-pod', [api({}, { resource: 'secrets' })], { object: pod }, 'delete secrets'],
    ['another group', 'delete-pod', [api({}, { group: 'x.io' })], { object: pod }, 'delete pods.x.io'],
    ['a subresource', 'delete-pod', [api({ subresource: 'eviction' })], { object: pod }, 'delete pods/eviction'],
    [
      'another object than the one that the policy was asked about',
      'delete-pod',
      [api({}, { namespace: 'kube-system' })],
      { object: pod },
      'delete pods "web-1" in namespace kube-system for Pod/shop/web-1',
    ],
    [
      'no grace period',
      'delete-pod',
      [api({ body: { gracePeriodSeconds: 0 } })],
      { object: pod },
      'options of its own',
    ],
    ['a second step', 'delete-pod', [api(), api({}, { name: 'web-2' })], { object: pod }, '"web-2"'],
    ['a step on a node', 'delete-pod', [swap], node, 'do swap-device on n1'],
    ['a step of another remediation', 'restart-kubelet', [swap], node, 'do swap-device on n1'],
    ['a node that is not counted', 'turn-swap-off', [swap], { ...node, nodes: [] }, 'do swap-device on n1'],
    [
      'another node than its object',
      'turn-swap-off',
      [swap],
      { object: { kind: 'Node', name: 'n2' }, nodes: ['n1'] },
      'for Node/n2',
    ],
  ])('%s', (_, id, steps, more, phrase) => {
    expect(beyond(id, steps, more)).toContain(phrase);
  });

  test('the same in the undo, which is approved with it', () => {
    expect(beyond('cordon-node', [swap], { ...node, steps: [], undo: [swap] })).toContain('do swap-device on n1');
  });

  test.each([
    { name: 'web-1/eviction' },
    { name: '..' },
    { name: 'web?x=1' },
    { name: 'a b' },
    { namespace: 'shop/services/web/proxy' },
    { version: 'v1/namespaces/shop/services/web/proxy' },
    { version: '' },
  ])('a path of %j', (target) => {
    expect(beyond('delete-pod', [api({}, target)], { object: pod })).toContain('which is no name');
  });

  test.each(['../secrets/x', 'n1/proxy'])('a wait for the node %s', (name) => {
    const wait: PlanStep = { type: 'wait', until: { kind: 'node-ready', node: name }, seconds: 5, says };
    expect(beyond('delete-pod', [api(), wait], { object: pod })).toContain('which is no name');
  });
});

test('steps on nodes are declared by those that read no more than nodes by the API, and by nobody else', () => {
  const having = REMEDIATIONS.filter(({ nodeSteps }) => nodeSteps !== undefined).map(({ id }) => id);
  expect(having).toEqual([
    'keep-swap-off',
    'remove-kubelet-flag',
    'restart-kubelet',
    'set-sysctl',
    'start-container-runtime',
    'start-kube-proxy',
    'turn-swap-off',
  ]);
});
