/** Does a change still stand? Compares the fields that a step set with the live object; what others changed elsewhere is theirs. */
import type { ApiObject } from '../core/api-object.ts';
import type { ApiStep } from '../core/remediation.ts';

type Json = Readonly<Record<string, unknown>>;

/**
 * Gives the path of the first field that no longer holds what the step wrote, or undefined where all of it stands.
 * For patches and updates; `null` and `$patch: delete` mean that something must be gone.
 */
export function reversedField(object: ApiObject, step: ApiStep): string | undefined {
  if (step.body === undefined || step.verb === 'delete') return undefined;
  if (step.patch === 'json') return Array.isArray(step.body) ? reversedPointer(object, step.body) : undefined;
  return differs(object, step.body, '');
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function differs(live: unknown, wanted: unknown, path: string): string | undefined {
  if (wanted === null) return live === undefined || live === null ? undefined : path;
  if (Array.isArray(wanted)) return listDiffers(live, wanted, path);
  if (!isObject(wanted)) return Object.is(live, wanted) ? undefined : path;
  for (const [key, value] of Object.entries(wanted)) {
    // Directives of strategic merge ($patch, $retainKeys, $setElementOrder/…) are no fields.
    if (key.startsWith('$')) continue;
    const found = differs(isObject(live) ? live[key] : undefined, value, path === '' ? key : `${path}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Lists merge by a key that only the server knows, so an entry stands where any live entry has all of its fields. */
function listDiffers(live: unknown, wanted: readonly unknown[], path: string): string | undefined {
  const entries: readonly unknown[] = Array.isArray(live) ? live : [];
  for (const [i, entry] of wanted.entries()) {
    const directive = isObject(entry) ? entry['$patch'] : undefined;
    const { $patch: _, ...fields } = isObject(entry) ? entry : ({} as Json);
    if (directive !== undefined && Object.keys(fields).length === 0) continue;
    const holds = (one: unknown): boolean => differs(one, directive === undefined ? entry : fields, '') === undefined;
    const name = isObject(entry) && typeof entry['name'] === 'string' ? entry['name'] : String(i);
    if (directive === 'delete') {
      if (entries.some(holds)) return `${path}[${name}]`;
      continue;
    }
    if (entries.some(holds)) continue;
    const same = entries.find((one) => isObject(one) && isObject(entry) && one['name'] === entry['name']);
    return (same === undefined ? undefined : differs(same, entry, `${path}[${name}]`)) ?? `${path}[${name}]`;
  }
  return undefined;
}

function reversedPointer(object: ApiObject, operations: readonly unknown[]): string | undefined {
  for (const operation of operations) {
    if (!isObject(operation) || typeof operation['path'] !== 'string') continue;
    const keys = operation['path'].split('/').slice(1).map(unescaped);
    const last = keys.at(-1) ?? '';
    const parent = keys.slice(0, -1).reduce<unknown>(member, object);
    const live = member(parent, last);
    const path = keys.join('.');
    const kind = operation['op'];
    // Which entry of a list was removed cannot be told from what is left.
    if (kind === 'remove' && !Array.isArray(parent) && live !== undefined) return path;
    if (kind !== 'add' && kind !== 'replace') continue;
    const holds = (one: unknown): boolean => differs(one, operation['value'], '') === undefined;
    if (!(Array.isArray(parent) ? parent.some(holds) : holds(live))) return path;
  }
  return undefined;
}

function unescaped(key: string): string {
  return key.replaceAll('~1', '/').replaceAll('~0', '~');
}

function member(value: unknown, key: string): unknown {
  if (Array.isArray(value)) return (value as readonly unknown[])[Number(key)];
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}
