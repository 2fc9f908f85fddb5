/** The rules of the family, sorted by id. */
import type { Rule } from '../../core/rule.ts';
import { kubeletCrashLoop } from './kubelet-crash-loop.ts';
import { KUBELET_FATAL_RULES } from './kubelet-fatal-rule.ts';
import { kubeletSwapOn } from './kubelet-swap-on.ts';
import { nodeNotReady } from './node-not-ready.ts';
import { nodeUnreachable } from './node-unreachable.ts';
import { podsOnUnreadyNode } from './pods-on-unready-node.ts';

export const NODE_RULES: readonly Rule[] = [
  ...KUBELET_FATAL_RULES,
  kubeletCrashLoop,
  kubeletSwapOn,
  nodeNotReady,
  nodeUnreachable,
  podsOnUnreadyNode,
].sort((a, b) => (a.id < b.id ? -1 : 1));
