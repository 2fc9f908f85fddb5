/** Whether the audit log is whole: each entry signed, in its place, following the one before, up to a head that was quoted. Pure. */
import { type AuditEntry, type AuditHead, auditHash, FIRST_HASH, SignedAuditEntry } from './audit.ts';
import { canonicalJson } from './canonical-json.ts';
import type { Verifier } from './signing.ts';

export type AuditFault =
  /** Something at this place is no entry that one of us signed: edited, or put there. */
  | 'unsigned'
  /** There is no entry of this number. */
  | 'missing'
  /** It stands behind one with a larger number. */
  | 'reordered'
  /** There is another one of this number. */
  | 'repeated'
  /** It does not follow the entry before it: that one was replaced, or the log was set back and went on. */
  | 'unlinked'
  /** The log ends before the head that was quoted. */
  | 'cut-off'
  /** The entry of the quoted head is another one now. */
  | 'replaced';

export interface AuditProblem {
  readonly fault: AuditFault;
  /** The number of the entry, or where the entry cannot be read: its place, counted from 1. */
  readonly seq: number;
  /** For `missing` and `cut-off`: the last one of those that are. */
  readonly to?: number;
}

export interface AuditReport {
  readonly intact: boolean;
  /** Entries that are signed. */
  readonly entries: number;
  readonly head: AuditHead;
  readonly problems: readonly AuditProblem[];
}

/** Gives a stored entry where its hash is its own and its writer signed it. */
export function verifiedEntry(stored: unknown, verifier: Verifier): SignedAuditEntry | undefined {
  const parsed = SignedAuditEntry.safeParse(stored);
  if (!parsed.success) return undefined;
  const { entry, hash, signature } = parsed.data;
  // Members that the schema does not know were not signed.
  if (canonicalJson(stored) !== canonicalJson(parsed.data)) return undefined;
  return auditHash(entry) === hash && verifier.verify(entry.role, 'audit', hash, signature) ? parsed.data : undefined;
}

/**
 * Looks at the whole log. `head`: one that a thread quoted, with the whole hash or its beginning; only a log that was not cut
 * off or rewritten still holds it.
 * @returns each fault once, by the number of its entry.
 */
export function verifyAudit(
  entries: readonly unknown[],
  verifier: Verifier,
  options: { readonly head?: AuditHead } = {},
): AuditReport {
  const problems: AuditProblem[] = [];
  const signed = new Map<number, SignedAuditEntry>();
  const damaged = new Set<number>();
  let largest = 0;
  for (const [i, stored] of entries.entries()) {
    const entry = verifiedEntry(stored, verifier);
    if (entry === undefined) {
      const seq = claimedSeq(stored) ?? i + 1;
      problems.push({ fault: 'unsigned', seq });
      damaged.add(seq);
      continue;
    }
    const { seq } = entry.entry;
    if (signed.has(seq)) problems.push({ fault: 'repeated', seq });
    else {
      signed.set(seq, entry);
      if (seq < largest) problems.push({ fault: 'reordered', seq });
    }
    largest = Math.max(largest, seq);
  }
  const inOrder = [...signed.values()].sort((a, b) => a.entry.seq - b.entry.seq);
  problems.push(...gaps(inOrder, damaged), ...links(inOrder));
  const last = inOrder.at(-1);
  const head = last === undefined ? { seq: 0, hash: FIRST_HASH } : { seq: last.entry.seq, hash: last.hash };
  if (options.head !== undefined) problems.push(...quoted(options.head, head, signed));
  problems.sort((a, b) => a.seq - b.seq);
  return { intact: problems.length === 0, entries: signed.size, head, problems };
}

/** The number that something unsigned says it has: good enough to name it. */
function claimedSeq(stored: unknown): number | undefined {
  if (typeof stored !== 'object' || stored === null || !('entry' in stored)) return undefined;
  const { entry } = stored as { entry: Partial<AuditEntry> | null };
  const seq = entry?.seq;
  return typeof seq === 'number' && Number.isSafeInteger(seq) && seq > 0 ? seq : undefined;
}

/** Numbers between entries, and before the first, that no entry has. Where a damaged one stands, that one is named already. */
function gaps(inOrder: readonly SignedAuditEntry[], damaged: ReadonlySet<number>): AuditProblem[] {
  const problems: AuditProblem[] = [];
  let expected = 1;
  for (const { entry } of inOrder) {
    while (expected < entry.seq && damaged.has(expected)) expected += 1;
    if (expected < entry.seq) {
      let to = entry.seq - 1;
      while (to > expected && damaged.has(to)) to -= 1;
      problems.push({ fault: 'missing', seq: expected, to });
    }
    expected = entry.seq + 1;
  }
  return problems;
}

function links(inOrder: readonly SignedAuditEntry[]): AuditProblem[] {
  return inOrder.flatMap(({ entry }, i): AuditProblem[] => {
    const before = inOrder[i - 1];
    // After a gap nothing can be said: what came before is not there.
    const known = entry.seq === 1 ? FIRST_HASH : before?.entry.seq === entry.seq - 1 ? before.hash : undefined;
    return known === undefined || known === entry.previous ? [] : [{ fault: 'unlinked', seq: entry.seq }];
  });
}

function quoted(head: AuditHead, last: AuditHead, signed: ReadonlyMap<number, SignedAuditEntry>): AuditProblem[] {
  if (head.seq === 0) return [];
  if (head.seq > last.seq) return [{ fault: 'cut-off', seq: last.seq + 1, to: head.seq }];
  const entry = signed.get(head.seq);
  return entry === undefined || entry.hash.startsWith(head.hash) ? [] : [{ fault: 'replaced', seq: head.seq }];
}
