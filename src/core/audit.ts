/** The audit log: entries that chain by hash and are signed by who wrote them. */
import { z } from 'zod';
import { FixState } from './approval.ts';
import { digestOf } from './canonical-json.ts';
import { Role, Signature } from './signing.ts';

const Hash = z.string().regex(/^[0-9a-f]{64}$/);
const words = z.string().max(1000);

/** What happened. `click` with `allowed: false` is a refused one; `code` is the reason, in a stable word. */
export const AuditEvent = z.object({
  what: z.enum(['proposal', 'click', 'transition', 'step', 'result', 'attack', 'look']),
  fix: z.string().max(40).optional(),
  cluster: z.string().max(253).optional(),
  remediation: z.string().max(80).optional(),
  /** A Slack user id, `terminal`, or the role of a process. */
  by: z.string().max(60),
  channel: z.string().max(60).optional(),
  action: z.string().max(80).optional(),
  allowed: z.boolean().optional(),
  code: z.string().max(80).optional(),
  state: FixState.optional(),
  planHash: Hash.optional(),
  /** One sentence or a few facts, redacted. */
  says: words.optional(),
});
export type AuditEvent = z.infer<typeof AuditEvent>;

export const AuditEntry = z.object({
  version: z.literal(1),
  /** Counted from 1 without gaps. */
  seq: z.number().int().min(1),
  at: z.string().max(40),
  /** Hash of the entry before; 64 zeros for the first. */
  previous: Hash,
  event: AuditEvent,
  role: Role,
});
export type AuditEntry = z.infer<typeof AuditEntry>;

/** As stored: `hash` is `digestOf(entry)`, signed with the purpose `audit`. */
export const SignedAuditEntry = z.object({ entry: AuditEntry, hash: Hash, signature: Signature });
export type SignedAuditEntry = z.infer<typeof SignedAuditEntry>;

export const FIRST_HASH = '0'.repeat(64);

/** Where the log ends: quoted by each fix's thread. */
export interface AuditHead {
  readonly seq: number;
  readonly hash: string;
}

/** Gives the hash that the next entry names, and that is signed. */
export function auditHash(entry: AuditEntry): string {
  return digestOf(entry);
}
