/** Lists from the API server: whole, in pages, bounded; from the server's cache where etcd cannot answer. */
import { ClusterError } from '../core/errors.ts';
import type { ClusterReader } from '../core/ports.ts';
import { RawList } from './objects/raw.ts';

/** How one list is read. `max` bounds what is kept in memory; `total` still counts the rest where the server says it. */
export interface ListSpec<T> {
  readonly path: string;
  readonly parse: (item: unknown) => T;
  readonly query?: Readonly<Record<string, string>>;
  readonly pageSize?: number;
  readonly max?: number;
}

export interface Listed<T> {
  readonly total: number;
  readonly items: T[];
}

const PAGE_SIZE = 500;
const MAX_ITEMS = 50_000;
/** Pages may be shorter than asked for, and even empty; this many are no list. */
const MOST_PAGES = 1000;
/** Failures of etcd, not of the API server: its watch cache may still answer. */
const ETCD: readonly unknown[] = ['server-error', 'timeout'];

/**
 * Reads a list page by page. A `continue` that expired (410) starts it again once. Where the first page fails for etcd's
 * sake, it is asked once more with resourceVersion=0, which the API server answers from memory.
 * @throws ClusterError where there is no whole list to give.
 */
export async function listAll<T>(cluster: ClusterReader, spec: ListSpec<T>, signal: AbortSignal): Promise<Listed<T>> {
  try {
    return await pages(cluster, spec, signal);
  } catch (error) {
    if (!(error instanceof ClusterError) || signal.aborted) throw error;
    if (error.code === 'gone') return await pages(cluster, spec, signal);
    if (!ETCD.includes(error.code)) throw error;
    try {
      return await pages(cluster, { ...spec, query: { ...spec.query, resourceVersion: '0' } }, signal);
    } catch {
      throw error;
    }
  }
}

async function pages<T>(cluster: ClusterReader, spec: ListSpec<T>, signal: AbortSignal): Promise<Listed<T>> {
  const { path, parse, pageSize = PAGE_SIZE, max = MAX_ITEMS } = spec;
  const items: T[] = [];
  let next: string | undefined;
  for (let page = 0; ; page += 1) {
    const query: Record<string, string> = { ...spec.query, limit: String(pageSize) };
    if (next !== undefined) {
      query['continue'] = next;
      delete query['resourceVersion'];
    }
    const answer = RawList.parse(await cluster.read({ path, query }, signal));
    for (const item of answer.items) items.push(parse(item));
    const before = next;
    next = answer.metadata?.continue === '' ? undefined : answer.metadata?.continue;
    if (next === undefined) return { total: items.length, items };
    if (items.length >= max) {
      return { total: items.length + Math.max(0, answer.metadata?.remainingItemCount ?? 0), items };
    }
    if (next === before || page >= MOST_PAGES) throw new ClusterError('malformed', `the list at ${path} has no end`);
  }
}

/** Reads a whole list; empty where the API server does not serve its kind. @throws ClusterError for every other failure. */
export async function listOrNone<T>(cluster: ClusterReader, spec: ListSpec<T>, signal: AbortSignal): Promise<T[]> {
  try {
    return (await listAll(cluster, spec, signal)).items;
  } catch (error) {
    if (error instanceof ClusterError && error.code === 'not-found') return [];
    throw error;
  }
}

/** Reads one object; undefined where it does not exist. @throws ClusterError for every other failure. */
export async function getOrUndefined(cluster: ClusterReader, path: string, signal: AbortSignal): Promise<unknown> {
  try {
    return await cluster.read({ path }, signal);
  } catch (error) {
    if (error instanceof ClusterError && error.code === 'not-found') return undefined;
    throw error;
  }
}

/** `{a: 'x', b: 'y'}` as a label selector. */
export function selectorText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}
