/** What is wrong with an object, field by field, and the 422 that lists it. */
import { type GroupResource, StatusError } from '../status-error.ts';

/** One broken rule, as it will stand in `details.causes`. */
export interface Problem {
  reason: string;
  field: string;
  message: string;
}

/** A value that breaks a rule. */
export function invalid(field: string, value: unknown, detail: string): Problem {
  return { reason: 'FieldValueInvalid', field, message: `Invalid value: ${shown(value)}: ${detail}` };
}

/** A value that is none of the known ones. */
export function unsupported(field: string, value: unknown, supported: readonly string[]): Problem {
  const list = supported.map((one) => JSON.stringify(one)).join(', ');
  const message = `Unsupported value: ${shown(value)}: supported values: ${list}`;
  return { reason: 'FieldValueNotSupported', field, message };
}

/** A missing value. */
export function required(field: string, detail = ''): Problem {
  return { reason: 'FieldValueRequired', field, message: `Required value${detail === '' ? '' : `: ${detail}`}` };
}

/** Something that must not be said or changed. */
export function forbiddenField(field: string, detail: string): Problem {
  return { reason: 'FieldValueForbidden', field, message: `Forbidden: ${detail}` };
}

/** A value that must be unique. */
export function duplicate(field: string, value: unknown): Problem {
  return { reason: 'FieldValueDuplicate', field, message: `Duplicate value: ${shown(value)}` };
}

/** A name that refers to nothing. */
export function unknownReference(field: string, value: unknown): Problem {
  return { reason: 'FieldValueNotFound', field, message: `Not found: ${shown(value)}` };
}

/** The 422 for an object: `Deployment.apps "web" is invalid: spec.replicas: Invalid value: -1: …`. */
export function invalidError(kind: GroupResource, name: string, problems: readonly Problem[]): StatusError {
  const lines = problems.map(({ field, message }) => `${field}: ${message}`);
  const all = lines.length === 1 ? lines[0] : `[${lines.join(', ')}]`;
  const qualifiedKind = kind.group === '' ? kind.resource : `${kind.resource}.${kind.group}`;
  return new StatusError(422, 'Invalid', `${qualifiedKind} ${JSON.stringify(name)} is invalid: ${all ?? ''}`, {
    ...(name === '' ? {} : { name }),
    ...(kind.group === '' ? {} : { group: kind.group }),
    ...(kind.resource === '' ? {} : { kind: kind.resource }),
    causes: problems.map(({ reason, message, field }) => ({ reason, message, field })),
  });
}

function shown(value: unknown): string {
  return value === undefined ? 'null' : JSON.stringify(value);
}
