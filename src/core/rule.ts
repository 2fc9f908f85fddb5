/** The shape of a rule: pure judgement, evidence in, findings out. Everything about it is in one object. */
import type { EvidenceKind } from './evidence/kinds.ts';
import type { Facts } from './facts.ts';
import type { Cleared, Finding, Severity } from './finding.ts';
import type { Question } from './question.ts';

/** Sentences by id, `{name}` filled from data. English stands in the rule; other languages in report/languages. */
export type Texts = Readonly<Record<string, string>>;

/**
 * Says whether one finding explains another; `'likely'` where it fits and what lies between was not seen.
 * `proves`: the explained symptom follows with certainty, seen or not.
 */
export interface Link {
  readonly when: (cause: Finding, effect: Finding, facts: Facts) => boolean | 'likely';
  readonly proves?: boolean;
}

/** What a rule yields: the engine adds type and rule id. */
export type FindingDraft<T extends string> = Omit<Finding<T>, 'type' | 'rule' | 'severity'> & {
  readonly severity?: Severity;
};
export type ClearedDraft<T extends string> = Omit<Cleared<T>, 'type' | 'rule'>;

export interface Rule<T extends Texts = Texts> {
  /** The public name, kebab-case, the fault and not the symptom. */
  readonly id: string;
  readonly role: 'cause' | 'symptom';
  readonly severity: Severity;
  /** What the rule looks for, in one line, for people who browse the catalogue. */
  readonly summary: string;
  /** The kinds of evidence it reads; a test checks that it reads no other. */
  readonly needs: readonly EvidenceKind[];
  readonly texts: T;
  /** Which findings of other rules this one explains, by their rule's id. */
  readonly explains?: Readonly<Record<string, Link>>;
  /**
   * Symptoms only. Called without a finding: whether this rule decides such a question (its silence then means "well").
   * Called with one: whether that finding is what was asked about. Default for `diagnose`: the object is the target.
   */
  readonly answers?: (question: Question, finding?: Finding) => boolean;
  /** Pure and synchronous. Yields findings (`find`) and refuted explanations (`clear`); silence is an answer too. */
  readonly judge: (facts: Facts, say: Say<Extract<keyof T, string>>) => void;
}

/** How a rule speaks. */
export interface Say<T extends string> {
  find(draft: FindingDraft<T>): void;
  clear(draft: ClearedDraft<T>): void;
  /** The rule decides the question and could not: the verdict cannot be `no-fault-found`. */
  undecided(): void;
}

/** Declares a rule; the texts' ids are checked at compile time wherever the rule uses them. */
export function defineRule<const T extends Texts>(rule: Rule<T>): Rule<T> {
  return rule;
}
