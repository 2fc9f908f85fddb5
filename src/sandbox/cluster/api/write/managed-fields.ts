/** `metadata.managedFields`: who last set which field, kept as the API server's field manager keeps it. */
import { text } from '../json.ts';
import type { KubeObject } from '../types.ts';
import { difference, type FieldPath, fromFieldsV1, leavesOf, toFieldsV1 } from './field-set.ts';
import type { FieldRule } from './list-types.ts';
import { isMap, sameJson } from './values.ts';

/** One entry of `managedFields`. */
export interface Manager {
  manager: string;
  operation: 'Apply' | 'Update';
  apiVersion: string;
  subresource: string;
  time: string;
  fields: Set<FieldPath>;
}

/** Who writes, as the entry will name them. */
export type Writer = Omit<Manager, 'fields'>;

/** The entries of an object; those that cannot be read are left out. */
export function managersOf(object: KubeObject | undefined): Manager[] {
  const entries = object?.metadata['managedFields'];
  if (!Array.isArray(entries)) return [];
  return entries.filter(isMap).map((entry) => ({
    manager: text(entry, 'manager'),
    operation: entry['operation'] === 'Apply' ? 'Apply' : 'Update',
    apiVersion: text(entry, 'apiVersion'),
    subresource: text(entry, 'subresource'),
    time: text(entry, 'time'),
    fields: fromFieldsV1(entry['fieldsV1']),
  }));
}

/** An object with the given entries; one that manages nothing is dropped. */
export function withManagers(object: KubeObject, managers: readonly Manager[]): KubeObject {
  const { managedFields: _before, ...metadata } = object.metadata;
  const entries = managers
    .filter(({ fields }) => fields.size > 0)
    .toSorted(byOperationAndTime)
    .map(({ fields, subresource, time, ...entry }) => ({
      ...entry,
      ...(time === '' ? {} : { time }),
      fieldsType: 'FieldsV1',
      fieldsV1: toFieldsV1(fields),
      ...(subresource === '' ? {} : { subresource }),
    }));
  return { ...object, metadata: entries.length === 0 ? metadata : { ...metadata, managedFields: entries } };
}

/** Whether an entry belongs to the writer. */
export function isOf(entry: Manager, writer: Writer): boolean {
  const { manager, operation, apiVersion, subresource } = entry;
  return sameJson(
    [manager, operation, subresource, operation === 'Apply' ? '' : apiVersion],
    [writer.manager, writer.operation, writer.subresource, operation === 'Apply' ? '' : writer.apiVersion],
  );
}

/**
 * The entries after an update: what changed belongs to the writer alone, what is gone to nobody. Unlike the real server,
 * which starts with the first apply there, it also tracks objects that had no entries: fixtures seldom carry them.
 */
export function afterUpdate(
  before: KubeObject | undefined,
  after: KubeObject,
  writer: Writer,
  rule: FieldRule,
): Manager[] {
  const { changed, removed } = difference(
    before === undefined ? new Map() : leavesOf(before, rule),
    leavesOf(after, rule),
  );
  const managers = managersOf(before);
  if (changed.size === 0 && removed.size === 0) return managers;
  const own = managers.find((entry) => isOf(entry, writer));
  const others = managers
    .filter((entry) => entry !== own)
    .map((entry) => ({ ...entry, fields: without(entry.fields, removed, changed) }));
  const fields = new Set([...without(own?.fields ?? new Set(), removed), ...changed]);
  return [...others, { ...writer, time: changed.size === 0 ? (own?.time ?? writer.time) : writer.time, fields }];
}

/** A set without the members of others. */
export function without(set: ReadonlySet<FieldPath>, ...others: ReadonlySet<FieldPath>[]): Set<FieldPath> {
  return new Set([...set].filter((path) => !others.some((other) => other.has(path))));
}

/** Appliers first, then by time and name, as the server sorts them. */
function byOperationAndTime(a: Manager, b: Manager): number {
  const key = ({ operation, time, manager }: Manager) => `${operation} ${time} ${manager}`;
  return key(a) < key(b) ? -1 : 1;
}
