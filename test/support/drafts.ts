/** Hand-made plans for tests: a change of Calico's DaemonSet in the recorded incident, a step on a node. */

import { parseQuestion } from '../../src/core/parse-question.ts';
import type { Draft, PlanStep } from '../../src/core/remediation.ts';

export const CALICO = {
  group: 'apps',
  version: 'v1',
  resource: 'daemonsets',
  kind: 'DaemonSet',
  namespace: 'kube-system',
  name: 'calico-node',
} as const;
export const METHOD = 'can-reach=172.17.72.1';
const line = (text: string) => ({ text, data: {} });

/** Sets Calico's method in the DaemonSet. */
export function calicoStep(value = METHOD): Extract<PlanStep, { type: 'api' }> {
  const env = [{ name: 'IP_AUTODETECTION_METHOD', value }];
  return {
    type: 'api',
    verb: 'patch',
    patch: 'strategic',
    target: CALICO,
    body: { spec: { template: { spec: { containers: [{ name: 'calico-node', env }] } } } },
    before: { uid: 'u', digest: '0'.repeat(64) },
    says: line('change'),
  };
}

/** Turns a swap device off, or on again. */
export function swapStep(state: 'off' | 'on' = 'off'): Extract<PlanStep, { type: 'node' }> {
  const action = { step: 'swap-device' as const, params: { device: '/dev/sda3', state } };
  return { type: 'node', node: 'k8scephnode', action, says: line('swap') };
}

/** A plan for the cause of the incident, as set-calico-ip-autodetection makes it. */
export function draftOf(change: Partial<Draft> = {}): Draft {
  return {
    remediation: 'set-calico-ip-autodetection',
    params: {},
    object: { kind: 'DaemonSet', namespace: 'kube-system', name: 'calico-node' },
    title: line('title'),
    steps: [calicoStep()],
    undo: [{ ...calicoStep(), body: { spec: { paused: false } } }],
    nodes: ['k8smaster2', 'k8smater1'],
    blast: [],
    checksBefore: [],
    checksAfter: [],
    notes: [],
    rights: [],
    expect: {
      questions: [parseQuestion(['why-not-reachable', '30080']), parseQuestion(['why-not-reachable', '30945'])],
      rule: 'calico-node-ip-mismatch',
      object: { kind: 'Node', name: 'k8smater1' },
      nodes: ['k8smaster2', 'k8smater1'],
      seconds: 60,
    },
    ...change,
  };
}
