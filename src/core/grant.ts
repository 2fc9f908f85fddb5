/** A grant: the remediator's signed leave for one agent to do one step once. And the request that carries it. */
import { z } from 'zod';
import { NodeAction, NodeStepResult } from './node-steps.ts';
import { Signature } from './signing.ts';

const instant = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

/** Longest life of a grant, and how far two clocks may be apart. */
export const GRANT_LIFE_MS = 60_000;
export const GRANT_SKEW_MS = 30_000;

export const Grant = z.strictObject({
  version: z.literal(1),
  /** The same for each attempt at one step of one approved fix, different for every other: what is used up. */
  id: z.string().regex(/^gr-[0-9a-f]{32}$/),
  node: z.string().min(1).max(253),
  action: NodeAction,
  /** The fix and the hash of its plan: for the agent's log. */
  fix: z.string().max(40),
  planHash: z.string().regex(/^[0-9a-f]{64}$/),
  approvedBy: z.array(z.string().max(60)).min(1).max(20),
  notBefore: instant,
  notAfter: instant,
});
export type Grant = z.infer<typeof Grant>;

/** `POST /v1/step`. The grant travels as the text that was signed (purpose `grant`, role `remediator`). */
export const StepRequest = z.strictObject({
  version: z.literal(1),
  grant: z.string().min(2).max(8192),
  signature: Signature,
});
export type StepRequest = z.infer<typeof StepRequest>;

/**
 * The answer. `done`: the step ran now. `used`: the grant was used before; `result` says what became of it then, and is
 * missing where the agent died in the middle. `rejected`: the grant is not good, nothing was done.
 */
export const StepAnswer = z.object({
  version: z.literal(1),
  node: z.string().max(253),
  now: z.string().max(40),
  status: z.enum(['done', 'used', 'rejected']),
  /** For `rejected`: one sentence why. */
  reason: z.string().max(500).optional(),
  result: NodeStepResult.optional(),
});
export type StepAnswer = z.infer<typeof StepAnswer>;
