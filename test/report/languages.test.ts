/** Languages: the same keys, the same places, no hole; errors by code; what a language lacks is listed. */
import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/core/errors.ts';
import { compareText } from '../../src/core/object-ref.ts';
import { catalogueOf, untranslated } from '../../src/report/catalogue.ts';
import * as en from '../../src/report/languages/en.ts';
import { errorSentence, sentence } from '../../src/report/languages/index.ts';
import { rules as chineseRules, FAMILIES } from '../../src/report/languages/zh-cn/rules/index.ts';
import * as zh from '../../src/report/languages/zh-cn.ts';
import { RULES } from '../../src/rules/index.ts';

/** The names of the places in a sentence. */
const places = (text: string) =>
  [...new Set([...text.matchAll(/\{([A-Za-z]\w*)(?::[^{}]*)?\}/g)].map((m) => m[1] ?? ''))].toSorted(compareText);

describe('languages', () => {
  it.each<[string, Record<string, string>, Record<string, string>]>([
    ['words', en.words, zh.words],
    ['kinds of evidence', en.evidenceWords, zh.evidenceWords],
    ['errors', en.errors, zh.errors],
  ])('have the same keys and the same places: %s', (_, english, chinese) => {
    expect(Object.keys(chinese)).toEqual(Object.keys(english));
    for (const [key, text] of Object.entries(english))
      expect([key, ...places(chinese[key] ?? '')]).toEqual([key, ...places(text)]);
  });

  it('has each rule in one family, each sentence with the places of the English one', () => {
    const catalogue = catalogueOf(RULES);
    const seen = new Set<string>();
    for (const [family, rules] of Object.entries(FAMILIES)) {
      for (const [rule, texts] of Object.entries(rules)) {
        expect(seen.has(rule), `${family}: ${rule} stands in two families`).toBe(false);
        seen.add(rule);
        const english = catalogue.get(rule);
        expect(english, `${family}: no rule is called ${rule}`).toBeDefined();
        for (const [id, text] of Object.entries(texts)) {
          const original = id === '_summary' ? english?.summary : english?.texts[id];
          expect(original, `${rule} has no text ${id}`).toBeDefined();
          expect([rule, id, ...places(text)]).toEqual([rule, id, ...places(original ?? '')]);
        }
      }
    }
  });

  it('lacks no sentence of any rule in Chinese', () => {
    const catalogue = catalogueOf(RULES);
    expect(catalogue.size).toBeGreaterThan(60);
    expect(untranslated(catalogue, 'zh-cn')).toEqual([]);
  });
});

describe('errors', () => {
  it('are said by code, in the reader’s language', () => {
    const data = { given: '70000' };
    expect(sentence('en', 'port-out-of-range', data)).toBe('70000 is no port: a port is a number from 1 to 65535.');
    expect(sentence('zh-cn', 'port-out-of-range', data)).toBe('70000 不是端口：端口是 1 到 65535 之间的数字。');
  });

  it('fall back to their own message for an unknown code or data that does not fill it', () => {
    expect(errorSentence('zh-cn', new UserError('brand-new', 'Something new.'))).toBe('Something new.');
    expect(errorSentence('en', new UserError('port-out-of-range', 'Bad port.'))).toBe('Bad port.');
    expect(sentence('en', 'constructor', {})).toBeUndefined();
  });
});
