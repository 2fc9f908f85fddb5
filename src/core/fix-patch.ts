/** What a process may change of a fix: the fields beside state, revision and history, which the store keeps by itself. */
import type { FixRecord } from './fix.ts';

/** Fields that are set once, when the button is pressed. */
type Set = 'mode' | 'showWhy' | 'rule' | 'object' | 'params' | 'place';
type Grown = 'draft' | 'plan' | 'approvals' | 'denial' | 'progress' | 'verification' | 'reason' | 'audit' | 'undoneBy';

/** With a change of state; `undefined` takes an optional field away. */
export type FixPatch = { readonly [K in Set | Grown]?: FixRecord[K] | undefined };

/** Without one: what is noted on a fix whose state stays. */
export type FixNote = { readonly [K in 'place' | 'undoneBy']?: FixRecord[K] };

/** A new fix as the bot begins it. */
export type FixSeed = Pick<
  FixRecord,
  | 'id'
  | 'mode'
  | 'showWhy'
  | 'cluster'
  | 'diagnosis'
  | 'question'
  | 'rule'
  | 'object'
  | 'remediation'
  | 'params'
  | 'place'
  | 'language'
  | 'requestedBy'
  | 'requestedAt'
  | 'undoOf'
  | 'audit'
>;
