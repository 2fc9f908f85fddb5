/** The door to all languages: words, kinds of evidence, errors and rule sentences by language. */

import type { UserError } from '../../core/errors.ts';
import type { EvidenceKind } from '../../core/evidence/kinds.ts';
import type { TextData } from '../../core/finding.ts';
import type { Language } from '../../core/jobs.ts';
import { fill } from '../fill.ts';
import { visible } from '../visible.ts';
import * as en from './en.ts';
import type { ErrorWords, EvidenceWords, RuleWords, WordKey, Words } from './words.ts';
import { errors as zhErrors } from './zh-cn/errors.ts';
import { rules as zhRules } from './zh-cn/rules/index.ts';
import { values as zhValues } from './zh-cn/values.ts';
import * as zh from './zh-cn.ts';

interface Dictionary {
  readonly words: Words;
  readonly evidenceWords: EvidenceWords;
  readonly errors: ErrorWords;
  /** English stands in the rules themselves. */
  readonly rules: RuleWords;
  /** Words that rules put into data, by the place's name: `result` → `timeout` → 超时. */
  readonly values: RuleWords;
}

const DICTIONARIES: Readonly<Record<Language, Dictionary>> = {
  en: { ...en, errors: {}, rules: {}, values: {} },
  'zh-cn': { ...zh, errors: zhErrors, rules: zhRules, values: zhValues },
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
  return own(own(DICTIONARIES[language].rules, rule) ?? {}, text);
}

/** Fills any sentence in the manner of a language. @throws Error where its data has a hole, naming `where`. */
export function fillIn(language: Language, template: string, data: TextData, where: string): string {
  const { words, values } = DICTIONARIES[language];
  return fill(template, data, where, {
    more: (count) => words.more.replace('{count}', String(count)),
    value: (name, value) => own(own(values, name) ?? {}, value) ?? value,
  });
}

function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

/**
 * Gives an error for its reader: in their language where its code is known there, else its own English message.
 * Plain text: whoever posts it to Slack passes it through `mrkdwn`.
 */
export function errorSentence(language: Language, error: UserError): string {
  const data = Object.fromEntries(Object.entries(error.data).filter(([, value]) => value !== ''));
  for (const template of own(DICTIONARIES[language].errors, error.code) ?? []) {
    try {
      return fillIn(language, template, data, `error ${error.code}`);
    } catch {
      // The next sentence may do with less.
    }
  }
  return visible(error.message);
}
