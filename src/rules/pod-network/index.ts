/** The rules of the family, sorted by id. */
import type { Rule } from '../../core/rule.ts';

export const POD_NETWORK_RULES: readonly Rule[] = [];
