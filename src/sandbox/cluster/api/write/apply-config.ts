/** Server-side apply: merges a configuration into the live object, with conflicts, force, and fields that are given up. */
import { StatusError } from '../status-error.ts';
import type { KubeObject } from '../types.ts';
import { type FieldPath, isKeyed, leadsThrough, leavesOf, shownPath, stepOfItem, stepsOf } from './field-set.ts';
import { type FieldRule, ruleOfField, ruleOfItem } from './list-types.ts';
import { isOf, type Manager, managersOf, type Writer, without } from './managed-fields.ts';
import { isMap, type JsonMap, own, sameJson, setOwn } from './values.ts';

/** What an apply leads to. */
export interface Applied {
  object: KubeObject;
  managers: Manager[];
}

/**
 * Applies a configuration. Throws 409 with one cause per field that another manager holds with another value, unless
 * `force` is given, which takes those fields over. Semantics: Kubernetes' "Server-Side Apply" page.
 */
export function applyConfiguration(
  live: KubeObject,
  configuration: KubeObject,
  writer: Writer,
  force: boolean,
  rule: FieldRule,
): Applied {
  const managers = withFirstApply(live, rule, writer.apiVersion);
  const mine = managers.find((entry) => isOf(entry, writer));
  const others = managers.filter((entry) => entry !== mine);
  const wanted = leavesOf(configuration, rule);
  const before = leavesOf(live, rule);
  const taken = new Set(
    [...wanted].flatMap(([path, value]) => (before.has(path) && sameJson(before.get(path), value) ? [] : [path])),
  );
  const conflicts = others.flatMap((entry) =>
    [...entry.fields].filter((path) => taken.has(path)).map((path) => ({ entry, path })),
  );
  if (conflicts.length > 0 && !force) throw conflictError(conflicts);

  const fields = new Set(wanted.keys());
  const kept = others.map((entry) => ({ ...entry, fields: without(entry.fields, taken) }));
  const held = new Set(kept.flatMap((entry) => [...entry.fields]));
  const givenUp = [...without(mine?.fields ?? new Set(), fields)].filter((path) => isFree(path, held, fields));
  let object: unknown = mergeValue(live, configuration, rule);
  for (const path of givenUp.filter((one) => !isKeyField(one) && !goesWithItem(one, givenUp))) {
    object = removePath(object, stepsOf(path), rule);
  }
  const changed =
    !sameJson(object, live) || mine === undefined || !sameJson([...mine.fields].toSorted(), [...fields].toSorted());
  return {
    object: object as KubeObject,
    managers: [...kept, { ...writer, time: changed ? writer.time : (mine?.time ?? writer.time), fields }],
  };
}

/** An object that nobody was recorded for belongs to "before-first-apply" from its first apply on. */
function withFirstApply(live: KubeObject, rule: FieldRule, apiVersion: string): Manager[] {
  const managers = managersOf(live);
  if (managers.length > 0) return managers;
  const fields = new Set(leavesOf(live, rule).keys());
  const time = String(live.metadata.creationTimestamp ?? '');
  return [{ manager: 'before-first-apply', operation: 'Update', apiVersion, subresource: '', time, fields }];
}

/** Whether nobody else, and nothing in the new configuration, holds a path or something below it. */
function isFree(path: FieldPath, ...holders: ReadonlySet<FieldPath>[]): boolean {
  return holders.every((held) => ![...held].some((one) => leadsThrough(path, one)));
}

/** An item that is given up takes all of its fields along. */
function goesWithItem(path: FieldPath, givenUp: readonly FieldPath[]): boolean {
  return givenUp.some((one) => one !== path && !stepsOf(one).at(-1)?.startsWith('f:') && leadsThrough(one, path));
}

/** The field by which an item is found goes with the item only. */
function isKeyField(path: FieldPath): boolean {
  const [item = '', field = ''] = stepsOf(path).slice(-2);
  if (!item.startsWith('k:')) return false;
  return Object.hasOwn(JSON.parse(item.slice(2)) as JsonMap, field.slice(2));
}

function mergeValue(live: unknown, wanted: unknown, rule: FieldRule): unknown {
  if (isMap(live) && isMap(wanted) && rule.atomic !== true) {
    const merged: JsonMap = { ...live };
    for (const [key, value] of Object.entries(wanted)) {
      setOwn(merged, key, mergeValue(own(merged, key), value, ruleOfField(rule, key)));
    }
    return merged;
  }
  if (!Array.isArray(live) || !Array.isArray(wanted) || !isKeyed(wanted, rule)) return wanted;
  const steps = wanted.map((item) => stepOfItem(item, rule));
  const liveSteps = live.map((item) => stepOfItem(item, rule));
  const kept = live.map((item, index) => {
    const at = steps.indexOf(liveSteps[index]);
    return at < 0 ? item : mergeValue(item, wanted[at], ruleOfItem(rule));
  });
  return [...kept, ...wanted.filter((_, index) => !liveSteps.includes(steps[index]))];
}

/** Removes what a path names; a map or list that becomes empty by it goes too, as it would not be written. */
function removePath(value: unknown, steps: readonly string[], rule: FieldRule): unknown {
  const [step = '', ...rest] = steps;
  if (step.startsWith('f:')) {
    const key = step.slice(2);
    if (!isMap(value) || !Object.hasOwn(value, key)) return value;
    const inner = rest.length === 0 ? undefined : removePath(value[key], rest, ruleOfField(rule, key));
    const { [key]: _removed, ...others } = value;
    return isEmpty(inner) ? others : { ...value, [key]: inner };
  }
  if (!Array.isArray(value)) return value;
  return value.flatMap((item: unknown) => {
    if (stepOfItem(item, rule) !== step) return [item];
    return rest.length === 0 ? [] : [removePath(item, rest, ruleOfItem(rule))];
  });
}

function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return value === undefined || (isMap(value) && Object.keys(value).length === 0);
}

function conflictError(conflicts: readonly { entry: Manager; path: FieldPath }[]): StatusError {
  const causes = conflicts.map(({ entry, path }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${shownManager(entry)}`,
    field: shownPath(path),
  }));
  const names = [...new Set(causes.map((cause) => cause.message))];
  const parts = names.map((message) => {
    const fields = causes.filter((cause) => cause.message === message).map((cause) => cause.field);
    if (fields.length === 1) return `${message}: ${fields[0] ?? ''}`;
    return `${message.replace('conflict', 'conflicts')}:\n- ${fields.join('\n- ')}`;
  });
  const count = `${conflicts.length} conflict${conflicts.length === 1 ? '' : 's'}`;
  return new StatusError(409, 'Conflict', `Apply failed with ${count}: ${parts.join('\n')}`, { causes });
}

function shownManager({ manager, operation, apiVersion, subresource }: Manager): string {
  const name = `${JSON.stringify(manager)}${subresource === '' ? '' : ` with subresource ${JSON.stringify(subresource)}`}`;
  return operation === 'Apply' ? name : `${name} using ${apiVersion}`;
}

/** Throws 422 for an apply without a manager, and for `force` in any other patch. */
export function checkApplyOptions(query: URLSearchParams, isApply: boolean): void {
  const refuse = (field: string, reason: string, detail: string) => {
    throw new StatusError(422, 'Invalid', `PatchOptions.meta.k8s.io "" is invalid: ${field}: ${detail}`, {
      group: 'meta.k8s.io',
      kind: 'PatchOptions',
      causes: [{ reason, message: detail, field }],
    });
  };
  if (isApply && (query.get('fieldManager') ?? '') === '') {
    refuse('fieldManager', 'FieldValueRequired', 'Required value: is required for apply patch');
  }
  if (!isApply && query.get('force') !== null) {
    refuse('force', 'FieldValueForbidden', 'Forbidden: may not be specified for non-apply patch');
  }
}
