/** Languages: the same keys, the same places, no hole; errors by code; what a language lacks is listed. */
import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/core/errors.ts';
import { compareText } from '../../src/core/object-ref.ts';
import { parseQuestion } from '../../src/core/parse-question.ts';
import { catalogueOf, untranslated } from '../../src/report/catalogue.ts';
import * as en from '../../src/report/languages/en.ts';
import { errorSentence } from '../../src/report/languages/index.ts';
import { FAMILIES } from '../../src/report/languages/zh-cn/rules/index.ts';
import * as zh from '../../src/report/languages/zh-cn.ts';
import { RULES } from '../../src/rules/index.ts';

/** The names of the places in a sentence. */
const places = (text: string) =>
  [...new Set([...text.matchAll(/\{([A-Za-z]\w*)(?::[^{}]*)?\}/g)].map((m) => m[1] ?? ''))].toSorted(compareText);

describe('languages', () => {
  it.each<[string, Record<string, string>, Record<string, string>]>([
    ['words', en.words, zh.words],
    ['kinds of evidence', en.evidenceWords, zh.evidenceWords],
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
  const thrown = (words: string): UserError => {
    try {
      parseQuestion([words]);
    } catch (error) {
      if (error instanceof UserError) return error;
      throw error;
    }
    throw new Error(`"${words}" is a question`);
  };

  it.each([
    ['nothing', '', '没有提出问题'],
    ['a slip', 'why-not-reachabel 30080', '是不是 why-not-reachable？'],
    ['a word far from all', 'zzzzzzzzzzzz', '没有 "zzzzzzzzzzzz" 这种问题。`help`'],
    ['no target', 'why-not-reachable', '缺少要查看的对象'],
    ['a port out of range', 'why-not-reachable 70000', '"70000" 不是端口'],
    ['too many slashes', 'diagnose pod a/b/c', '斜杠太多'],
    ['a bad name', 'diagnose node A_B', '不能作为 Node 的名称'],
    ['a word too many', 'preflight now', '"preflight" 后面的 "now" 无法理解'],
    ['a flag without its value', 'diagnose node x --from', '--from 后面缺少值'],
    ['an unseen character', 'diagnose node a\u202Eb', '看不见的字符'],
    ['too long', `diagnose node ${'x'.repeat(20_000)}`, '上限是'],
  ])('of a question are said in Chinese: %s', (_, words, said) => {
    const error = thrown(words);
    expect(errorSentence('zh-cn', error)).toContain(said);
    expect(errorSentence('en', error)).toBe(error.message);
  });

  it('name what is near where something is, and say what to do where nothing is', () => {
    const error = (candidates: string) => new UserError('service-not-found', 'No.', { name: 'x', candidates });
    expect(errorSentence('zh-cn', error('ci/web'))).toBe('没有名为 x 的 Service。是不是 ci/web？');
    expect(errorSentence('zh-cn', error(''))).toBe('没有名为 x 的 Service。请检查名称和命名空间。');
  });

  it('are said in English, visibly, where the language does not know the code or the data does not fill it', () => {
    expect(errorSentence('zh-cn', new UserError('brand-new', 'Something\u202E new.'))).toBe('Something[U+202E] new.');
    expect(errorSentence('zh-cn', new UserError('port-out-of-range', 'Bad port.'))).toBe('Bad port.');
    expect(errorSentence('zh-cn', new UserError('constructor', 'Odd.'))).toBe('Odd.');
  });
});
