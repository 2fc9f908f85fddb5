/** Who may approve what: the policy's form, and the pure decision for one person and one plan. */
import { z } from 'zod';
import type { ObjectRef } from './object-ref.ts';

const user = z.string().regex(/^[UW][A-Z0-9]{1,39}$/, 'a Slack user id such as U0ALICE01 (not a name)');
const group = z.string().regex(/^S[A-Z0-9]{1,39}$/, 'a Slack user group id such as S0SRE0001 (not a name)');
const pattern = z
  .string()
  .min(1)
  .max(253)
  .regex(/^[A-Za-z0-9._@/*-]+$/, 'a name, or * for all');
const time = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day such as 18:00');

export const PolicyRule = z.strictObject({
  /** Names of remediations, or `*`. */
  remediations: z.array(pattern).min(1),
  clusters: z.array(pattern).min(1).default(['*']),
  /** Of the object that is changed; objects without a namespace (nodes) match `*` and `-` only. */
  namespaces: z.array(pattern).min(1).default(['*']),
  approvers: z
    .strictObject({ users: z.array(user).default([]), groups: z.array(group).default([]) })
    .refine(({ users, groups }) => users.length + groups.length > 0, 'name at least one user or group'),
  /** How many persons must approve. */
  approvals: z.number().int().min(1).max(10).default(1),
  /** Whether the one who asked may approve. */
  requesterMayApprove: z.boolean().default(false),
});
export type PolicyRule = z.infer<typeof PolicyRule>;

/** A time in which nothing is applied: once (`from`, `until` as RFC 3339), or every week. */
export const Freeze = z.union([
  z.strictObject({
    clusters: z.array(pattern).min(1).default(['*']),
    from: z.iso.datetime({ offset: true }),
    until: z.iso.datetime({ offset: true }),
    reason: z.string().min(1).max(200),
  }),
  z.strictObject({
    clusters: z.array(pattern).min(1).default(['*']),
    days: z.array(z.enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'])).min(1),
    /** Until a time that is not later: over midnight, into the next day. */
    start: time,
    end: time,
    timeZone: z.string().min(1).max(60),
    reason: z.string().min(1).max(200),
  }),
]);
export type Freeze = z.infer<typeof Freeze>;

export const FixPolicy = z.strictObject({
  version: z.literal(1),
  /** The first rule that fits decides. */
  rules: z.array(PolicyRule).min(1),
  freezes: z.array(Freeze).default([]),
  limits: z
    .strictObject({
      /** The most nodes that one fix may touch; a fix of a whole DaemonSet touches all of its nodes. */
      nodes: z.number().int().min(1).max(10_000).default(50),
      expiryMinutes: z
        .number()
        .int()
        .min(1)
        .max(24 * 60)
        .default(15),
      /** After a fix that failed or was not verified, nothing else is applied to the same object for so long. */
      coolDownMinutes: z
        .number()
        .int()
        .min(0)
        .max(24 * 60)
        .default(10),
    })
    .prefault({}),
});
export type FixPolicy = z.infer<typeof FixPolicy>;

/** What a policy is asked about. */
export interface PolicySubject {
  readonly remediation: string;
  readonly cluster: string;
  readonly object: ObjectRef;
}

/** Gives the rule that decides, or undefined: then nobody may. */
export function ruleFor(policy: FixPolicy, subject: PolicySubject): PolicyRule | undefined {
  const { remediation, cluster, object } = subject;
  const namespace = object.namespace ?? (object.kind === 'Namespace' ? object.name : '-');
  return policy.rules.find(
    (rule) => fits(rule.remediations, remediation) && fits(rule.clusters, cluster) && fits(rule.namespaces, namespace),
  );
}

function fits(patterns: readonly string[], name: string): boolean {
  return patterns.includes('*') || patterns.includes(name);
}
