/** The rules of the family, sorted by id. */
import type { Rule } from '../../core/rule.ts';
import { deploymentScaledToZero } from './deployment-scaled-to-zero.ts';
import { ephemeralStorageLimitExceeded } from './ephemeral-storage-limit-exceeded.ts';
import { insufficientCpu, insufficientMemory } from './insufficient.ts';
import { nodeCordoned } from './node-cordoned.ts';
import { podEvicted } from './pod-evicted.ts';
import { podNotReady } from './pod-not-ready.ts';
import { podPending } from './pod-pending.ts';
import { rolloutStuck } from './rollout-stuck.ts';
import { taintNotTolerated } from './taint-not-tolerated.ts';
import { workloadUnavailable } from './workload-unavailable.ts';

export const WORKLOAD_RULES: readonly Rule[] = [
  deploymentScaledToZero,
  ephemeralStorageLimitExceeded,
  insufficientCpu,
  insufficientMemory,
  nodeCordoned,
  podEvicted,
  podNotReady,
  podPending,
  rolloutStuck,
  taintNotTolerated,
  workloadUnavailable,
];
