/** Strategic merge patch: JSON merge patch with lists that merge by key, and directives ($patch, $retainKeys, …). */
import { badRequest } from '../status-error.ts';
import { type FieldRule, ruleOfField, ruleOfItem } from './list-types.ts';
import { orderMerged } from './merge-order.ts';
import { copyOf, isMap, type JsonMap, own, sameJson, setOwn } from './values.ts';

const DIRECTIVE = '$patch';
const RETAIN_KEYS = '$retainKeys';
const DELETE_FROM_LIST = '$deleteFromPrimitiveList/';
const ELEMENT_ORDER = '$setElementOrder/';

/**
 * Applies a patch to a map; neither is changed. Throws a 400 Status for a patch that cannot be read. Semantics: the
 * Kubernetes documents "Update API Objects in Place Using kubectl patch" and "strategic-merge-patch".
 */
export function strategicMerge(original: JsonMap, patch: JsonMap, rule: FieldRule): JsonMap {
  const directive = own(patch, DIRECTIVE);
  if (directive !== undefined) return directed(patch, directive);
  const merged = retained({ ...original }, patch);
  for (const [key, value] of Object.entries(patch)) {
    if (key === RETAIN_KEYS || key.startsWith(ELEMENT_ORDER)) continue;
    if (key.startsWith(DELETE_FROM_LIST)) removeValues(merged, key.slice(DELETE_FROM_LIST.length), value);
    else if (value === null) delete merged[key];
    else setOwn(merged, key, mergeValue(own(merged, key), value, ruleOfField(rule, key), orderFor(patch, key)));
  }
  for (const key of Object.keys(patch).filter((one) => one.startsWith(ELEMENT_ORDER))) {
    reorder(merged, key.slice(ELEMENT_ORDER.length), patch, rule);
  }
  return merged;
}

function directed(patch: JsonMap, directive: unknown): JsonMap {
  if (directive === 'delete') return {};
  if (directive !== 'replace') throw badRequest(`unknown patch type: ${shown(directive)} in map: ${shown(patch)}`);
  const { [DIRECTIVE]: _directive, ...rest } = patch;
  return withoutNulls(rest);
}

/** Drops what `$retainKeys` does not list. */
function retained(original: JsonMap, patch: JsonMap): JsonMap {
  const keep = own(patch, RETAIN_KEYS);
  if (keep === undefined) return original;
  if (!Array.isArray(keep)) throw badRequest('invalid patch format of retainKeys');
  const unlisted = Object.entries(patch).filter(
    ([key, value]) => key !== RETAIN_KEYS && !key.startsWith('$') && value !== null && !keep.includes(key),
  );
  if (unlisted.length > 0)
    throw badRequest('patch format error: retainKeys list doesn’t contain all fields of the patch');
  return Object.fromEntries(Object.entries(original).filter(([key]) => keep.includes(key)));
}

function mergeValue(before: unknown, patch: unknown, rule: FieldRule, order: unknown): unknown {
  if (isMap(patch)) {
    if (rule.replace === true && own(patch, DIRECTIVE) === undefined) return withoutNulls(patch);
    return strategicMerge(isMap(before) ? before : {}, patch, rule);
  }
  if (!Array.isArray(patch)) return patch;
  if (rule.mergeKey === undefined) return copyOf(patch);
  const list: unknown[] = Array.isArray(before) ? before : [];
  return rule.mergeKey === ''
    ? mergePrimitives(list, patch, order)
    : mergeItems(list, patch, rule.mergeKey, ruleOfItem(rule), order);
}

function mergePrimitives(before: unknown[], patch: unknown[], order: unknown): unknown[] {
  const all = [...new Set([...before, ...patch])];
  return orderMerged(all, Array.isArray(order) ? order : patch, before, sameJson);
}

function mergeItems(before: unknown[], patch: unknown[], key: string, rule: FieldRule, order: unknown): unknown[] {
  const keyed = patch.map((item) => {
    if (!isMap(item)) throw badRequest(`expected a map with the merge key ${key}, got ${shown(item)}`);
    return item;
  });
  const plain = keyed.filter((item) => own(item, DIRECTIVE) === undefined);
  if (keyed.some((item) => own(item, DIRECTIVE) === 'replace')) return plain.map(withoutNulls);
  let merged = before;
  for (const item of keyed) {
    const directive = own(item, DIRECTIVE);
    if (directive === undefined) continue;
    if (directive !== 'delete') throw badRequest(`unknown patch type: ${shown(directive)} in map: ${shown(item)}`);
    merged = merged.filter((one) => !sameKey(one, item, key));
  }
  for (const item of plain) {
    if (own(item, key) === undefined) {
      throw badRequest(`map: ${shown(item)} does not contain declared merge key: ${key}`);
    }
    const at = merged.findIndex((one) => sameKey(one, item, key));
    const found = merged[at];
    const result = strategicMerge(isMap(found) ? found : {}, item, rule);
    merged = at < 0 ? [...merged, result] : merged.with(at, result);
  }
  return orderMerged(merged, Array.isArray(order) ? order : plain, before, (a, b) => sameKey(a, b, key));
}

/** `$setElementOrder` for a list that the patch does not touch otherwise. */
function reorder(merged: JsonMap, field: string, patch: JsonMap, rule: FieldRule): void {
  const list = own(merged, field);
  const order = orderFor(patch, field);
  const { mergeKey } = ruleOfField(rule, field);
  if (!Array.isArray(order)) throw badRequest(`invalid patch format of setElementOrder list: ${shown(order)}`);
  const touched = own(patch, field);
  checkOrder(Array.isArray(touched) ? touched : [], order, mergeKey ?? '');
  if (!Array.isArray(list) || Array.isArray(touched) || mergeKey === undefined) return;
  const same = mergeKey === '' ? sameJson : (a: unknown, b: unknown) => sameKey(a, b, mergeKey);
  merged[field] = orderMerged(list, order, list, same);
}

/** The items of the patch must all be in the order list. */
function checkOrder(items: unknown[], order: unknown[], mergeKey: string): void {
  const listed = (item: unknown) =>
    order.some((one) => (mergeKey === '' ? sameJson(one, item) : sameKey(one, item, mergeKey)));
  const deleted = (item: unknown) => isMap(item) && own(item, DIRECTIVE) !== undefined;
  if (items.every((item) => deleted(item) || listed(item))) return;
  throw badRequest(
    `The order in patch list:\n${shown(items)}\n doesn't match $setElementOrder list:\n${shown(order)}\n`,
  );
}

function orderFor(patch: JsonMap, field: string): unknown {
  return own(patch, `${ELEMENT_ORDER}${field}`);
}

function removeValues(merged: JsonMap, field: string, values: unknown): void {
  const list = own(merged, field);
  if (!Array.isArray(values)) throw badRequest(`invalid patch format of ${DELETE_FROM_LIST}${field}`);
  if (Array.isArray(list)) merged[field] = list.filter((one) => !values.some((value) => sameJson(one, value)));
}

function sameKey(a: unknown, b: unknown, key: string): boolean {
  return isMap(a) && isMap(b) && sameJson(own(a, key), own(b, key));
}

/** A null in a patch deletes; where there is nothing to delete it leaves no trace. */
function withoutNulls(map: JsonMap): JsonMap {
  const kept = Object.entries(map).filter(([key, value]) => value !== null && !key.startsWith('$'));
  return Object.fromEntries(kept.map(([key, value]) => [key, isMap(value) ? withoutNulls(value) : copyOf(value)]));
}

function shown(value: unknown): string {
  return JSON.stringify(value) ?? 'null';
}
