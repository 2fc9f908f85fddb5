/** Fills sentences: `{name}` by its value, `{count:node|nodes}` by singular or plural. */
import type { TextData } from '../core/finding.ts';
import { MAX_VALUE, nameText, shorten, visible } from './visible.ts';

const PLACE = /( ?)\{([A-Za-z]\w*)(?::([^{}|]*)\|([^{}|]*))?\}/g;
/** Lists longer than this show their beginning and how many more there are. */
const MAX_LISTED = 12;

/** How a language writes what stands in data: the rest of a long list, and words that rules give as they are. */
export interface Manner {
  readonly more: (count: number) => string;
  readonly value?: (name: string, value: string) => string;
}

/**
 * Gives the sentence with every place filled. Values come from outside: they are made visible and bounded, never scanned
 * for places again. An empty value takes the blank before it along.
 * @throws Error where a value is missing, naming `where`: a sentence with a hole is a bug, never shown.
 */
export function fill(template: string, data: TextData, where: string, manner: Manner): string {
  const put = (_: string, blank: string, name: string, one: string | undefined, many: string | undefined) => {
    const value = Object.hasOwn(data, name) ? data[name] : undefined;
    if (value === undefined) throw new Error(`${where}: the sentence wants "${name}", which its data does not give`);
    if (one !== undefined && many !== undefined) return blank + (countOf(value) === 1 ? one : many);
    const known = typeof value === 'string' ? (manner.value?.(name, value) ?? value) : value;
    const text = valueText(known, manner.more);
    return text === '' ? '' : blank + text;
  };
  return template.replaceAll(PLACE, put);
}

/** Gives the first sentence of a template: what a headline or a summary takes of it. */
export function firstSentence(template: string): string {
  return /^.*?(?:。|[.!?](?=\s+[\p{Lu}{"“]))/su.exec(template)?.[0] ?? template;
}

/** Gives a value as it stands in a sentence. */
function valueText(value: string | number | readonly string[], more: (count: number) => string): string {
  if (typeof value === 'number') return String(value);
  // Tables that programs print into their logs: two blanks part the columns as well as twenty.
  if (typeof value === 'string') return shorten(visible(value).replaceAll(/ {3,}/g, '  '), MAX_VALUE);
  const shown = value.slice(0, value.length > MAX_LISTED ? MAX_LISTED - 2 : MAX_LISTED).map(nameText);
  const left = value.length - shown.length;
  return left === 0 ? shown.join(', ') : `${shown.join(', ')} ${more(left)}`;
}

function countOf(value: string | number | readonly string[]): number {
  if (typeof value === 'number') return value;
  return typeof value === 'string' ? Number(value) : value.length;
}
