/** The schema that a CustomResourceDefinition gives its objects: unknown fields are pruned, the rest is validated. */
import type { ServerContext } from '../context.ts';
import { at, entries, flag, items, text } from '../json.ts';
import type { Resource } from '../resource-table.ts';
import { invalid, type Problem, required, unsupported } from './problems.ts';
import { isMap, type JsonMap, own, sameJson, setOwn } from './values.ts';

const ROOT_FIELDS = new Set(['apiVersion', 'kind', 'metadata']);

/** What was found in a custom resource. */
export interface SchemaFindings {
  pruned: JsonMap;
  unknown: string[];
  problems: Problem[];
}

/** Checks an object against the schema of its version, if there is a CRD with one. */
export function checkSchema(context: ServerContext, resource: Resource, object: JsonMap): SchemaFindings {
  const { group, plural, version } = resource;
  const ref = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', name: `${plural}.${group}` };
  const definition = context.store.get(ref);
  const served = items(definition, 'spec', 'versions').find((one) => text(one, 'name') === version);
  const schema = at(served, 'schema', 'openAPIV3Schema') ?? at(definition, 'spec', 'validation', 'openAPIV3Schema');
  const findings: SchemaFindings = { pruned: object, unknown: [], problems: [] };
  if (!isMap(schema)) return findings;
  const checked = check(object, schema, '', findings);
  return { ...findings, pruned: isMap(checked) ? checked : object };
}

function check(value: unknown, schema: JsonMap, path: string, findings: SchemaFindings): unknown {
  if (value === null && flag(schema, 'nullable')) return value;
  if (!hasType(value, schema)) {
    const shown = isMap(value) ? 'object' : Array.isArray(value) ? 'array' : typeof value;
    const detail = `${path} in body must be of type ${text(schema, 'type')}: "${shown}"`;
    findings.problems.push(invalid(path, shown, detail));
    return value;
  }
  const allowed = items(schema, 'enum');
  if (allowed.length > 0 && !allowed.some((one) => sameJson(one, value))) {
    findings.problems.push(unsupported(path, value, allowed.map(String)));
  }
  findings.problems.push(...limits(value, schema, path));
  if (Array.isArray(value)) {
    const item = own(schema, 'items');
    return isMap(item) ? value.map((one: unknown, i) => check(one, item, `${path}[${i}]`, findings)) : value;
  }
  return isMap(value) ? checkMap(value, schema, path, findings) : value;
}

function hasType(value: unknown, schema: JsonMap): boolean {
  if (flag(schema, 'x-kubernetes-int-or-string')) return typeof value === 'string' || Number.isInteger(value);
  switch (text(schema, 'type')) {
    case 'object':
      return isMap(value);
    case 'array':
      return Array.isArray(value);
    case 'integer':
      return Number.isInteger(value);
    case 'number':
    case 'string':
    case 'boolean':
      return typeof value === text(schema, 'type');
    default:
      return true;
  }
}

function limits(value: unknown, schema: JsonMap, path: string): Problem[] {
  const limit = (name: string) => {
    const found = own(schema, name);
    return typeof found === 'number' ? found : undefined;
  };
  const [minimum, maximum] = [limit('minimum'), limit('maximum')];
  if (typeof value === 'number' && minimum !== undefined && value < minimum) {
    return [invalid(path, value, `${path} in body should be greater than or equal to ${minimum}`)];
  }
  if (typeof value === 'number' && maximum !== undefined && value > maximum) {
    return [invalid(path, value, `${path} in body should be less than or equal to ${maximum}`)];
  }
  const pattern = text(schema, 'pattern');
  if (typeof value !== 'string' || pattern === '' || matches(value, pattern)) return [];
  return [invalid(path, value, `${path} in body should match '${pattern}'`)];
}

/** A pattern that is no JavaScript expression (Go's differ a little) is not checked. */
function matches(value: string, pattern: string): boolean {
  try {
    return new RegExp(pattern, 'u').test(value);
  } catch {
    return true;
  }
}

function checkMap(map: JsonMap, schema: JsonMap, path: string, findings: SchemaFindings): JsonMap {
  const properties = at(schema, 'properties');
  const additional = own(schema, 'additionalProperties');
  const free = flag(schema, 'x-kubernetes-preserve-unknown-fields') || additional === true;
  const checked: JsonMap = {};
  for (const [key, value] of Object.entries(map)) {
    const inner = at(properties, key) ?? (isMap(additional) ? additional : undefined);
    const where = path === '' ? key : `${path}.${key}`;
    if (path === '' && ROOT_FIELDS.has(key)) setOwn(checked, key, value);
    else if (isMap(inner)) setOwn(checked, key, check(value, inner, where, findings));
    else if (free || properties === undefined) setOwn(checked, key, value);
    else findings.unknown.push(where);
  }
  complete(checked, schema, path, findings);
  return checked;
}

/** Fills in defaults, and notes what is still missing. */
function complete(map: JsonMap, schema: JsonMap, path: string, findings: SchemaFindings): void {
  for (const [key, inner] of entries(schema, 'properties')) {
    const fallback = at(inner, 'default');
    if (fallback !== undefined && !Object.hasOwn(map, key)) setOwn(map, key, structuredClone(fallback));
  }
  for (const key of items(schema, 'required').map(String)) {
    if (!Object.hasOwn(map, key)) findings.problems.push(required(path === '' ? key : `${path}.${key}`));
  }
}
