/** The options of a write: dry run, field manager, field validation. */
import type { ResourceRequest } from '../context.ts';
import { StatusError } from '../status-error.ts';

/** Options of create, update and patch. */
export interface WriteOptions {
  dryRun: boolean;
  /** The given one, else the client's name from its User-Agent. */
  manager: string;
  fieldValidation: 'Ignore' | 'Warn' | 'Strict';
}

const WARNS_SINCE_MINOR = 25;
const MAX_MANAGER = 128;

/** Reads the options; `kind` names them in errors. Throws 400 for a `dryRun` other than All, 422 for other bad values. */
export function writeOptionsOf({ info, userAgent }: ResourceRequest, minor: number): WriteOptions {
  const given = info.query.get('fieldManager') ?? '';
  if (given.length > MAX_MANAGER)
    throw optionError(info.verb, 'fieldManager', 'Too long: may not be more than 128 bytes');
  const validation = info.query.get('fieldValidation') ?? '';
  return {
    dryRun: isDryRun(info.query.getAll('dryRun')),
    manager: given === '' ? (userAgent.split('/')[0]?.slice(0, MAX_MANAGER) ?? '') || 'unknown' : given,
    fieldValidation: fieldValidationOf(validation, info.verb, minor),
  };
}

/** Whether `dryRun=All` was given; throws 400 for any other value. */
export function isDryRun(values: readonly string[]): boolean {
  const given = values.filter((value) => value !== '');
  const wrong = given.find((value) => value !== 'All');
  if (wrong !== undefined) {
    const message = `Invalid value: ["${wrong}"]: Unsupported value: "${wrong}": supported values: "All"`;
    const details = { causes: [{ reason: 'FieldValueNotSupported', message, field: 'dryRun' }] };
    throw new StatusError(400, 'BadRequest', `dryRun: Unsupported value: "${wrong}": supported values: "All"`, details);
  }
  return given.length > 0;
}

function fieldValidationOf(value: string, verb: string, minor: number): WriteOptions['fieldValidation'] {
  // Older servers do not know the parameter and drop unknown fields in silence.
  if (minor < WARNS_SINCE_MINOR) return 'Ignore';
  if (value === '') return 'Warn';
  if (value === 'Ignore' || value === 'Warn' || value === 'Strict') return value;
  const supported = '"Ignore", "Strict", "Warn"';
  throw optionError(verb, 'fieldValidation', `Unsupported value: "${value}": supported values: "", ${supported}`);
}

function optionError(verb: string, field: string, detail: string): StatusError {
  const kind = `${(verb[0] ?? '').toUpperCase()}${verb.slice(1)}Options`;
  return new StatusError(422, 'Invalid', `${kind}.meta.k8s.io "" is invalid: ${field}: ${detail}`, {
    group: 'meta.k8s.io',
    kind,
    causes: [{ reason: 'FieldValueInvalid', message: detail, field }],
  });
}
