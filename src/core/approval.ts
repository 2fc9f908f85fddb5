/** The life of a fix as one table: which state follows which, by which event, and whose hand may write it. */
import { z } from 'zod';
import type { Role } from './signing.ts';

export const FIX_STATES = [
  'planning',
  'shown',
  'refused',
  'drafted',
  'proposed',
  'approved',
  'denied',
  'expired',
  'withdrawn',
  'void',
  'applying',
  'verifying',
  'verified',
  'not-verified',
  'failed',
  'unknown',
  'undone',
] as const;
export const FixState = z.enum(FIX_STATES);
export type FixState = z.infer<typeof FixState>;

/** One line of the table. */
export interface Transition {
  readonly from: FixState;
  readonly event: FixEvent;
  readonly to: FixState;
  /** The only role that may write it. */
  readonly by: Role;
}

export type FixEvent =
  | 'draft'
  | 'show'
  | 'refuse'
  | 'propose'
  | 'agree'
  | 'approve'
  | 'deny'
  | 'withdraw'
  | 'expire'
  | 'void'
  | 'begin'
  | 'step'
  | 'applied'
  | 'fail'
  | 'lose'
  | 'look'
  | 'verify'
  | 'refute'
  | 'undo';

/** Every transition there is. What is not here cannot happen. */
export const TRANSITIONS: readonly Transition[] = [
  // A plan is made: by the worker from fresh evidence, then by the remediator's dry run.
  { from: 'planning', event: 'draft', to: 'drafted', by: 'worker' },
  { from: 'planning', event: 'show', to: 'shown', by: 'worker' },
  { from: 'planning', event: 'refuse', to: 'refused', by: 'worker' },
  { from: 'planning', event: 'expire', to: 'expired', by: 'worker' },
  { from: 'drafted', event: 'refuse', to: 'refused', by: 'remediator' },
  { from: 'drafted', event: 'propose', to: 'proposed', by: 'remediator' },
  { from: 'drafted', event: 'expire', to: 'expired', by: 'worker' },
  // People decide. `agree` is one of several approvals that the policy asks for, `approve` the last of them.
  { from: 'proposed', event: 'agree', to: 'proposed', by: 'bot' },
  { from: 'proposed', event: 'approve', to: 'approved', by: 'bot' },
  { from: 'proposed', event: 'deny', to: 'denied', by: 'bot' },
  { from: 'proposed', event: 'withdraw', to: 'withdrawn', by: 'bot' },
  { from: 'proposed', event: 'expire', to: 'expired', by: 'worker' },
  // The remediator carries it out, exactly or not at all.
  { from: 'approved', event: 'void', to: 'void', by: 'remediator' },
  { from: 'approved', event: 'expire', to: 'expired', by: 'worker' },
  { from: 'approved', event: 'begin', to: 'applying', by: 'remediator' },
  { from: 'applying', event: 'step', to: 'applying', by: 'remediator' },
  { from: 'applying', event: 'void', to: 'void', by: 'remediator' },
  { from: 'applying', event: 'applied', to: 'verifying', by: 'remediator' },
  { from: 'applying', event: 'fail', to: 'failed', by: 'remediator' },
  { from: 'applying', event: 'lose', to: 'unknown', by: 'remediator' },
  // The worker looks again, and says what it saw.
  { from: 'verifying', event: 'look', to: 'verifying', by: 'worker' },
  { from: 'verifying', event: 'verify', to: 'verified', by: 'worker' },
  { from: 'verifying', event: 'refute', to: 'not-verified', by: 'worker' },
  { from: 'verifying', event: 'lose', to: 'unknown', by: 'worker' },
  // An undo is a fix of its own; where it is verified, what it took back is undone.
  { from: 'verified', event: 'undo', to: 'undone', by: 'worker' },
  { from: 'not-verified', event: 'undo', to: 'undone', by: 'worker' },
  { from: 'failed', event: 'undo', to: 'undone', by: 'worker' },
  { from: 'unknown', event: 'undo', to: 'undone', by: 'worker' },
];

/** Gives the transition, or undefined where the table has none for this role. */
export function transition(from: FixState, event: FixEvent, by: Role): Transition | undefined {
  return TRANSITIONS.find((line) => line.from === from && line.event === event && line.by === by);
}

/** True where a record in this state may carry this role's signature: somebody it was led to by the table. */
export function mayHaveWritten(role: Role, state: FixState): boolean {
  // A fix begins with the press of a button.
  if (state === 'planning') return role === 'bot';
  return TRANSITIONS.some((line) => line.to === state && line.by === role);
}

/** States from which nothing happens by itself any more. */
export function isOver(state: FixState): boolean {
  return !['planning', 'drafted', 'proposed', 'approved', 'applying', 'verifying'].includes(state);
}

/** States that an undo can be asked for in: something was changed, or may have been. */
export function canBeUndone(state: FixState): boolean {
  return TRANSITIONS.some((line) => line.from === state && line.event === 'undo');
}
