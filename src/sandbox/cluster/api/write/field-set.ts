/** Which fields an object has, and the FieldsV1 form of such a set in `metadata.managedFields`. */
import { type FieldRule, ruleOfField, ruleOfItem } from './list-types.ts';
import { isMap, type JsonMap, own, sameJson } from './values.ts';

const SEPARATOR = '\n';
/** Fields that nobody manages: they identify the object or belong to the server. */
const UNMANAGED = new Set(
  ['f:apiVersion', 'f:kind', 'f:metadata'].concat(
    ['name', 'namespace', 'creationTimestamp', 'selfLink', 'uid', 'clusterName', 'generation', 'managedFields']
      .concat(['resourceVersion', 'deletionTimestamp', 'deletionGracePeriodSeconds'])
      .map((field) => `f:metadata${SEPARATOR}f:${field}`),
  ),
);

/** A path in FieldsV1's words (`f:spec`, `k:{"name":"x"}`, `v:"x"`), joined; see `pathOf`. */
export type FieldPath = string;
/** The leaves of an object: the value by path. An item of a keyed list also stands for itself. */
export type Leaves = Map<FieldPath, unknown>;

/** The steps of a path. */
export function stepsOf(path: FieldPath): string[] {
  return path.split(SEPARATOR);
}

/** A path from its steps. */
export function pathOf(steps: readonly string[]): FieldPath {
  return steps.join(SEPARATOR);
}

/** Whether the second path is the first, or leads through it. */
export function leadsThrough(path: FieldPath, longer: FieldPath): boolean {
  return longer === path || longer.startsWith(`${path}${SEPARATOR}`);
}

/** The step that names an item of a list, or undefined where it has no keys. */
export function stepOfItem(item: unknown, rule: FieldRule): string | undefined {
  if (rule.listKeys === undefined) return undefined;
  if (rule.listKeys.length === 0) return `v:${JSON.stringify(item)}`;
  if (!isMap(item)) return undefined;
  const keys = rule.listKeys.toSorted().flatMap((key) => (Object.hasOwn(item, key) ? [[key, item[key]]] : []));
  return keys.length === 0 ? undefined : `k:${JSON.stringify(Object.fromEntries(keys))}`;
}

/** Whether a list is merged item by item: it has keys, each item has its own, and no two are the same. */
export function isKeyed(list: readonly unknown[], rule: FieldRule): boolean {
  const steps = list.map((item) => stepOfItem(item, rule));
  return rule.listKeys !== undefined && !steps.includes(undefined) && new Set(steps).size === steps.length;
}

/** All leaves of an object that can be managed. */
export function leavesOf(object: JsonMap, rule: FieldRule): Leaves {
  const leaves: Leaves = new Map();
  collect(object, rule, [], leaves);
  for (const path of leaves.keys()) if (UNMANAGED.has(path)) leaves.delete(path);
  for (const path of leaves.keys()) {
    if (leadsThrough(`f:metadata${SEPARATOR}f:managedFields`, path)) leaves.delete(path);
  }
  return leaves;
}

function collect(value: unknown, rule: FieldRule, at: string[], leaves: Leaves): void {
  if (isMap(value) && rule.atomic !== true && Object.keys(value).length > 0) {
    for (const [key, one] of Object.entries(value)) collect(one, ruleOfField(rule, key), [...at, `f:${key}`], leaves);
  } else if (Array.isArray(value) && value.length > 0 && isKeyed(value, rule)) {
    for (const item of value) {
      const path = [...at, stepOfItem(item, rule) ?? ''];
      leaves.set(pathOf(path), rule.listKeys?.length === 0 ? item : PRESENT);
      if (isMap(item)) collect(item, ruleOfItem(rule), path, leaves);
    }
  } else if (value !== undefined && at.length > 0) leaves.set(pathOf(at), value);
}

/** The value under which an item of a keyed list stands for itself. */
const PRESENT = Symbol('present');

/** What differs between two states. */
export interface Difference {
  /** Added or with another value. */
  changed: Set<FieldPath>;
  removed: Set<FieldPath>;
}

/** Compares two sets of leaves. */
export function difference(before: Leaves, after: Leaves): Difference {
  const changed = new Set<FieldPath>();
  for (const [path, value] of after) {
    if (!before.has(path) || !sameJson(before.get(path), value)) changed.add(path);
  }
  return { changed, removed: new Set([...before.keys()].filter((path) => !after.has(path))) };
}

/** A set of paths as FieldsV1. */
export function toFieldsV1(paths: Iterable<FieldPath>): JsonMap {
  const root: JsonMap = {};
  for (const path of [...paths].toSorted()) {
    let current = root;
    for (const step of stepsOf(path)) {
      const next = own(current, step);
      const child: JsonMap = isMap(next) ? next : {};
      current[step] = child;
      current = child;
    }
    current['.'] = {};
  }
  return withoutLoneDots(root);
}

/** A leaf is `{}`; the dot is written only where the node has members too. */
function withoutLoneDots(node: JsonMap): JsonMap {
  const keys = Object.keys(node);
  if (keys.length === 1 && keys[0] === '.') return {};
  return Object.fromEntries(keys.map((key) => [key, withoutLoneDots(isMap(node[key]) ? node[key] : {})]));
}

/** The paths of a FieldsV1 value; odd parts of it are left out. */
export function fromFieldsV1(fields: unknown): Set<FieldPath> {
  const paths = new Set<FieldPath>();
  const walk = (node: unknown, at: string[]): void => {
    if (!isMap(node)) return;
    const keys = Object.keys(node);
    if (at.length > 0 && (keys.length === 0 || keys.includes('.'))) paths.add(pathOf(at));
    for (const key of keys) if (key !== '.') walk(node[key], [...at, key]);
  };
  walk(fields, []);
  return paths;
}

/** `.spec.template.spec.containers[name="x"].image`, as conflicts are worded. */
export function shownPath(path: FieldPath): string {
  return stepsOf(path)
    .map((step) => {
      const [kind, rest] = [step.slice(0, 2), step.slice(2)];
      if (kind === 'f:') return `.${rest}`;
      if (kind === 'v:') return `[=${rest}]`;
      const keys = Object.entries(JSON.parse(rest) as JsonMap);
      return `[${keys.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(',')}]`;
    })
    .join('');
}
