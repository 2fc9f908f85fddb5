/** Sentences of remediations by their ids: English from the remediation itself, Chinese from the languages. */
import type { Language } from '../../core/jobs.ts';
import type { Line, Remediation } from '../../core/remediation.ts';
import type { Texts } from '../../core/rule.ts';
import { REMEDIATIONS } from '../../remediations/index.ts';
import { sharedSentence } from '../languages/fix/words.ts';
import { fillIn } from '../languages/index.ts';
import { remediations as zh } from '../languages/zh-cn/remediations/index.ts';
import { shorten, visible } from '../visible.ts';

export type RemediationCatalogue = ReadonlyMap<string, { readonly texts: Texts; readonly summary: string }>;

/** Gives the catalogue of a list of remediations. */
export function remediationCatalogue(
  all: readonly Pick<Remediation, 'id' | 'texts' | 'summary'>[],
): RemediationCatalogue {
  return new Map(all.map(({ id, texts, summary }) => [id, { texts, summary }]));
}

/** The sentences of every remediation. */
export const REMEDIATION_CATALOGUE: RemediationCatalogue = remediationCatalogue(REMEDIATIONS);

/**
 * Gives a line of a plan, or of a check, in the language: the remediation's own sentence, else one that all share
 * (core/fix-reasons.ts). Plain text, made visible. What has no sentence is shown by its id and data: a card must be
 * readable even where another version wrote the plan.
 */
export function lineText(
  language: Language,
  remediation: string,
  line: Pick<Line, 'text' | 'data'>,
  catalogue: RemediationCatalogue = REMEDIATION_CATALOGUE,
): string {
  const own = language === 'zh-cn' ? member(member(zh, remediation), line.text) : undefined;
  const template = own ?? member(catalogue.get(remediation)?.texts, line.text) ?? sharedSentence(language, line.text);
  return filled(language, template, line.text, line.data);
}

/** Gives the sentence of a reason's code. */
export function reasonText(language: Language, code: string, data: Line['data']): string {
  return filled(language, sharedSentence(language, code), code, data);
}

function filled(language: Language, template: string | undefined, id: string, data: Line['data']): string {
  if (template !== undefined) {
    try {
      return fillIn(language, template, data, id).trim();
    } catch {
      // A hole: what is known is shown below.
    }
  }
  const known = Object.entries(data).map(([name, value]) => `${name}: ${String(value)}`);
  return shorten(visible(known.length === 0 ? id : `${id} (${known.join('; ')})`), 1000);
}

/** Gives the one line that says what a remediation does; its id where nobody knows it. */
export function remediationSummary(language: Language, id: string, catalogue = REMEDIATION_CATALOGUE): string {
  const own = language === 'zh-cn' ? member(member(zh, id), '_summary') : undefined;
  return own ?? catalogue.get(id)?.summary ?? visible(id);
}

/** Gives what Chinese lacks, as `remediation/text`. For tests. */
export function untranslatedRemediations(catalogue = REMEDIATION_CATALOGUE): string[] {
  return [...catalogue].flatMap(([id, { texts }]) =>
    ['_summary', ...Object.keys(texts)]
      .filter((text) => member(member(zh, id), text) === undefined)
      .map((text) => `${id}/${text}`),
  );
}

function member<T>(record: Readonly<Record<string, T>> | undefined, key: string): T | undefined {
  return record !== undefined && Object.hasOwn(record, key) ? record[key] : undefined;
}
