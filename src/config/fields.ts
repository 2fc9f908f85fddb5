/** How settings are read from the environment: one table per process, one sentence for each variable that is wrong. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** Variables as the process was given them; handed in, so that tests set what they like. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** One variable: its name, what it is for, what it takes. The same data makes `.env.example`. */
export interface Field<T> {
  readonly name: string;
  /** One sentence for `.env.example`. */
  readonly about: string;
  /** Completes "expected …" in an error. */
  readonly expected: string;
  readonly schema: z.ZodType<T, unknown>;
  /** Taken where the variable is missing or empty. */
  readonly fallback?: string;
  /** True where the process starts without it. A field with a fallback is optional too. */
  readonly optional?: boolean;
  /** Shown as the value in `.env.example`, commented out. */
  readonly example?: string;
  /** Never printed; may also be given as `NAME_FILE`, the path of a file that holds it. */
  readonly secret?: boolean;
  /** A better sentence for a value that is known to be a mix-up. */
  readonly hint?: (value: string) => string | undefined;
}

export type FieldTable = Readonly<Record<string, Field<unknown>>>;
export type Values<F extends FieldTable> = { readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never };

/** What is wrong with the settings: one sentence a variable. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/** Declares a variable; the type of its value follows from the schema. */
export function field<T>(definition: Field<T>): Field<T> {
  return definition;
}

/**
 * Reads a table of variables.
 * @throws ConfigError with one sentence for each variable that is missing or wrong; secrets are not in it.
 */
export function readFields<F extends FieldTable>(env: Environment, fields: F): Values<F> {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [key, definition] of Object.entries(fields)) {
    const given = valueOf(env, definition, problems) ?? definition.fallback;
    if (given === undefined) {
      if (definition.optional !== true) {
        problems.push(`${definition.name} is missing; expected ${definition.expected}.`);
      }
      continue;
    }
    const parsed = definition.schema.safeParse(given);
    if (parsed.success) values[key] = parsed.data;
    else problems.push(wrong(definition, given));
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return values as Values<F>;
}

function wrong(definition: Field<unknown>, given: string): string {
  const hint = definition.hint?.(given);
  const shown = definition.secret === true ? redacted(given) : `"${given.slice(0, 80)}"`;
  return `${definition.name} is ${shown}; expected ${definition.expected}${hint === undefined ? '' : ` (${hint})`}.`;
}

function valueOf(env: Environment, definition: Field<unknown>, problems: string[]): string | undefined {
  const direct = env[definition.name]?.trim();
  if (direct !== undefined && direct !== '') return direct;
  const path = definition.secret === true ? env[`${definition.name}_FILE`]?.trim() : undefined;
  if (path === undefined || path === '') return undefined;
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    problems.push(`${definition.name}_FILE is "${path}"; expected a file that can be read.`);
    return definition.fallback ?? '';
  }
}

/** Keeps the kind of a secret and its length, nothing else: `xoxb-… (57 characters)`. */
export function redacted(secret: string): string {
  const kind = /^[a-z]{2,5}[-:]/i.exec(secret)?.[0] ?? '';
  return `${kind}… (${secret.length} characters)`;
}

/** A whole number within bounds. */
export function wholeNumber(min: number, max: number): z.ZodType<number, unknown> {
  return z
    .string()
    .regex(/^\d{1,12}$/)
    .transform(Number)
    .pipe(z.number().int().min(min).max(max));
}

/** Words with commas between them; empty ones are dropped. */
export function listOf(item: z.ZodType<string, string>): z.ZodType<string[], unknown> {
  return z
    .string()
    .transform((text) =>
      text
        .split(',')
        .map((word) => word.trim())
        .filter((word) => word !== ''),
    )
    .pipe(z.array(item).min(1));
}
