/** The rules of Services and endpoints, sorted by id. */
import type { Rule } from '../../core/rule.ts';
import { nodePortUnreachable } from './node-port-unreachable.ts';
import { serviceUnreachable } from './service-unreachable.ts';

export const SERVICE_RULES: readonly Rule[] = [nodePortUnreachable, serviceUnreachable];
