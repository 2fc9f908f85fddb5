/** The nearest of some names to a mistyped one, for "did you mean". Levenshtein distance with swaps. */
import { compareText } from './compare-text.ts';

/**
 * Gives up to `count` of `candidates`, nearest first, that are near enough to be a slip of the hand:
 * a third of the longer name may differ, or one contains the other.
 */
export function nearest(given: string, candidates: Iterable<string>, count = 3): string[] {
  const wanted = given.slice(0, 253).toLowerCase();
  const scored: { name: string; score: number }[] = [];
  for (const name of new Set(candidates)) {
    const other = name.toLowerCase();
    const limit = Math.max(1, Math.floor(Math.max(wanted.length, other.length) / 3));
    const contained = wanted.length >= 3 && (other.includes(wanted) || (other.length >= 3 && wanted.includes(other)));
    const distance = editDistance(wanted, other);
    if (distance <= limit) scored.push({ name, score: distance });
    else if (contained) scored.push({ name, score: limit + 1 + Math.abs(other.length - wanted.length) / 1000 });
  }
  scored.sort((a, b) => a.score - b.score || compareText(a.name, b.name));
  return scored.slice(0, count).map((entry) => entry.name);
}

/** The least number of inserted, deleted, replaced or swapped neighbouring characters between two texts. */
export function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (before[j - 2] ?? 0) + 1 : replaced;
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, replaced, swapped));
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? 0;
}
