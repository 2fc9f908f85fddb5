/** The sentences of all remediations in Simplified Chinese: remediation id → text id → sentence. `_summary` is the summary. */
import type { RuleWords } from '../../words.ts';
import { application } from './application.ts';
import { infrastructure } from './infrastructure.ts';

export const remediations: RuleWords = { ...application, ...infrastructure };
