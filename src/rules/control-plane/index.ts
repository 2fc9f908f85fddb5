/** The rules of the family, sorted by id. */
import type { Rule } from '../../core/rule.ts';
import { etcdSlow } from './etcd-slow.ts';
import { etcdTwoMembers } from './etcd-two-members.ts';

export const CONTROL_PLANE_RULES: readonly Rule[] = [etcdSlow, etcdTwoMembers];
