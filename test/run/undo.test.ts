/** The undo of a fix: what is taken back, what is left alone, and when it is refused. */
import { describe, expect, test } from 'vitest';
import { ApiObject, type ObjectRead } from '../../src/core/api-object.ts';
import type { FixState } from '../../src/core/approval.ts';
import type { FixRecord, StepProgress } from '../../src/core/fix.ts';
import { stateOf } from '../../src/core/object-state.ts';
import { type Draft } from '../../src/core/remediation.ts';
import { planUndo, type UndoOutcome, undoTargets } from '../../src/run/undo.ts';
import { CALICO, calicoStep, draftOf, METHOD, swapStep } from '../support/drafts.ts';
import { planOf, seedOf } from '../support/fixes.ts';

/** The DaemonSet with or without the method, as somebody wrote it last. */
const daemonSet = (value: string | undefined, manager = 'kubewhy', note?: string): ApiObject =>
  ApiObject.parse({
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: {
      name: 'calico-node',
      namespace: 'kube-system',
      uid: 'u1',
      resourceVersion: '7',
      ...(note === undefined ? {} : { annotations: { note } }),
      managedFields: [
        { manager: 'kubelet', time: '2026-11-25T03:00:00Z', subresource: 'status' },
        { manager, time: '2026-11-25T02:00:00Z' },
      ],
    },
    spec: {
      template: {
        spec: {
          containers: [
            {
              name: 'calico-node',
              env: value === undefined ? [] : [{ name: 'IP_AUTODETECTION_METHOD', value }],
            },
          ],
        },
      },
    },
  });

const BEFORE = daemonSet(undefined);
const AFTER = daemonSet(METHOD);
const change = { ...calicoStep(), before: stateOf(BEFORE) };
const back = {
  ...calicoStep(),
  before: stateOf(AFTER),
  body: {
    spec: {
      template: {
        spec: { containers: [{ name: 'calico-node', env: [{ name: 'IP_AUTODETECTION_METHOD', $patch: 'delete' }] }] },
      },
    },
  },
};
const DRAFT = draftOf({ steps: [change, swapStep('off')], undo: [swapStep('on'), back] });

function first(
  progress: readonly Partial<StepProgress>[],
  state: FixState = 'verified',
  draft: Draft = DRAFT,
): FixRecord {
  const plan = planOf({ draft });
  const at = '2026-11-25T01:10:00.000Z';
  return {
    ...seedOf(),
    version: 1,
    rev: 9,
    state,
    plan: { plan, hash: '0'.repeat(64), signature: 'A'.repeat(86) },
    approvals: [],
    progress: progress.map((one, index) => ({ index, at, state: 'done', ...one })),
    history: [],
    updatedAt: at,
  };
}

const undo = (record: FixRecord, live?: ApiObject): UndoOutcome =>
  planUndo(record, (): ObjectRead => (live === undefined ? { status: 'absent' } : { status: 'read', object: live }));
const kept = (outcome: UndoOutcome): string[] =>
  outcome.status === 'refused' ? [outcome.reason.code] : outcome.draft.steps.map((step) => step.type);
const DONE = { after: stateOf(AFTER) };
const changed = { outcome: 'changed' as const, says: '', changes: [] };
const ALREADY = { state: 'already' as const, result: { ...changed, outcome: 'already' as const } };

describe('what is taken back', () => {
  test.each<[string, readonly Partial<StepProgress>[], ApiObject, string[]]>([
    ['everything that was done', [DONE, { result: changed }], AFTER, ['node', 'api']],
    ['not what was so already', [DONE, ALREADY], AFTER, ['api']],
    ['not what was never begun', [DONE], AFTER, ['api']],
    ['not what the server refused', [{ state: 'failed' }, { result: changed }], BEFORE, ['node']],
    ['what may have happened on a node', [DONE, { state: 'unknown' }], AFTER, ['node', 'api']],
    [
      'a step that failed half way',
      [
        DONE,
        { state: 'failed', result: { ...changed, outcome: 'failed', changes: [{ what: 'x', before: '', after: '' }] } },
      ],
      AFTER,
      ['node', 'api'],
    ],
    ['a write of which nobody knew, and which was carried out', [{ state: 'unknown' }], AFTER, ['api']],
    ['nothing where nothing was changed', [{ state: 'unknown' }], BEFORE, ['fix.undo-nothing']],
  ])('%s', (_, progress, live, expected) => {
    expect(kept(undo(first(progress, 'failed'), live))).toEqual(expected);
  });

  test('on exactly the object that the fix left, with no undo of its own', () => {
    const outcome = undo(first([DONE, ALREADY]), AFTER);
    if (outcome.status !== 'draft') throw new Error(outcome.reason.code);
    expect(outcome.draft.steps).toEqual([{ ...back, before: stateOf(AFTER) }]);
    expect(outcome.draft.undo).toEqual([]);
    // What the fix said of itself is not said of its way back.
    expect(outcome.draft.blast).toEqual([
      { text: 'undo.blast-nodes', data: { nodes: DRAFT.nodes, count: DRAFT.nodes.length } },
    ]);
    expect(outcome.draft.noUndo?.text).toBe('undo.not-again');
    expect(undoTargets(first([]))).toEqual([CALICO]);
  });
});

describe('refused', () => {
  test.each<[string, FixRecord, ApiObject | undefined, object]>([
    [
      'changed since, and by whom',
      first([DONE]),
      daemonSet('interface=eth1', 'kubectl-edit'),
      {
        code: 'fix.undo-changed-by',
        data: { object: 'DaemonSet kube-system/calico-node', by: 'kubectl-edit', at: '2026-11-25T02:00:00Z' },
      },
    ],
    [
      'changed elsewhere in the same object',
      first([DONE]),
      daemonSet(METHOD, 'helm', 'x'),
      { code: 'fix.undo-changed-by' },
    ],
    ['the object is gone', first([DONE]), undefined, { code: 'fix.object-gone' }],
    [
      'another outcome than the fix knows',
      first([{ state: 'unknown' }]),
      daemonSet('first-found'),
      { code: 'fix.undo-changed-by' },
    ],
    ['still being applied', first([DONE], 'applying'), AFTER, { code: 'fix.undo-not-now' }],
    ['undone already', first([DONE], 'undone'), AFTER, { code: 'fix.undo-not-now' }],
    ['no way back', first([DONE], 'verified', { ...DRAFT, undo: [] }), AFTER, { code: 'fix.undo-none' }],
  ])('%s', (_, record, live, reason) => {
    expect(undo(record, live)).toMatchObject({ status: 'refused', reason });
  });
});
