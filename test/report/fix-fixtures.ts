/** Records of a made-up fix in each state, and the sentences of a made-up remediation. */
import type { FixState } from '../../src/core/approval.ts';
import type { FixRecord, Plan } from '../../src/core/fix.ts';
import { nodeRef } from '../../src/core/object-ref.ts';
import { parseQuestion } from '../../src/core/parse-question.ts';
import type { Draft, PlanStep } from '../../src/core/remediation.ts';
import { remediationCatalogue } from '../../src/report/fix/line-text.ts';

export const AT = '2026-11-25T01:00:00.000Z';
const HASH = '9f3c'.repeat(16);

export const fixCatalogue = remediationCatalogue([
  {
    id: 'mend-node',
    summary: 'Mends a node.',
    texts: {
      title: 'Turn swap off on {node}.',
      off: 'Turn the swap device {device} off on {node}',
      patch: 'Set {name} of the DaemonSet to {value}',
      wait: 'Wait until {node} is Ready',
      hand: 'Tell the owners of the machine',
      blast: '{node} only; Pods keep running.',
      before: 'Less than 0.8 of the free memory is swapped.',
      after: '{node} is Ready.',
      back: 'Turn {device} on again',
      noUndo: 'A restart cannot be taken back.',
    },
  },
]);

const node = 'k8scephnode';
const says = (text: string, data: Record<string, string> = {}) => ({ text, data });

export const draft: Draft = {
  remediation: 'mend-node',
  params: { node },
  object: nodeRef(node),
  title: says('title', { node }),
  steps: [
    {
      type: 'node',
      node,
      action: { step: 'swap-device', params: { device: '/dev/sda3', state: 'off' } },
      says: says('off', { device: '/dev/sda3', node }),
    },
    { type: 'manual', says: says('hand') },
    {
      type: 'api',
      verb: 'patch',
      patch: 'strategic',
      target: {
        group: 'apps',
        version: 'v1',
        resource: 'daemonsets',
        kind: 'DaemonSet',
        namespace: 'kube-system',
        name: 'calico-node',
      },
      body: { spec: {} },
      before: { uid: 'u1', digest: HASH },
      says: says('patch', { name: 'IP_AUTODETECTION_METHOD', value: 'interface=ens192' }),
    },
    { type: 'wait', until: { kind: 'node-ready', node }, seconds: 300, says: says('wait', { node }) },
  ],
  undo: [
    {
      type: 'node',
      node,
      action: { step: 'swap-device', params: { device: '/dev/sda3', state: 'on' } },
      says: says('back', { device: '/dev/sda3' }),
    },
  ],
  nodes: [node],
  blast: [says('blast', { node })],
  checksBefore: [says('before')],
  checksAfter: [says('after', { node })],
  notes: [],
  rights: [],
  expect: {
    questions: [parseQuestion(['diagnose', `node/${node}`])],
    rule: 'kubelet-swap-on',
    object: nodeRef(node),
    nodes: [node],
    seconds: 300,
  },
};

export const plan: Plan = {
  version: 1,
  fix: 'fix-abcdefg1',
  cluster: 'prod',
  diagnosis: 'dx-7f3k2',
  draft,
  dryRun: [
    {
      index: 2,
      diff: [
        {
          path: 'spec.template.spec.containers[calico-node].env[IP_AUTODETECTION_METHOD]',
          before: 'first-found',
          after: 'interface=ens192',
        },
      ],
      warnings: [],
    },
  ],
  approvals: 2,
  requesterMayApprove: false,
  createdAt: AT,
  expiresAt: '2026-11-25T01:15:00.000Z',
};

const approval = (by: string) => ({
  claim: { fix: 'fix-abcdefg1', planHash: HASH, by, at: '2026-11-25T01:02:00.000Z' },
  signature: 'A'.repeat(86),
});

const base: FixRecord = {
  version: 1,
  id: 'fix-abcdefg1',
  rev: 3,
  state: 'planning',
  mode: 'propose',
  cluster: 'prod',
  diagnosis: 'dx-7f3k2',
  question: draft.expect.questions[0] as FixRecord['question'],
  rule: 'kubelet-swap-on',
  object: nodeRef(node),
  remediation: 'mend-node',
  params: { node },
  place: { channel: 'C0INCIDENT', threadTs: '1.1', rootTs: '1.1' },
  language: 'en',
  requestedBy: 'U0ASKER',
  requestedAt: AT,
  approvals: [],
  progress: [],
  audit: { seq: 41, hash: HASH },
  history: [{ rev: 1, at: AT, state: 'planning', by: 'U0ASKER' }],
  updatedAt: AT,
};

const done = { state: 'done', at: AT } as const;
const planned = { draft, plan: { plan, hash: HASH, signature: 'A'.repeat(86) } };
const approved = { ...planned, approvals: [approval('U0ALICE'), approval('U0BOB')] };
const applied = {
  ...approved,
  progress: [
    {
      index: 0,
      ...done,
      result: {
        outcome: 'changed' as const,
        says: 'Swap is off.',
        changes: [{ what: '/dev/sda3', before: 'on', after: 'off' }],
      },
    },
    { index: 2, ...done },
    { index: 3, ...done },
  ],
};
const seen = (result: 'ok' | 'wrong' | 'not-yet'): FixRecord['verification'] => ({
  startedAt: AT,
  lookedAt: AT,
  looks: 3,
  checks: [
    { says: says('verify.node-ready'), result: 'ok', node: 'k8smaster2' },
    result === 'ok'
      ? { says: says('verify.node-ready'), result, node }
      : { says: says('verify.node-not-ready', { says: 'kubelet stopped posting node status' }), result, node },
    result === 'ok'
      ? { says: says('verify.rule-silent', { rule: 'kubelet-swap-on', object: `Node/${node}` }), result }
      : { says: says('verify.rule-speaks', { says: 'Swap is on.' }), result },
  ],
  verdicts: [
    {
      question: base.question,
      verdict: result === 'ok' ? 'no-fault-found' : 'cause-found',
      summary: result === 'ok' ? 'No fault found in Node k8scephnode.' : 'Swap is on.',
    },
  ],
});

const BY_STATE: Readonly<Record<FixState, Partial<FixRecord>>> = {
  planning: {},
  drafted: { draft },
  shown: { mode: 'show', showWhy: 'no-policy', draft },
  refused: {
    reason: {
      code: 'fix.right-missing',
      data: { right: 'patch daemonsets', command: 'kubectl auth can-i' },
      manual: [says('hand')],
    },
  },
  proposed: { ...planned, approvals: [approval('U0ALICE')] },
  approved,
  denied: { ...planned, denial: { by: 'U0BOB', at: AT, reason: 'Not during the night.' } },
  expired: planned,
  withdrawn: { ...planned, history: [...base.history, { rev: 3, at: AT, state: 'withdrawn', by: 'U0ASKER' }] },
  void: { ...approved, reason: { code: 'fix.object-changed', data: { object: 'DaemonSet kube-system/calico-node' } } },
  applying: {
    ...approved,
    progress: [...applied.progress.slice(0, 1), { index: 2, state: 'running', at: AT }],
  },
  verifying: { ...applied, verification: seen('not-yet') },
  verified: { ...applied, verification: seen('ok') },
  'not-verified': {
    ...applied,
    verification: seen('wrong'),
    reason: { code: 'fix.still-wrong', data: { seconds: 300, count: 2 } },
  },
  failed: {
    ...approved,
    progress: [
      ...applied.progress.slice(0, 1),
      { index: 2, state: 'failed', at: AT, note: 'denied by admission webhook' },
    ],
    reason: { code: 'fix.write-refused', data: { object: 'DaemonSet kube-system/calico-node', why: 'denied' } },
  },
  unknown: {
    ...approved,
    progress: [{ index: 0, state: 'unknown', at: AT }],
    reason: { code: 'fix.node-unknown', data: { node, why: 'the connection broke' } },
  },
  undone: { ...applied, verification: seen('ok'), undoneBy: 'fix-undo1234' },
};

/** A record in a state, as the real road would leave it. */
export function fixIn(state: FixState, more: Partial<FixRecord> = {}): FixRecord {
  return { ...base, ...BY_STATE[state], state, ...more };
}

/** The record with every word that comes from outside replaced. */
export function hostileFix(state: FixState, text: string): FixRecord {
  const record = fixIn(state);
  const spoil = (step: PlanStep): PlanStep => ({
    ...step,
    says: { ...step.says, data: { node: text, device: text, name: text, value: text }, command: text },
  });
  const bad: Draft = {
    ...draft,
    title: says('title', { node: text }),
    steps: draft.steps.map(spoil),
    undo: draft.undo.map(spoil),
    blast: Array.from({ length: 40 }, () => says('blast', { node: text })),
    checksAfter: [says('after', { node: text }), says('no-such-text', { what: text })],
  };
  const lines = Array.from({ length: 200 }, (_, i) => ({ path: `${text}${i}`, before: text, after: text.repeat(3) }));
  return {
    ...record,
    cluster: text.slice(0, 253),
    remediation: 'mend-node',
    ...(record.draft === undefined ? {} : { draft: bad }),
    ...(record.plan === undefined
      ? {}
      : {
          plan: {
            ...record.plan,
            plan: { ...plan, draft: bad, dryRun: [{ index: 2, diff: lines, warnings: [text] }] },
          },
        }),
    ...(record.denial === undefined ? {} : { denial: { ...record.denial, reason: text.repeat(20).slice(0, 1000) } }),
    progress: record.progress.map((one) => ({ ...one, note: text.slice(0, 500) })),
    ...(record.reason === undefined
      ? {}
      : {
          reason: {
            code: 'nobody-knows',
            data: { why: text.repeat(10).slice(0, 2000) },
            manual: [{ ...says(text.slice(0, 80)), command: text }],
          },
        }),
    ...(record.verification === undefined
      ? {}
      : {
          verification: {
            ...record.verification,
            checks: Array.from({ length: 300 }, () => ({
              says: says('nothing', { what: text }),
              result: 'wrong' as const,
              node: text,
            })),
            verdicts: record.verification.verdicts.map((one) => ({ ...one, summary: text.slice(0, 600) })),
          },
        }),
  };
}
