/** The rules of the family, sorted by id. */
import type { Rule } from '../../core/rule.ts';

export const NODE_RULES: readonly Rule[] = [];
