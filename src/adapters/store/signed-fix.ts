/** A fix as it stands in Redis: signed when it is written, and refused when it is read and does not fit. Pure. */
import { mayHaveWritten } from '../../core/approval.ts';
import { digestOf } from '../../core/canonical-json.ts';
import { type FixRecord, StoredFix, StoredNote } from '../../core/fix.ts';
import type { FixNote } from '../../core/fix-patch.ts';
import { ForgedRecord } from '../../core/forged-record.ts';
import { type Keys, signValue, type Verifier, verifyValue } from '../../core/signing.ts';

const NoteContent = StoredNote.omit({ signature: true });

/** What stands for one version of a record: two that differ in anything never have the same. */
export function versionOf(record: FixRecord): string {
  return `${record.rev}:${digestOf(record)}`;
}

/** Signs a record whole. */
export function signRecord(record: FixRecord, keys: Keys): StoredFix {
  return { record, role: keys.role, signature: signValue(keys, 'record', record) };
}

/** Puts a note beside a stored record, over the one that is there. @throws where the role may write none. */
export function signNote(stored: StoredFix, note: FixNote, at: string, keys: Keys): StoredFix {
  const { role } = keys;
  if (role === 'remediator') throw new Error('the remediator notes nothing: what it writes changes the state');
  const before = stored.note ?? {};
  const rev = (stored.note?.rev ?? stored.record.rev) + 1;
  const content = NoteContent.parse({ ...before, ...note, rev, at, role });
  return { ...stored, note: { ...content, signature: signValue(keys, 'record', signedNote(stored, content)) } };
}

/** Gives the record with its note. */
export function currentRecord({ record, note }: StoredFix): FixRecord {
  if (note === undefined) return record;
  const { rev, at, place = record.place, undoneBy = record.undoneBy } = note;
  return { ...record, place, ...(undoneBy === undefined ? {} : { undoneBy }), rev, updatedAt: at };
}

/**
 * Reads a stored text.
 * @throws ForgedRecord where it is no record, another fix's, not signed by whom it says, or signed by one who never writes this state.
 */
export function openStored(id: string, text: string, verifier: Verifier): StoredFix {
  const parsed = StoredFix.safeParse(jsonOf(text));
  if (!parsed.success) throw new ForgedRecord(id, 'it is not the record of a fix');
  const { record, role, signature, note } = parsed.data;
  if (record.id !== id) throw new ForgedRecord(id, `it is the record of ${record.id}`);
  if (!verifyValue(verifier, role, 'record', record, signature))
    throw new ForgedRecord(id, `its signature is not the ${role}'s`);
  if (!mayHaveWritten(role, record.state))
    throw new ForgedRecord(id, `the ${role} never writes the state ${record.state}`);
  if (note !== undefined) checkNote(id, parsed.data, note, verifier);
  return parsed.data;
}

function checkNote(id: string, stored: StoredFix, note: StoredNote, verifier: Verifier): void {
  const { signature, ...content } = note;
  if (!verifyValue(verifier, note.role, 'record', signedNote(stored, content), signature))
    throw new ForgedRecord(id, `the signature of its note is not the ${note.role}'s`);
  if (note.rev <= stored.record.rev) throw new ForgedRecord(id, 'its note is older than itself');
}

/** A note holds for one version of one record and for no other. */
function signedNote(stored: StoredFix, content: Omit<StoredNote, 'signature'>): unknown {
  return { fix: stored.record.id, base: stored.signature, note: content };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
