/** What the demo plays, and what must come of it: the incident as its engineers found it out in the end, and its repair. */

/** Somebody types a question. */
export interface AskAct {
  readonly kind: 'ask';
  readonly name: string;
  readonly title: string;
  /** Without `/k8s`; undefined: the stage's own question. */
  readonly question?: string;
  readonly verdict: string;
  /** `rule Kind/name`, sorted. */
  readonly causes: readonly string[];
}

/** Somebody proposes a fix under the last answer, and people press *Approve*. */
export interface FixAct {
  readonly kind: 'fix';
  readonly name: string;
  readonly title: string;
  readonly remediation: string;
  /** Who presses *Approve*, in this order; only the last may. */
  readonly approvers: readonly ('gil' | 'wsg' | 'alice')[];
  readonly state: string;
  readonly refusedClicks: number;
}

export type Act = AskAct | FixAct;

/** One stage of the incident. In a living one, writes and steps have consequences. */
export interface Stage {
  readonly number: 1 | 2 | 3 | 4;
  readonly living: boolean;
  readonly acts: readonly Act[];
}

const MATER1 = 'calico-node-ip-mismatch Node/k8smater1';
const CEPHNODE = 'calico-node-ip-mismatch Node/k8scephnode';

export const SCRIPT: readonly Stage[] = [
  {
    number: 1,
    living: true,
    acts: [
      { kind: 'ask', name: 'stage-1', title: 'the question', verdict: 'cause-found', causes: [MATER1] },
      {
        kind: 'fix',
        name: 'stage-1-fix',
        title: 'a fix is proposed, and refused: one node’s NICs are not known',
        remediation: 'set-calico-ip-autodetection',
        approvers: [],
        state: 'refused',
        refusedClicks: 0,
      },
    ],
  },
  {
    number: 2,
    living: true,
    acts: [
      {
        kind: 'ask',
        name: 'stage-2',
        title: 'the question',
        verdict: 'cause-found',
        causes: ['kubelet-swap-on Node/k8scephnode'],
      },
      {
        kind: 'fix',
        name: 'stage-2-swap-off',
        title: 'the repair, first swap',
        remediation: 'turn-swap-off',
        approvers: ['alice'],
        state: 'verified',
        refusedClicks: 0,
      },
      {
        kind: 'fix',
        name: 'stage-2-keep-swap-off',
        title: 'and swap stays off',
        remediation: 'keep-swap-off',
        approvers: ['alice'],
        state: 'verified',
        refusedClicks: 0,
      },
      {
        kind: 'ask',
        name: 'stage-2-question',
        title: 'the node is back; what about the NodePort?',
        question: 'why-not-reachable 30080',
        verdict: 'cause-found',
        causes: [CEPHNODE, MATER1],
      },
      {
        kind: 'fix',
        name: 'stage-2-calico',
        title: 'the repair, then Calico: a guest may not approve, alice may',
        remediation: 'set-calico-ip-autodetection',
        approvers: ['gil', 'alice'],
        state: 'verified',
        refusedClicks: 1,
      },
      {
        kind: 'ask',
        name: 'stage-2-after',
        title: 'asked again, about the other port',
        question: 'why-not-reachable 30945',
        verdict: 'no-fault-found',
        causes: [],
      },
    ],
  },
  {
    number: 3,
    living: false,
    acts: [{ kind: 'ask', name: 'stage-3', title: 'the question', verdict: 'cause-found', causes: [MATER1] }],
  },
  {
    number: 4,
    living: false,
    acts: [{ kind: 'ask', name: 'stage-4', title: 'the question', verdict: 'no-fault-found', causes: [] }],
  },
];
