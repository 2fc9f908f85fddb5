/** The contract of every remediation of the infrastructure: page, sentences in both languages, rules that offer it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { INFRASTRUCTURE } from '../../src/remediations/infrastructure.ts';
import { OWNER_TEXTS } from '../../src/remediations/owner-texts.ts';
import { infrastructure as zh } from '../../src/report/languages/zh-cn/remediations/infrastructure.ts';
import { RULES } from '../../src/rules/index.ts';

const SRC = join(import.meta.dirname, '../../src');
const FOLDER = join(SRC, 'remediations');
const HEADINGS = [
  'What it does',
  'When it is offered',
  'When it is not',
  'Blast radius',
  'Verified by',
  'Undo',
  'Rights',
];

/** All code of remediations as one text. */
const CODE = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.ts') && !name.startsWith('fix-'))
  .map((name) => readFileSync(join(FOLDER, name), 'utf8'))
  .join('\n');
const RULE_CODE = readdirSync(join(SRC, 'rules'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => readFileSync(join(SRC, 'rules', name), 'utf8'))
  .join('\n');

const places = (text: string) => [...text.matchAll(/\{(\w+)/g)].map((match) => match[1] ?? '').sort();

test('all eleven, in order, each once', () => {
  const ids = INFRASTRUCTURE.map(({ id }) => id);
  expect(ids).toEqual([...new Set(ids)].sort());
  expect(ids).toHaveLength(11);
});

test('nothing that must never be offered is planned', () => {
  for (const never of ['fail-swap-on=', 'gracePeriodSeconds', "verb: 'create'"]) expect(CODE).not.toContain(never);
});

describe.each(INFRASTRUCTURE.map((one) => [one.id, one] as const))('%s', (id, remediation) => {
  const texts = Object.entries(remediation.texts);

  test('has a page with every heading', () => {
    const page = readFileSync(join(FOLDER, `${id}.md`), 'utf8');
    expect(page.startsWith(`# ${id}\n`)).toBe(true);
    expect([...page.matchAll(/^## (.+)$/gm)].map((match) => match[1])).toEqual(HEADINGS);
    for (const rule of remediation.fixes) expect(page).toContain(`\`${rule}\``);
  });

  test('fixes rules that exist and offer it', () => {
    const known = RULES.map((rule) => rule.id);
    for (const rule of remediation.fixes) expect(known).toContain(rule);
    expect(RULE_CODE).toContain(`'${id}'`);
  });

  test('uses every sentence that it defines', () => {
    const unused = texts.filter(([text]) => {
      if (text in OWNER_TEXTS) return false;
      // Once where it is defined, and at least once where it is said.
      const said = CODE.match(new RegExp(`(?<![\\w-])'?${text}'?(?![\\w-])`, 'g')) ?? [];
      return said.length < 2;
    });
    expect(unused.map(([text]) => text)).toEqual([]);
  });

  test('is complete in Chinese, with the same places', () => {
    const own = zh[id] ?? {};
    expect(Object.keys(own).sort()).toEqual(['_summary', ...texts.map(([text]) => text)].sort());
    for (const [text, english] of texts) {
      const plural = new Set(places(english));
      expect([text, [...new Set(places(own[text] ?? ''))]]).toEqual([text, [...plural]]);
    }
  });

  test('declares rights without names of single objects and without wildcards', () => {
    for (const right of remediation.rights) {
      expect(right.verb).toMatch(/^(get|list|patch|delete)$/);
      expect(JSON.stringify(right)).not.toContain('*');
      expect(right.name).toBeUndefined();
    }
  });
});
