/** The sentences of all rules in Simplified Chinese, one file per family. A rule id stands in one file only. */
import type { RuleWords } from '../../words.ts';

/** One entry for each family: `import { calico } from './calico.ts'` and a line here. */
export const FAMILIES: Readonly<Record<string, RuleWords>> = {};

export const rules: RuleWords = Object.assign({}, ...Object.values(FAMILIES));
