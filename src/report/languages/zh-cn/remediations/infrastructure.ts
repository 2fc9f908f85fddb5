/** The sentences of the remediations in remediations/infrastructure.ts, in Simplified Chinese. */
import type { RuleWords } from '../../words.ts';

export const infrastructure: RuleWords = {};
