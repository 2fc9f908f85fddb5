/** The rules of the family, sorted by id. */
import type { Rule } from '../../core/rule.ts';

export const WORKLOAD_RULES: readonly Rule[] = [];
