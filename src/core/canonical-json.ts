/** JSON with sorted keys, and its digest: what is signed, hashed and compared has one spelling. */
import { createHash } from 'node:crypto';

/** Gives JSON whose keys are sorted at every depth; members that are undefined are left out, as JSON does. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) => {
    if (typeof member !== 'object' || member === null || Array.isArray(member)) return member;
    const entries = Object.entries(member).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    // Without a prototype `__proto__` is a key like any other.
    return Object.assign(Object.create(null) as object, Object.fromEntries(entries));
  });
}

/** Gives the SHA-256 of a value's canonical JSON, 64 hex digits. */
export function digestOf(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}
