/** The door to all languages: words, kinds of evidence, errors and rule sentences by language. */

import type { UserError } from '../../core/errors.ts';
import type { EvidenceKind } from '../../core/evidence/kinds.ts';
import type { TextData } from '../../core/finding.ts';
import type { Language } from '../../core/jobs.ts';
import { fill } from '../fill.ts';
import { visible } from '../visible.ts';
import * as en from './en.ts';
import type { ErrorWords, EvidenceWords, RuleWords, WordKey, Words } from './words.ts';
import { rules as zhRules } from './zh-cn/rules/index.ts';
import * as zh from './zh-cn.ts';

interface Dictionary {
  readonly words: Words;
  readonly evidenceWords: EvidenceWords;
  readonly errors: ErrorWords;
  /** English stands in the rules themselves. */
  readonly rules: RuleWords;
}

const DICTIONARIES: Readonly<Record<Language, Dictionary>> = {
  en: { ...en, rules: {} },
  'zh-cn': { ...zh, rules: zhRules },
};

/** Gives one of the report's own sentences. @throws Error where its data has a hole. */
export function word(language: Language, key: WordKey, data: TextData = {}): string {
  return fillIn(language, DICTIONARIES[language].words[key], data, `word ${key}`);
}

/** Gives what people call a kind of evidence. */
export function evidenceWord(language: Language, kind: EvidenceKind): string {
  return DICTIONARIES[language].evidenceWords[kind];
}

/** Gives the translation of a rule's sentence (`_summary`: of its summary), undefined where there is none (English). */
export function ruleWord(language: Language, rule: string, text: string): string | undefined {
  const texts = DICTIONARIES[language].rules[rule];
  return texts !== undefined && Object.hasOwn(texts, text) ? texts[text] : undefined;
}

/** Fills any sentence in the manner of a language. @throws Error where its data has a hole, naming `where`. */
export function fillIn(language: Language, template: string, data: TextData, where: string): string {
  const more = (count: number) => DICTIONARIES[language].words.more.replace('{count}', String(count));
  return fill(template, data, where, more);
}

/**
 * Gives the sentence of an error by its code; undefined for an unknown code or data that does not fill it.
 * Plain text: whoever posts it to Slack passes it through `mrkdwn`.
 */
export function sentence(language: Language, code: string, data: TextData): string | undefined {
  const { errors } = DICTIONARIES[language];
  if (!Object.hasOwn(errors, code)) return undefined;
  try {
    return fillIn(language, errors[code as keyof ErrorWords], data, `error ${code}`);
  } catch {
    return undefined;
  }
}

/** Gives an error for its reader: in their language where the code is known, else its own English message. */
export function errorSentence(language: Language, error: UserError): string {
  return sentence(language, error.code, error.data) ?? visible(error.message);
}
