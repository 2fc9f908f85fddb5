/** What the report needs to know of the rules: their sentences and summaries, by rule id. */
import type { TextData } from '../core/finding.ts';
import type { Language } from '../core/jobs.ts';
import type { Rule, Texts } from '../core/rule.ts';
import { firstSentence } from './fill.ts';
import { fillIn, ruleWord } from './languages/index.ts';

export interface CatalogueEntry {
  readonly texts: Texts;
  readonly summary: string;
}
export type Catalogue = ReadonlyMap<string, CatalogueEntry>;

/** Gives the catalogue of a list of rules. */
export function catalogueOf(rules: readonly Pick<Rule, 'id' | 'texts' | 'summary'>[]): Catalogue {
  return new Map(rules.map((rule) => [rule.id, { texts: rule.texts, summary: rule.summary }]));
}

/**
 * Gives what a rule says, in the language; in English where the translation is missing. `brief`: the first sentence only.
 * @throws Error on an unknown id or a hole.
 */
export function ruleSentence(
  catalogue: Catalogue,
  language: Language,
  said: { readonly rule: string; readonly text: string; readonly data: TextData },
  brief = false,
): string {
  const english = catalogue.get(said.rule)?.texts;
  const template = ruleWord(language, said.rule, said.text) ?? (english && own(english, said.text));
  const where = `rule ${said.rule}, text ${said.text}`;
  if (template === undefined) throw new Error(`${where}: the catalogue has no such sentence`);
  return fillIn(language, brief ? firstSentence(template) : template, said.data, where).trim();
}

/** Gives a rule's summary in the language; its id where the catalogue does not know it. */
export function ruleSummary(catalogue: Catalogue, language: Language, rule: string): string {
  return ruleWord(language, rule, '_summary') ?? catalogue.get(rule)?.summary ?? rule;
}

/** Gives what a language lacks and what it has too much, as `rule/text`; empty for English. For tests. */
export function untranslated(catalogue: Catalogue, language: Language): string[] {
  if (language === 'en') return [];
  const missing: string[] = [];
  for (const [rule, entry] of catalogue) {
    for (const text of ['_summary', ...Object.keys(entry.texts)]) {
      if (ruleWord(language, rule, text) === undefined) missing.push(`${rule}/${text}`);
    }
  }
  return missing.sort();
}

function own(texts: Texts, id: string): string | undefined {
  return Object.hasOwn(texts, id) ? texts[id] : undefined;
}
