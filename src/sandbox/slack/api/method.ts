/** The type of a Web API method: arguments in, the members of an `ok` answer out, or an ApiError thrown. */
import type { Args } from '../args.ts';
import type { Json } from '../types.ts';
import type { World } from '../world.ts';

export type Method = (world: World, args: Args) => Json;

/** One page of a list, by the cursor and limit of the call. */
export function page<T>(
  args: Args,
  items: readonly T[],
  fallback: number,
): { items: T[]; next: string; more: boolean } {
  const limit = Math.max(1, args.count('limit', fallback, 1000));
  const cursor = args.text('cursor') ?? '';
  const start = cursor === '' ? 0 : Number(Buffer.from(cursor, 'base64').toString().replace('at:', ''));
  const from = Number.isInteger(start) && start >= 0 ? start : 0;
  const end = from + limit;
  const more = end < items.length;
  return { items: items.slice(from, end), next: more ? Buffer.from(`at:${end}`).toString('base64') : '', more };
}
