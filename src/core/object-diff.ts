/** What differs between two states of an object, line by line, for people: paths as they say them, secrets redacted, bounded. */
import type { DiffLine } from './fix.ts';
import { REDACTED, redactText, SECRET_NAME } from './redact.ts';

/** What the server or its controllers write, and nobody plans. */
const IGNORED = ['managedFields', 'resourceVersion', 'generation', 'creationTimestamp', 'uid', 'selfLink'];
const MOST_LINES = 200;
const MOST_TEXT = 2000;
const HIDDEN = '<redacted>';

type Json = Readonly<Record<string, unknown>>;

/**
 * Gives the lines that differ. Items of lists that have names are told by name. Where there are more than 200, the last
 * line says how many are left out. `status` is compared only where it is asked for (approval of a CSR).
 */
export function diffObjects(before: Json, after: Json, options: { readonly status?: boolean } = {}): DiffLine[] {
  const lines: DiffLine[] = [];
  const secret = before['kind'] === 'Secret' || after['kind'] === 'Secret';
  const ignore = (path: string, key: string): boolean =>
    (path === '' && key === 'status' && options.status !== true) || (path === 'metadata' && IGNORED.includes(key));
  compare({ path: '', hidden: false }, before, after, { lines, ignore, secret });
  if (lines.length <= MOST_LINES) return lines;
  const left = lines.length - (MOST_LINES - 1);
  return [...lines.slice(0, MOST_LINES - 1), { path: '…', after: `${left} more lines` }];
}

/** True where every changed line is shown to its end: nobody can approve what was cut off. */
export function isWhole(diff: readonly DiffLine[]): boolean {
  const long = (text: string | undefined): boolean => (text ?? '').length >= MOST_TEXT;
  return diff.every((line) => line.path !== '…' && !long(line.before) && !long(line.after));
}

interface Walk {
  readonly lines: DiffLine[];
  readonly ignore: (path: string, key: string) => boolean;
  readonly secret: boolean;
}
interface Place {
  readonly path: string;
  /** True where the names on the way say that the value is a secret. */
  readonly hidden: boolean;
}

function compare(place: Place, before: unknown, after: unknown, walk: Walk): void {
  if (isMap(before) && isMap(after)) return compareMaps(place, before, after, walk);
  if (Array.isArray(before) && Array.isArray(after)) return compareLists(place, before, after, walk);
  if (same(before, after)) return;
  if (typeof before === 'string' && typeof after === 'string' && `${before}${after}`.includes('\n'))
    return compareTexts(place, before, after, walk);
  walk.lines.push({ path: place.path.slice(0, 500), ...sides(place, before, after) });
}

function compareMaps(place: Place, before: Json, after: Json, walk: Walk): void {
  const named = typeof before['name'] === 'string' && SECRET_NAME.test(before['name']);
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (walk.ignore(place.path, key)) continue;
    const inSecret = walk.secret && place.path === '' && (key === 'data' || key === 'stringData');
    const [old, now] = [own(before, key), own(after, key)];
    // A map under such a name is where a secret is found (`secret: {secretName: …}`), not the secret.
    const secretive = SECRET_NAME.test(key) && [old, now].some((value) => typeof value === 'string');
    const hidden = place.hidden || inSecret || secretive || (named && key === 'value');
    compare({ path: joined(place.path, key), hidden }, old, now, walk);
  }
}

function compareLists(place: Place, before: readonly unknown[], after: readonly unknown[], walk: Walk): void {
  const [old, now] = [byName(before), byName(after)];
  if (old !== undefined && now !== undefined) {
    for (const name of new Set([...old.keys(), ...now.keys()])) {
      const hidden = place.hidden || (SECRET_NAME.test(name) && isEnv(old.get(name) ?? now.get(name)));
      compare({ path: `${place.path}[${name}]`, hidden }, old.get(name), now.get(name), walk);
    }
    return;
  }
  const length = Math.max(before.length, after.length);
  for (let i = 0; i < length; i += 1) compare({ ...place, path: `${place.path}[${i}]` }, before[i], after[i], walk);
}

/** A variable with a value of its own; a container or a volume may have any name. */
function isEnv(item: unknown): boolean {
  return isMap(item) && 'value' in item;
}

/** Of a text of many lines only what differs, with the number of its first line. */
function compareTexts(place: Place, before: string, after: string, walk: Walk): void {
  const [old, now] = [before.split('\n'), after.split('\n')];
  const shorter = Math.min(old.length, now.length);
  let head = 0;
  while (head < shorter && old[head] === now[head]) head += 1;
  let tail = 0;
  while (tail < shorter - head && old[old.length - 1 - tail] === now[now.length - 1 - tail]) tail += 1;
  const middle = (lines: readonly string[]): string | undefined =>
    lines.length - tail > head ? lines.slice(head, lines.length - tail).join('\n') : undefined;
  const path = `${place.path} line ${head + 1}`.slice(0, 500);
  walk.lines.push({ path, ...sides(place, middle(old), middle(now)) });
}

function sides({ hidden }: Place, before: unknown, after: unknown): Pick<DiffLine, 'before' | 'after'> {
  return {
    ...(before === undefined ? {} : { before: shown(before, hidden) }),
    ...(after === undefined ? {} : { after: shown(after, hidden) }),
  };
}

function shown(value: unknown, hidden: boolean): string {
  if (hidden) return HIDDEN;
  const text = typeof value === 'string' ? value : JSON.stringify(withoutSecrets(value));
  const redacted = redactText(text).replaceAll(REDACTED, HIDDEN);
  return redacted.length > MOST_TEXT ? `${redacted.slice(0, MOST_TEXT - 1)}…` : redacted;
}

/** A whole part that was added or removed: fields named as secrets, and values of variables named so, are not shown. */
function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (!isMap(value)) return value;
  const named = typeof value['name'] === 'string' && SECRET_NAME.test(value['name']);
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const hide = typeof inner === 'string' && (SECRET_NAME.test(key) || (named && key === 'value'));
      return [key, hide ? HIDDEN : withoutSecrets(inner)];
    }),
  );
}

function byName(list: readonly unknown[]): Map<string, unknown> | undefined {
  const names = new Map<string, unknown>();
  for (const item of list) {
    if (!isMap(item) || typeof item['name'] !== 'string' || names.has(item['name'])) return undefined;
    names.set(item['name'], item);
  }
  return names;
}

function joined(path: string, key: string): string {
  if (!/^[A-Za-z_][\w-]*$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === '' ? key : `${path}.${key}`;
}

function own(map: Json, key: string): unknown {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}

function same(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

function isMap(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
