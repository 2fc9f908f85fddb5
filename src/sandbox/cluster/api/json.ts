/** Reading JSON of unknown shape without casts: a missing or odd value reads as empty, as Go's zero values do. */

/** The value at a path, or undefined. */
export function at(value: unknown, ...path: (string | number)[]): unknown {
  let current: unknown = value;
  for (const key of path) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = Object.hasOwn(current, key) ? (current as Record<string | number, unknown>)[key] : undefined;
  }
  return current;
}

/** The string at a path, or ''. */
export function text(value: unknown, ...path: (string | number)[]): string {
  const found = at(value, ...path);
  return typeof found === 'string' ? found : '';
}

/** The number at a path, or 0. */
export function count(value: unknown, ...path: (string | number)[]): number {
  const found = at(value, ...path);
  return typeof found === 'number' ? found : 0;
}

/** The boolean at a path, or false. */
export function flag(value: unknown, ...path: (string | number)[]): boolean {
  return at(value, ...path) === true;
}

/** The array at a path, or []. */
export function items(value: unknown, ...path: (string | number)[]): unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** The entries of the object at a path, or []. */
export function entries(value: unknown, ...path: (string | number)[]): [string, unknown][] {
  const found = at(value, ...path);
  return typeof found === 'object' && found !== null ? Object.entries(found) : [];
}

/** Whether something other than null stands at a path. */
export function present(value: unknown, ...path: (string | number)[]): boolean {
  return (at(value, ...path) ?? undefined) !== undefined;
}

/** The string, number or boolean at a path as text, or ''. */
export function scalar(value: unknown, ...path: (string | number)[]): string {
  const found = at(value, ...path);
  if (typeof found === 'string') return found;
  return typeof found === 'number' || typeof found === 'boolean' ? String(found) : '';
}
