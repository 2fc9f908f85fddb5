/** The types that every language fills: the same keys as English, each kind of evidence, each error. */
import type { EvidenceKind } from '../../core/evidence/kinds.ts';
import type * as en from './en.ts';

export type WordKey = keyof typeof en.words;
export type Words = Readonly<Record<WordKey, string>>;
export type EvidenceWords = Readonly<Record<EvidenceKind, string>>;
/**
 * Sentences of errors in another language, by the code of the UserError; its English sentence stands where it is thrown.
 * The first one counts whose places the error's data fills.
 */
export type ErrorWords = Readonly<Record<string, readonly string[]>>;

/** Sentences of rules in another language: rule id → text id → sentence. `_summary` is the rule's summary. */
export type RuleWords = Readonly<Record<string, Readonly<Record<string, string>>>>;
