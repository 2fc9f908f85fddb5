import { describe, expect, test } from 'vitest';
import { type AuditHead, auditHash, FIRST_HASH, type SignedAuditEntry } from '../../src/core/audit.ts';
import { verifyAudit } from '../../src/core/audit-verify.ts';
import type { Keys } from '../../src/core/signing.ts';
import { memoryKeys } from '../support/fixes.ts';

const keys = memoryKeys();
const others = memoryKeys();

function signed(seq: number, previous: string, says: string, by: Keys): SignedAuditEntry {
  const at = `2026-11-25T01:00:0${seq}.000Z`;
  const entry = {
    version: 1 as const,
    seq,
    at,
    previous,
    event: { what: 'click' as const, by: 'U0ALICE01', says },
    role: by.role,
  };
  const hash = auditHash(entry);
  return { entry, hash, signature: by.sign('audit', hash) };
}

/** A log of so many entries by several processes, continued from a head. */
function logOf(count: number, after: readonly SignedAuditEntry[] = [], from: typeof keys = keys, word = 'entry') {
  const entries = [...after];
  const writers = [from.bot, from.worker, from.remediator];
  for (let i = 0; i < count; i += 1) {
    const last = entries.at(-1);
    const seq = (last?.entry.seq ?? 0) + 1;
    const writer = writers[seq % 3] ?? from.bot;
    entries.push(signed(seq, last?.hash ?? FIRST_HASH, `${word} ${seq}`, writer));
  }
  return entries;
}

const good = logOf(6);
const headAt = (seq: number, of = good): AuditHead => ({ seq, hash: of[seq - 1]?.hash ?? FIRST_HASH });
const faults = (entries: readonly unknown[], head?: AuditHead): string[] =>
  verifyAudit(entries, keys.bot, head === undefined ? {} : { head }).problems.map(({ fault, seq, to }) =>
    to === undefined || to === seq ? `${fault} ${seq}` : `${fault} ${seq}-${to}`,
  );
const edited = (seq: number, edit: (entry: SignedAuditEntry) => unknown): unknown[] =>
  good.map((entry) => (entry.entry.seq === seq ? edit(entry) : entry));
const says = (entry: SignedAuditEntry, text: string) => ({
  ...entry.entry,
  event: { ...entry.entry.event, says: text },
});

describe('a log that is whole', () => {
  test.each([
    ['six entries by three processes', good, undefined],
    ['with the head that was quoted last', good, headAt(6)],
    ['with a head that was quoted earlier', good, headAt(3)],
    ['with the head of an empty log', good, headAt(0)],
    ['none', [], undefined],
  ])('%s', (_, entries, head) => {
    expect(faults(entries, head)).toEqual([]);
  });

  test('its head and its length are told', () => {
    expect(verifyAudit(good, keys.worker)).toEqual({ intact: true, entries: 6, head: headAt(6), problems: [] });
    expect(verifyAudit([], keys.worker).head).toEqual({ seq: 0, hash: FIRST_HASH });
  });
});

describe('a log that somebody wrote to is not', () => {
  test.each<[string, readonly unknown[], readonly string[]]>([
    ['a word changed', edited(3, (e) => ({ ...e, entry: says(e, 'nothing') })), ['unsigned 3']],
    [
      'a word changed and the hash with it',
      edited(3, (e) => ({ ...e, entry: says(e, 'x'), hash: auditHash(says(e, 'x')) })),
      ['unsigned 3'],
    ],
    [
      'the time changed',
      edited(2, (e) => ({ ...e, entry: { ...e.entry, at: '2020-01-01T00:00:00Z' } })),
      ['unsigned 2'],
    ],
    ['the role changed', edited(2, (e) => ({ ...e, entry: { ...e.entry, role: 'bot' } })), ['unsigned 2']],
    ['a member added', edited(2, (e) => ({ ...e, note: 'all is well' })), ['unsigned 2']],
    ['a member added inside', edited(2, (e) => ({ ...e, entry: { ...e.entry, note: 'x' } })), ['unsigned 2']],
    ['no signature', edited(4, ({ signature: _old, ...e }) => e), ['unsigned 4']],
    ["another entry's signature", edited(4, (e) => ({ ...e, signature: good[4]?.signature })), ['unsigned 4']],
    ['the last one changed', edited(6, (e) => ({ ...e, entry: says(e, 'x') })), ['unsigned 6']],
    ['not even JSON', edited(4, () => undefined), ['unsigned 4']],
    ['two changed', edited(4, () => 'x').map((e, i) => (i === 1 ? null : e)), ['unsigned 2', 'unsigned 4']],
    ['one taken out', good.filter((e) => e.entry.seq !== 3), ['missing 3']],
    ['several taken out', good.filter((e) => e.entry.seq < 3 || e.entry.seq > 4), ['missing 3-4']],
    ['the first one taken out', good.slice(1), ['missing 1']],
    ['the first ones taken out', good.slice(3), ['missing 1-3']],
    ['two swapped', [0, 2, 1, 3, 4, 5].map((i) => good[i]), ['reordered 2']],
    ['the first put last', [1, 2, 3, 4, 5, 0].map((i) => good[i]), ['reordered 1']],
    ['one put in twice', [...good.slice(0, 3), good[2], ...good.slice(3)], ['repeated 3']],
    ['an old one put at the end', [...good, good[0]], ['repeated 1']],
    [
      'something put in between',
      [...good.slice(0, 3), signed(4, headAt(3).hash, 'planted', others.bot), ...good.slice(3)],
      ['unsigned 4'],
    ],
    ['something put at the end', [...good, { entry: { seq: 7 } }], ['unsigned 7']],
    ['a huge number put in', [...good, { entry: { seq: 1e300 } }], ['unsigned 7']],
  ])('%s', (_, entries, expected) => {
    expect(faults(entries)).toEqual(expected);
  });

  test('whoever rewrites the whole chain has no key to sign it with', () => {
    const forged = logOf(6, [], others, 'rewritten');
    const expected = [...forged.map((_, i) => `unsigned ${i + 1}`), 'cut-off 1-6'];
    expect(faults(forged, headAt(6)).sort()).toEqual(expected.sort());
  });
});

describe('against a head that a thread quoted', () => {
  test.each<[string, readonly unknown[], AuditHead, readonly string[]]>([
    ['the end cut off', good.slice(0, 4), headAt(6), ['cut-off 5-6']],
    ['only the last one cut off', good.slice(0, 5), headAt(6), ['cut-off 6']],
    ['everything taken away', [], headAt(6), ['cut-off 1-6']],
    ['cut off, and gone on in good faith', logOf(3, good.slice(0, 4), keys, 'later'), headAt(6), ['replaced 6']],
    ['another hash than was quoted', good, { seq: 5, hash: 'a'.repeat(64) }, ['replaced 5']],
    ['the quoted one changed', edited(6, () => ({})), headAt(6), ['cut-off 6', 'unsigned 6']],
  ])('%s', (_, entries, head, expected) => {
    expect(faults(entries, head).sort()).toEqual([...expected].sort());
  });

  test('a log that was set back and went on: the seam shows where both halves are there', () => {
    const later = logOf(2, good.slice(0, 4), keys, 'later');
    expect(faults([...good.slice(0, 5), ...later.slice(5)])).toEqual(['unlinked 6']);
  });
});

test('ten thousand entries take less than a few seconds', () => {
  const entries = logOf(10_000);
  const start = performance.now();
  expect(verifyAudit(entries, keys.bot).intact).toBe(true);
  expect(performance.now() - start).toBeLessThan(10_000);
});
