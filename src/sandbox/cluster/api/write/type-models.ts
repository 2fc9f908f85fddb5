/** The fields that built-in types have, from the generated models of @kubernetes/client-node: unknown ones, wrong types. */
import * as models from '@kubernetes/client-node';
import { isMap, type JsonMap, own, sameJson, setOwn } from './values.ts';

interface Field {
  baseName: string;
  type: string;
}

/** What was found in an object. */
export interface FieldFindings {
  /** The object without unknown fields, except those that stood there before with the same value. */
  pruned: JsonMap;
  /** `spec.template.spec.foo` */
  unknown: string[];
  /** Sentences: `cannot unmarshal string into Go struct field spec.replicas of type int32`. */
  mistyped: string[];
}

const CLASSES = new Map<string, unknown>(Object.entries(models));
const SPECIAL_KINDS: Record<string, string> = { 'v1/Event': 'CoreV1Event', 'events.k8s.io/v1/Event': 'EventsV1Event' };
const GO_TYPES: Record<string, string> = { number: 'int32', boolean: 'bool', string: 'string', Date: 'string' };

/** Looks for unknown and mistyped fields. A type without a model (older beta versions, custom resources) has neither. */
export function checkFields(object: JsonMap, apiVersion: string, kind: string, before?: JsonMap): FieldFindings {
  const version = apiVersion.slice(apiVersion.indexOf('/') + 1);
  const name = SPECIAL_KINDS[`${apiVersion}/${kind}`] ?? `${version[0]?.toUpperCase() ?? ''}${version.slice(1)}${kind}`;
  const findings: FieldFindings = { pruned: object, unknown: [], mistyped: [] };
  if (fieldsOf(name) !== undefined) findings.pruned = checkMap(object, name, before, '', findings);
  return findings;
}

function fieldsOf(type: string): Map<string, string> | undefined {
  const known = fieldCache.get(type);
  if (known !== undefined) return known;
  const model = CLASSES.get(type) as { getAttributeTypeMap?: () => Field[] } | undefined;
  if (typeof model?.getAttributeTypeMap !== 'function') return undefined;
  const fields = new Map(model.getAttributeTypeMap().map(({ baseName, type: one }) => [baseName, one]));
  fieldCache.set(type, fields);
  return fields;
}
const fieldCache = new Map<string, Map<string, string>>();

function checkMap(map: JsonMap, type: string, before: unknown, at: string, findings: FieldFindings): JsonMap {
  const fields = fieldsOf(type);
  // Types that are free-form JSON (RawExtension, JSONSchemaProps of a CRD) are left as they are.
  if (fields === undefined || fields.size === 0 || type.includes('JSONSchemaProps')) return map;
  const checked: JsonMap = {};
  for (const [key, value] of Object.entries(map)) {
    const path = at === '' ? key : `${at}.${key}`;
    const fieldType = fields.get(key);
    const stood = isMap(before) ? own(before, key) : undefined;
    if (fieldType !== undefined) setOwn(checked, key, checkValue(value, fieldType, stood, path, findings));
    else if (stood !== undefined && sameJson(stood, value)) setOwn(checked, key, value);
    else findings.unknown.push(path);
  }
  return checked;
}

function checkValue(value: unknown, type: string, before: unknown, at: string, findings: FieldFindings): unknown {
  if (value === null || value === undefined) return value;
  const item = /^(?:Array|Set)<(.+)>$/.exec(type)?.[1];
  const member = /^\{ \[key: string\]: (.+); \}$/.exec(type)?.[1];
  if (item !== undefined && Array.isArray(value)) {
    const old: unknown[] = Array.isArray(before) ? before : [];
    return value.map((one: unknown, i) => checkValue(one, item, old[i], `${at}[${i}]`, findings));
  }
  if (member !== undefined && isMap(value)) {
    const old = isMap(before) ? before : {};
    const checked = Object.entries(value).map(([key, one]) => {
      return [key, checkValue(one, member, own(old, key), `${at}.${key}`, findings)];
    });
    return Object.fromEntries(checked);
  }
  if (isMap(value) && isStruct(type)) return checkMap(value, type, before, at, findings);
  note(value, type, item ?? member, item === undefined ? type : `[]${item}`, at, findings);
  return value;
}

/** Notes a value that cannot stand for its type. */
function note(
  value: unknown,
  type: string,
  inner: string | undefined,
  shown: string,
  at: string,
  findings: FieldFindings,
): void {
  if (fits(value, type, inner)) return;
  const expected = GO_TYPES[type] ?? shown;
  findings.mistyped.push(`cannot unmarshal ${goKindOf(value)} into Go struct field ${at} of type ${expected}`);
}

function isStruct(type: string): boolean {
  return (fieldsOf(type)?.size ?? 0) > 0;
}

/** Whether a value that is not looked into further may stand for a type. */
function fits(value: unknown, type: string, inner: string | undefined): boolean {
  if (inner !== undefined) return false;
  if (type === 'IntOrString') return typeof value === 'number' || typeof value === 'string';
  if (type === 'Date' || type === 'V1MicroTime') return typeof value === 'string';
  if (type in GO_TYPES) return typeof value === type;
  return !isStruct(type);
}

function goKindOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (isMap(value)) return 'object';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}
