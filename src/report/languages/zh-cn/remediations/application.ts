/** The sentences of the remediations in remediations/application.ts, in Simplified Chinese. */
import type { RuleWords } from '../../words.ts';

export const application: RuleWords = {};
