/** Every remediation of the family has its page and its Chinese, with the same places to fill. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { APPLICATION } from '../../src/remediations/application.ts';
import { application } from '../../src/report/languages/zh-cn/remediations/application.ts';
import { RULES } from '../../src/rules/index.ts';

const HEADINGS = [
  'What it does',
  'When it is offered',
  'When it is not',
  'Blast radius',
  'Verified by',
  'Undo',
  'Rights',
];
/** Plurals are words; what they count, or the place itself, must be there. */
const places = (text: string) =>
  [...new Set([...text.matchAll(/\{(\w[\w-]*)/g)].map((match) => match[1] ?? ''))].sort();
const plain = (text: string) =>
  [...new Set([...text.matchAll(/\{(\w[\w-]*)\}/g)].map((match) => match[1] ?? ''))].sort();

describe.each(APPLICATION.map((one) => [one.id, one] as const))('%s', (id, remediation) => {
  it('has the same sentences in Chinese', () => {
    const words: Readonly<Record<string, string>> = application[id] ?? {};
    expect(Object.keys(words).sort()).toEqual([...Object.keys(remediation.texts), '_summary'].sort());
    for (const [text, english] of Object.entries(remediation.texts)) {
      expect(words[text], text).toMatch(/\p{Script=Han}/u);
      expect(places(english), text).toEqual(expect.arrayContaining(places(words[text] ?? '')));
      expect(places(words[text] ?? ''), text).toEqual(expect.arrayContaining(plain(english)));
    }
  });

  it('mends faults of rules that exist, each once and sorted', () => {
    const ids = RULES.map((rule) => rule.id);
    expect(remediation.fixes.filter((rule) => !ids.includes(rule))).toEqual([]);
    expect([...remediation.fixes]).toEqual([...remediation.fixes].sort());
  });

  it('has a page', () => {
    const page = `src/remediations/${id}.md`;
    expect(existsSync(page), page).toBe(true);
    const headings = [...readFileSync(page, 'utf8').matchAll(/^#+ (.*)$/gm)].map((match) => match[1]);
    expect(headings).toEqual([id, ...HEADINGS]);
  });
});
