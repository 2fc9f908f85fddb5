/** What a printer is: the columns of a kind and the cells of one object, as the API server's tables have them. */
import { ageOf } from '../duration.ts';
import type { KubeObject } from '../types.ts';

/** A column; those of priority 1 are shown by `-o wide`. */
export interface Column {
  name: string;
  type: string;
  format: string;
  description: string;
  priority: number;
}

/** What cells depend on besides the object. Times in objects are unshifted, so `nowMs` is too. */
export interface PrintContext {
  nowMs: number;
  minor: number;
  /** A time as it is served. */
  shiftTime(timestamp: string): string;
}

/** Columns and cells of one kind. */
export interface Printer {
  columns: readonly Column[];
  cells(object: KubeObject, context: PrintContext): unknown[];
}

/** A column; `wide` is shown by `-o wide` only. The column "Name" has the format that kubectl looks for. */
export function column(name: string, kind: 'always' | 'wide' = 'always', type = 'string'): Column {
  return { name, type, format: name === 'Name' ? 'name' : '', description: '', priority: kind === 'wide' ? 1 : 0 };
}

/** The age of an object since its creation. */
export function age(object: KubeObject, context: PrintContext): string {
  return ageOf(object.metadata.creationTimestamp, context.nowMs);
}

/** `a=b,c=d` in the order of keys, or `<none>`. */
export function formatLabels(labels: readonly [string, unknown][]): string {
  if (labels.length === 0) return '<none>';
  return labels
    .map(([key, value]) => `${key}=${String(value)}`)
    .sort()
    .join(',');
}

/** The first `max` of a list, and how many more there are. */
export function shortList(list: readonly string[], max: number): string {
  const shown = list.slice(0, max).join(',');
  return list.length > max ? `${shown} + ${list.length - max} more...` : shown;
}
