/** A small schema language for Block Kit that reports violations in Slack's words, with JSON pointers. */
import { isObject } from '../args.ts';

/** One violation: what is wrong, and where. */
export interface Problem {
  message: string;
  pointer: string;
}

/** Checks one value at one pointer and adds what is wrong to `out`. */
export type Check = (value: unknown, at: string, out: Problem[]) => void;

/** Text of `min` to `max` UTF-16 units (the unit Slack counts in is not documented). */
export function text(min: number, max: number): Check {
  return (value, at, out) => {
    if (typeof value !== 'string') out.push({ message: 'must provide a string', pointer: at });
    else if (value.length < min) out.push({ message: `must be more than ${min - 1} characters`, pointer: at });
    else if (value.length > max) out.push({ message: `must be less than ${max + 1} characters`, pointer: at });
  };
}

export const bool: Check = (value, at, out) => {
  if (typeof value !== 'boolean') out.push({ message: 'must be a valid boolean', pointer: at });
};

/** A whole number within bounds. */
export function integer(min: number, max: number): Check {
  return (value, at, out) => {
    if (typeof value !== 'number' || !Number.isInteger(value)) out.push({ message: 'must be an integer', pointer: at });
    else if (value < min) out.push({ message: `must be at least ${min}`, pointer: at });
    else if (value > max) out.push({ message: `must be at most ${max}`, pointer: at });
  };
}

export const number: Check = (value, at, out) => {
  if (typeof value !== 'number' || !Number.isFinite(value)) out.push({ message: 'must be a number', pointer: at });
};

/** One of the words given. */
export function oneOf(...allowed: readonly string[]): Check {
  return (value, at, out) => {
    if (typeof value !== 'string' || !allowed.includes(value)) {
      out.push({ message: `must be a valid enum value (${allowed.join(', ')})`, pointer: at });
    }
  };
}

/** An address of the given schemes, at most 3000 characters. */
export function url(...schemes: readonly string[]): Check {
  return (value, at, out) => {
    text(1, 3000)(value, at, out);
    if (typeof value !== 'string' || value.length === 0 || value.length > 3000) return;
    const parsed = URL.canParse(value) ? new URL(value) : undefined;
    if (!parsed || !schemes.includes(parsed.protocol.slice(0, -1)))
      out.push({ message: 'must be a valid URL', pointer: at });
  };
}

/** A list of `min` to `max` items, each of which passes `item`. */
export function list(item: Check, min: number, max: number): Check {
  return (value, at, out) => {
    if (!Array.isArray(value)) {
      out.push({ message: 'must be an array', pointer: at });
      return;
    }
    if (value.length > max) out.push({ message: `no more than ${max} items allowed`, pointer: at });
    if (value.length < min) out.push({ message: `no less than ${min} items allowed`, pointer: at });
    value.forEach((entry, i) => item(entry, `${at}/${i}`, out));
  };
}

/** The members of an object and their checks. */
export interface Shape {
  required: Record<string, Check>;
  optional?: Record<string, Check>;
  /** A rule across members, run after them. */
  also?: Check;
}

/** An object with these members and `type`; unknown members are refused, as Slack refuses `disabled` on a button. */
export function shape(s: Shape): Check {
  return (value, at, out) => {
    if (!isObject(value)) {
      out.push({ message: 'must be an object', pointer: at });
      return;
    }
    for (const [name, check] of Object.entries(s.required)) {
      if (value[name] === undefined || value[name] === null) {
        out.push({ message: `missing required field: ${name}`, pointer: at });
      } else check(value[name], `${at}/${name}`, out);
    }
    for (const [name, member] of Object.entries(value)) {
      if (name === 'type' || name in s.required || member === undefined || member === null) continue;
      const check = s.optional?.[name];
      if (check) check(member, `${at}/${name}`, out);
      else out.push({ message: `invalid additional property: ${name}`, pointer: at });
    }
    s.also?.(value, at, out);
  };
}

/**
 * One of several shapes, chosen by `type`. With `wrap`, a violation inside is preceded by Slack's
 * `failed to match all allowed schemas` at the union itself, as seen for section text.
 */
export function byType(kinds: Record<string, Check>, wrap: boolean): Check {
  return (value, at, out) => {
    const type = isObject(value) ? value['type'] : undefined;
    const inner: Problem[] = [];
    if (!isObject(value)) inner.push({ message: 'must be an object', pointer: at });
    else if (type === undefined) inner.push({ message: 'missing required field: type', pointer: at });
    else {
      const check = typeof type === 'string' && Object.hasOwn(kinds, type) ? kinds[type] : undefined;
      if (check) check(value, at, inner);
      else
        inner.push({ message: `unsupported type: ${JSON.stringify(type).replaceAll('"', '')}`, pointer: `${at}/type` });
    }
    if (inner.length > 0 && wrap) out.push({ message: 'failed to match all allowed schemas', pointer: at });
    out.push(...inner);
  };
}
