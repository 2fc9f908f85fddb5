/** The rules of the family, sorted by id. */
import type { Rule } from '../../core/rule.ts';
import { podPending } from './pod-pending.ts';

export const WORKLOAD_RULES: readonly Rule[] = [podPending];
