/** A measured number, with the aim beside it where there is one. */

/** What a number counts. Sizes are in bytes; how they are shown is the table's business. */
export type Unit = 'ms' | 'bytes' | 'count' | 'ratio';

export interface Aim {
  /** In words, as the table shows it. */
  readonly text: string;
  readonly met: boolean;
}

export interface Figure {
  readonly group: string;
  readonly what: string;
  readonly unit: Unit;
  /** Undefined where the measurement failed; the note says how. */
  readonly value: number | undefined;
  readonly aim?: Aim;
  readonly note?: string;
}

/** Takes what the phases measure, in order. */
export class Figures {
  readonly list: Figure[] = [];

  /** Adds a number. With `below`, the aim is met where the number is below it. */
  add(
    group: string,
    what: string,
    unit: Unit,
    value: number | undefined,
    more: { readonly below?: number; readonly aim?: string; readonly note?: string } = {},
  ): void {
    const { below, aim, note } = more;
    this.list.push({
      group,
      what,
      unit,
      value,
      ...(below === undefined
        ? {}
        : { aim: { text: aim ?? `< ${shown(below, unit)}`, met: value !== undefined && value < below } }),
      ...(note === undefined ? {} : { note }),
    });
  }
}

/** A number as people read it: `84 ms`, `3.2 s`, `61 MB`, `1,234`. */
export function shown(value: number | undefined, unit: Unit): string {
  if (value === undefined) return '–';
  if (unit === 'count') return Math.round(value).toLocaleString('en-US');
  if (unit === 'ratio') return `${value.toFixed(2)}×`;
  if (unit === 'bytes') {
    if (value < 1e6) return `${(value / 1e3).toFixed(1)} kB`;
    return `${(value / 1e6).toFixed(value < 1e7 ? 1 : 0)} MB`;
  }
  if (value < 10) return `${value.toFixed(1)} ms`;
  return value < 1000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(2)} s`;
}

/** The q-th part of the numbers lies at or below the result (nearest rank); undefined for none. */
export function quantile(numbers: readonly number[], q: number): number | undefined {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)];
}

/** The middle number; undefined for none. */
export function median(numbers: readonly number[]): number | undefined {
  return quantile(numbers, 0.5);
}
