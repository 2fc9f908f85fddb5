/** Times as numbers and back. Instants are compared as numbers: `…00.5Z` sorts before `…00Z` as text. */

/** Gives an instant in milliseconds since 1970; 0 for what has the shape of a time and is none, so that it is older than all. */
export function ms(instant: string): number {
  const parsed = Date.parse(instant);
  return Number.isNaN(parsed) ? 0 : parsed;
}

/** Gives milliseconds since 1970 as an instant, `2026-11-25T05:00:00.000Z`. */
export function instant(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

/** Gives the later of two instants; the first where they are the same. */
export function later(a: string, b: string): string {
  return ms(b) > ms(a) ? b : a;
}

/** Gives the earlier of two instants; the first where they are the same. */
export function earlier(a: string, b: string): string {
  return ms(b) < ms(a) ? b : a;
}
