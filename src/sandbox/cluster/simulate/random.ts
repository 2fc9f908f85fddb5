/** Random choices that depend on a seed alone (mulberry32). */

export interface Random {
  /** From 0 to below 1. */
  next(): number;
  /** From `min` to `max`, both included. */
  int(min: number, max: number): number;
  pick<T>(from: readonly T[]): T;
  /** So many different ones, in their order. */
  some<T>(from: readonly T[], count: number): T[];
  chance(probability: number): boolean;
  /** Lower-case letters and digits as Kubernetes uses them in generated names. */
  suffix(length: number): string;
}

/** The same seed gives the same choices on every machine. */
export function random(seed: number): Random {
  let state = (seed * 2_654_435_761 + 0x9e3779b9) >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  const int = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1));
  const pick = <T>(from: readonly T[]): T => {
    const found = from[int(0, from.length - 1)];
    if (found === undefined) throw new Error('There is nothing to choose from.');
    return found;
  };
  const letters = 'bcdfghjklmnpqrstvwxz2456789';
  return {
    next,
    int,
    pick,
    some<T>(from: readonly T[], count: number): T[] {
      const left = from.map((_, index) => index);
      const chosen = new Set<number>();
      while (chosen.size < count && left.length > 0) {
        const [index] = left.splice(int(0, left.length - 1), 1);
        if (index !== undefined) chosen.add(index);
      }
      return from.filter((_, index) => chosen.has(index));
    },
    chance: (probability) => next() < probability,
    suffix: (length) => Array.from({ length }, () => letters.charAt(int(0, letters.length - 1))).join(''),
  };
}
