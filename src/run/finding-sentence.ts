/** A finding in one sentence, for checks that quote it. */
import type { RankedFinding } from '../core/diagnosis.ts';
import type { Language } from '../core/jobs.ts';
import { ruleSentence } from '../report/catalogue.ts';
import { CATALOGUE } from '../report/index.ts';

/** Gives the first sentence of a finding. */
export function findingSentence({ rule, text, data }: RankedFinding, language: Language): string {
  return ruleSentence(CATALOGUE, language, { rule, text, data }, true);
}
