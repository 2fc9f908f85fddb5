/** The rules of the family, sorted by id. */
import type { Rule } from '../../core/rule.ts';
import { cniNotInitialized } from './cni-not-initialized.ts';
import { containerRuntimeDown } from './container-runtime-down.ts';
import { containerRuntimeHung } from './container-runtime-hung.ts';
import { kubeletCrashLoop } from './kubelet-crash-loop.ts';
import { KUBELET_FATAL_RULES } from './kubelet-fatal-rule.ts';
import { kubeletStartLimitHit } from './kubelet-start-limit-hit.ts';
import { kubeletStopped } from './kubelet-stopped.ts';
import { kubeletSwapOn } from './kubelet-swap-on.ts';
import { nodeClockSkew } from './node-clock-skew.ts';
import { nodeDiskFull } from './node-disk-full.ts';
import { nodeNotReady } from './node-not-ready.ts';
import { NODE_PRESSURE_RULES } from './node-pressure.ts';
import { nodeUnreachable } from './node-unreachable.ts';
import { podsOnUnreadyNode } from './pods-on-unready-node.ts';
import { swapReturnsAtBoot } from './swap-returns-at-boot.ts';

export const NODE_RULES: readonly Rule[] = [
  ...KUBELET_FATAL_RULES,
  ...NODE_PRESSURE_RULES,
  cniNotInitialized,
  containerRuntimeDown,
  containerRuntimeHung,
  kubeletCrashLoop,
  kubeletStartLimitHit,
  kubeletStopped,
  kubeletSwapOn,
  nodeClockSkew,
  nodeDiskFull,
  nodeNotReady,
  nodeUnreachable,
  podsOnUnreadyNode,
  swapReturnsAtBoot,
].sort((a, b) => (a.id < b.id ? -1 : 1));
