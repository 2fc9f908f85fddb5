/** The keys that every language fills for fixes, and the lookup of them. */
import type { TextData } from '../../../core/finding.ts';
import { FIX_REASONS } from '../../../core/fix-reasons.ts';
import type { Language } from '../../../core/jobs.ts';
import { fillIn } from '../index.ts';
import * as en from './en.ts';
import { VERIFY_SENTENCES } from './verify.ts';
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

/** Gives the sentence of a reason (core/fix-reasons.ts), also for a check that has no sentence of its own; undefined where there is none. */
export function sharedSentence(language: Language, code: string): string | undefined {
  const known: Readonly<Record<string, { readonly en: string; readonly zh: string }>> = {
    ...FIX_REASONS,
    ...VERIFY_SENTENCES,
  };
  const id = [code, `fix.${code}`].find((one) => Object.hasOwn(known, one));
  return id === undefined ? undefined : known[id]?.[language === 'en' ? 'en' : 'zh'];
}
