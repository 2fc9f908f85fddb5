/** What the played worker and remediator may do next, and what they write: plans, policies, cards. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FixEvent } from '../../src/core/approval.ts';
import type { FixRecord, Plan } from '../../src/core/fix.ts';
import type { Role } from '../../src/core/signing.ts';
import type { SlackWorkspace } from '../../src/sandbox/slack/workspace-types.ts';
import type { Fix, Policy } from './fix-clicks-model.ts';
import { button } from './fix-stage.ts';
import { planOf } from './fixes.ts';

/** Who is in the channel; the policy names `one`, and `two` by their group. */
export const CAST = {
  requester: 'member',
  one: 'member',
  two: 'member',
  carol: 'member',
  guest: 'guest',
  stranger: 'external',
  leaver: 'member',
  robot: 'bot',
} as const;

export interface Move {
  readonly role: Role;
  readonly event: FixEvent;
  /** Another fix than the one that moves. */
  readonly of?: Fix;
}

/** The moves of a state, likely ones several times. `undoes`: what this fix takes back. */
export function movesOf(
  { state, mode }: Fix,
  { late, undoes }: { readonly late: boolean; readonly undoes: Fix | undefined },
): readonly Move[] {
  const by = (role: Role, ...events: readonly FixEvent[]): Move[] => events.map((event) => ({ role, event }));
  const expire = late ? by('worker', 'expire') : [];
  switch (state) {
    case 'planning':
      if (mode === 'show') return by('worker', 'show', 'refuse');
      return by('worker', 'draft', 'draft', 'draft', 'draft', 'draft', 'refuse');
    case 'drafted':
      return by('remediator', 'propose', 'propose', 'propose', 'propose', 'propose', 'refuse');
    case 'proposed':
      return expire;
    case 'approved':
      return [...by('remediator', 'begin', 'begin', 'begin', 'void'), ...expire];
    case 'applying':
      return by('remediator', 'step', 'applied', 'applied', 'applied', 'fail', 'lose', 'void');
    case 'verifying':
      return by('worker', 'look', 'verify', 'verify', 'verify', 'refute', 'lose');
    case 'verified':
      return mode === 'undo' && undoes !== undefined ? [{ role: 'worker', event: 'undo', of: undoes }] : [];
    default:
      return [];
  }
}

/** A plan as the policy of now makes it; `life` in milliseconds, below zero for one that is too late already. */
export function planFor({ id, mode, object }: Fix, { approvals, requesterMay }: Policy, life: number): Plan {
  const { draft } = planOf();
  const now = Date.now();
  return planOf({
    fix: id,
    approvals,
    requesterMayApprove: requesterMay,
    draft: { ...draft, object: { kind: 'Node', name: object }, undo: mode === 'undo' ? [] : draft.undo },
    createdAt: new Date(now - 2000).toISOString(),
    expiresAt: new Date(now + life).toISOString(),
  });
}

/** Moves that few states have; who tries one in another state is refused. */
export const FAR_MOVES: readonly (readonly [FixEvent, string])[] = [
  ['approve', 'approved'],
  ['begin', 'applying'],
  ['verify', 'verified'],
  ['propose', 'proposed'],
  ['undo', 'undone'],
];

/** Buttons whose values nobody of ours has made. */
export function forgedButtons(): object[] {
  return [
    button('fix_approve:1', ' '),
    button('fix_withdraw:2', 'fix-zzzzzzzzzz'),
    button('fix_undo:3', 'of-9999999999'),
    button('fix_propose:4', 'fix-aaaaaaa/../x'),
    button('fix_plan:5', '{"fix":"fix-1"}'),
    button('fix_approve:6', 'x'.repeat(1999)),
  ];
}

interface Named {
  readonly one: string;
  readonly requester: string;
  readonly everybody: readonly string[];
}

/** What is changed in the policy from time to time; mostly it is put right again. */
export function policyChanges({ one, requester, everybody }: Named): readonly Partial<Policy>[] {
  return [
    {},
    {},
    {},
    { approvals: 2 },
    { approvals: 2 },
    { requesterMay: true, users: [one, requester] },
    { users: [] },
    { users: everybody },
    { file: 'broken' },
    { file: 'none' },
    { frozen: true },
    { frozen: true },
  ];
}

export function policyText({ file, users, group, approvals, requesterMay, frozen }: Policy): string {
  if (file === 'broken') return 'version: 1\nrules: [}\n';
  const remediation = file === 'none' ? 'delete-pod' : 'turn-swap-off';
  const lines = [
    'version: 1',
    'rules:',
    `  - remediations: [${remediation}]`,
    `    approvers: { users: [${users.join(', ')}], groups: [${group ?? ''}] }`,
    `    approvals: ${approvals}`,
    `    requesterMayApprove: ${requesterMay}`,
    ...(frozen
      ? ['freezes:', '  - { from: "2020-01-01T00:00:00Z", until: "2099-01-01T00:00:00Z", reason: stop }']
      : []),
  ];
  return `${lines.join('\n')}\n`;
}

export const pause = (): Promise<void> => sleep(2);

export function planOfRecord({ plan }: FixRecord): Fix['plan'] {
  if (plan === undefined) return undefined;
  const { approvals, requesterMayApprove, expiresAt, draft } = plan.plan;
  return { approvals, requesterMay: requesterMayApprove, expires: Date.parse(expiresAt), undo: draft.undo.length };
}

export function approvalsOf({ approvals }: FixRecord): Fix['approvals'] {
  return approvals.map(({ claim }) => ({ by: claim.by, via: claim.via }));
}

export function actionsOf(blocks: readonly object[]): string[] {
  const elements = blocks.flatMap((block) => (block as { elements?: object[] }).elements ?? []);
  return elements.flatMap((element) => (element as { action_id?: string }).action_id ?? []);
}

/** Edits a message as the bot does. */
export async function updateMessage(
  { apiUrl, botToken }: Pick<SlackWorkspace, 'apiUrl' | 'botToken'>,
  body: object,
): Promise<{ readonly ok: boolean; readonly error?: string }> {
  const response = await fetch(`${apiUrl}chat.update`, {
    method: 'POST',
    headers: { 'content-type': 'application/json; charset=utf-8', authorization: `Bearer ${botToken}` },
    body: JSON.stringify(body),
  });
  return (await response.json()) as { ok: boolean; error?: string };
}
