/** The arguments of one Web API call, from a query, a form or JSON, read by name and type. */
import { ApiError, invalidArguments } from './api-error.ts';
import type { Json } from './types.ts';

/** Arguments by name. Nested values may be real JSON or a string that holds JSON, as forms carry them. */
export class Args {
  readonly raw: Json;

  constructor(raw: Json) {
    this.raw = raw;
  }

  has(name: string): boolean {
    const value = this.raw[name];
    return value !== undefined && value !== null && value !== '';
  }

  /** Text, or undefined when absent. Numbers and booleans are written out, as a form would carry them. */
  text(name: string): string | undefined {
    const value = this.raw[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    throw invalidArguments(`must provide a string [json-pointer:/${name}]`);
  }

  need(name: string): string {
    const value = this.text(name);
    if (value === undefined || value === '') throw invalidArguments(`missing required field: ${name}`);
    return value;
  }

  flag(name: string): boolean {
    const value = this.raw[name];
    return value === true || value === 'true' || value === '1' || value === 1;
  }

  /** A whole number within bounds, or `fallback` when absent. */
  count(name: string, fallback: number, max: number): number {
    const value = this.text(name);
    if (value === undefined) return fallback;
    const n = Number(value);
    if (!Number.isInteger(n) || n < 0) throw invalidArguments(`must be an integer [json-pointer:/${name}]`);
    return Math.min(n, max);
  }

  /** A nested value. Throws `ApiError(broken)` where it is a string that holds no JSON. */
  json(name: string, broken: string): unknown {
    const value = this.raw[name];
    if (value === undefined || value === null || value === '') return undefined;
    if (typeof value !== 'string') return value;
    try {
      return JSON.parse(value) as unknown;
    } catch {
      throw new ApiError(broken);
    }
  }
}

/** Whether a value is an object with names, not a list. */
export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The objects of a list; anything else is left out. */
export function objects(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** A member that is text, else ''. */
export function textOf(value: Json, name: string): string {
  const found = value[name];
  return typeof found === 'string' ? found : '';
}
