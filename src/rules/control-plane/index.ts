/** The rules of the family, sorted by id. */
import type { Rule } from '../../core/rule.ts';
import { apiServerUnreachable } from './api-server-unreachable.ts';
import { controllerManagerDown } from './controller-manager-down.ts';
import { etcdLeaderUnstable } from './etcd-leader-unstable.ts';
import { etcdSlow } from './etcd-slow.ts';
import { etcdTwoMembers } from './etcd-two-members.ts';
import { schedulerDown } from './scheduler-down.ts';

export const CONTROL_PLANE_RULES: readonly Rule[] = [
  apiServerUnreachable,
  controllerManagerDown,
  etcdLeaderUnstable,
  etcdSlow,
  etcdTwoMembers,
  schedulerDown,
];
