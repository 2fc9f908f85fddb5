/** The keys that every language fills for fixes, and the lookup of them. */
import type { TextData } from '../../../core/finding.ts';
import type { Language } from '../../../core/jobs.ts';
import { fillIn } from '../index.ts';
import * as en from './en.ts';
import { SENTENCES } from './sentences.ts';
import * as zh from './zh-cn.ts';

export type FixWordKey = keyof typeof en.fixWords;
export type FixWords = Readonly<Record<FixWordKey, string>>;

const WORDS: Readonly<Record<Language, FixWords>> = { en: en.fixWords, 'zh-cn': zh.fixWords };

/** Gives the unfilled template of one of the report's own sentences about fixes. */
export function fixTemplate(language: Language, key: FixWordKey): string {
  return WORDS[language][key];
}

/** Gives one of the report's own sentences about fixes. @throws Error where its data has a hole. */
export function fixWord(language: Language, key: FixWordKey, data: TextData = {}): string {
  return fillIn(language, WORDS[language][key], data, `fix word ${key}`);
}

/** Gives the sentence of a reason or of a check that no remediation has of its own; undefined where there is none. */
export function sharedSentence(language: Language, code: string): string | undefined {
  return Object.hasOwn(SENTENCES, code) ? SENTENCES[code]?.[language] : undefined;
}
