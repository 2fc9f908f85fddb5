/** JSON merge patch (RFC 7386) and JSON patch (RFC 6902). */
import { z } from 'zod';
import { badRequest, StatusError } from '../status-error.ts';
import { copyOf, isMap, type JsonMap, own, sameJson, setOwn } from './values.ts';

const MAX_OPERATIONS = 10_000;

/** Applies a JSON merge patch; null deletes, lists are replaced. */
export function mergePatch(original: unknown, patch: JsonMap): JsonMap {
  const merged: JsonMap = isMap(original) ? { ...original } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else setOwn(merged, key, isMap(value) ? mergePatch(own(merged, key), value) : value);
  }
  return merged;
}

const pointer = z.string().refine((text) => text === '' || text.startsWith('/'));
const operation = z.discriminatedUnion('op', [
  z.object({ op: z.enum(['add', 'replace', 'test']), path: pointer, value: z.unknown() }),
  z.object({ op: z.literal('remove'), path: pointer }),
  z.object({ op: z.enum(['move', 'copy']), path: pointer, from: pointer }),
]);
type Operation = z.infer<typeof operation>;

/**
 * Applies a JSON patch to a copy. Throws 400 for one that cannot be read, 422 where a test fails or a path leads
 * nowhere, as the real server does.
 */
export function jsonPatch(original: JsonMap, patch: unknown): unknown {
  if (Array.isArray(patch) && patch.length > MAX_OPERATIONS) {
    throw new StatusError(
      413,
      'RequestEntityTooLarge',
      `The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${patch.length}`,
    );
  }
  const parsed = z.array(operation).safeParse(patch);
  if (!parsed.success) throw badRequest('error decoding patch: a JSON patch is a list of operations with op and path');
  return parsed.data.reduce<unknown>(applyOperation, copyOf(original));
}

function applyOperation(document: unknown, step: Operation): unknown {
  const path = tokensOf(step.path);
  switch (step.op) {
    case 'test':
      if (!sameJson(find(document, path, step.path), step.value)) {
        throw unprocessable(`testing value ${step.path} failed: test failed`);
      }
      return document;
    case 'add':
      return put(document, path, copyOf(step.value), true, step.path);
    case 'replace':
      find(document, path, step.path);
      return put(document, path, copyOf(step.value), false, step.path);
    case 'remove':
      return remove(document, path, step.path);
    case 'copy':
      return put(document, path, copyOf(find(document, tokensOf(step.from), step.from)), true, step.path);
    case 'move': {
      const moved = find(document, tokensOf(step.from), step.from);
      if (step.path.startsWith(`${step.from}/`)) throw unprocessable(`Unable to move "${step.from}" into itself`);
      return put(remove(document, tokensOf(step.from), step.from), path, moved, true, step.path);
    }
  }
}

function tokensOf(path: string): string[] {
  return path
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function find(document: unknown, path: readonly string[], shown: string): unknown {
  let current = document;
  for (const token of path) {
    if (Array.isArray(current)) current = current[indexOf(token, current.length - 1, shown)];
    else if (isMap(current) && Object.hasOwn(current, token)) current = current[token];
    else throw missing(shown);
  }
  return current;
}

function put(document: unknown, path: readonly string[], value: unknown, insert: boolean, shown: string): unknown {
  const last = path.at(-1);
  if (last === undefined) return value;
  const parent = find(document, path.slice(0, -1), shown);
  if (Array.isArray(parent)) {
    if (insert) parent.splice(last === '-' ? parent.length : indexOf(last, parent.length, shown), 0, value);
    else parent[indexOf(last, parent.length - 1, shown)] = value;
  } else if (isMap(parent)) setOwn(parent, last, value);
  else throw missing(shown);
  return document;
}

function remove(document: unknown, path: readonly string[], shown: string): unknown {
  find(document, path, shown);
  const last = path.at(-1);
  if (last === undefined) throw unprocessable('Unable to remove the whole document');
  const parent = find(document, path.slice(0, -1), shown);
  if (Array.isArray(parent)) parent.splice(indexOf(last, parent.length - 1, shown), 1);
  else if (isMap(parent)) delete parent[last];
  return document;
}

function indexOf(token: string, highest: number, shown: string): number {
  if (!/^(0|[1-9]\d*)$/.test(token) || Number(token) > highest) throw missing(shown);
  return Number(token);
}

function missing(path: string): StatusError {
  return unprocessable(`the path ${path} does not exist: missing value`);
}

function unprocessable(message: string): StatusError {
  return new StatusError(422, 'Invalid', `the server rejected our request due to an error in our request: ${message}`, {
    causes: [{ message }],
  });
}
