/** update (PUT), also of `status`: preconditions, what the server keeps to itself, generation, validation. */
import { apiVersionOf, type ResourceRequest, type ServerContext } from '../context.ts';
import type { Reply } from '../reply.ts';
import { detailsOf, notFound, qualified, StatusError } from '../status-error.ts';
import type { KubeObject } from '../types.ts';
import { allocate } from './allocation.ts';
import {
  admit,
  currentOf,
  namedKind,
  namedResource,
  objectReply,
  removeObject,
  storedTime,
  storeObject,
} from './commit.ts';
import { withDefaults } from './defaults.ts';
import { checkedFields } from './field-check.ts';
import { nextGeneration } from './generation.ts';
import { rulesOfKind } from './list-types.ts';
import { afterUpdate, type Manager, managersOf, withManagers } from './managed-fields.ts';
import { invalid, invalidError } from './problems.ts';
import { validate } from './validate.ts';
import { isMap, own, sameJson } from './values.ts';
import { objectBody } from './write-body.ts';
import { type WriteOptions, writeOptionsOf } from './write-options.ts';

/** Answers an update of an object or of its status. */
export function updateObject(context: ServerContext, request: ResourceRequest): Reply {
  const options = writeOptionsOf(request, context.version.minor);
  const given = objectBody(context, request);
  const before = existing(context, request);
  if (!context.catalog.isBuiltIn(request.resource) && (given.metadata.resourceVersion ?? '') === '') {
    const problem = invalid('metadata.resourceVersion', 0, 'must be specified for an update');
    throw invalidError(namedKind(request), given.metadata.name, [problem]);
  }
  const { object, warnings } = changeObject(context, request, before, given, options);
  return objectReply(context, request, object, 200, warnings);
}

/** The object that a request names; throws 404. */
export function existing(context: ServerContext, request: ResourceRequest): KubeObject {
  const found = currentOf(context, request);
  if (found === undefined) throw notFound(namedResource(request), request.target.name ?? '');
  return found;
}

/** The 409 of a writer who has read an older state, or another object of the same name. */
export function conflict(request: ResourceRequest, name: string, detail: string): StatusError {
  const named = namedResource(request);
  const message = `Operation cannot be fulfilled on ${qualified(named)} "${name}": ${detail}`;
  return new StatusError(409, 'Conflict', message, detailsOf(named, name));
}

const MODIFIED = 'the object has been modified; please apply your changes to the latest version and try again';

/**
 * Replaces the stored object with what a client wants it to be, as far as that is the client's to say. `managers` gives
 * the owners of fields after a server-side apply; without it, what changed belongs to the writer.
 */
export function changeObject(
  context: ServerContext,
  request: ResourceRequest,
  before: KubeObject,
  wanted: KubeObject,
  options: WriteOptions,
  managers?: readonly Manager[],
): { object: KubeObject; warnings: string[] } {
  checkPreconditions(request, before, wanted);
  const checked = checkedFields(context, request, wanted, before, options);
  const defaulted = withDefaults(merged(request, before, checked.object), before);
  const { object: allocated, problems } = allocate(context.store, defaulted, before);
  const time = storedTime(context);
  const rule = rulesOfKind(request.resource.kind, context.catalog.isBuiltIn(request.resource));
  const baseline = withDefaults(before, before);
  const writer = {
    manager: options.manager,
    operation: 'Update' as const,
    apiVersion: apiVersionOf(request.resource),
    subresource: request.target.subresource ?? '',
    time,
  };
  const counted = withGeneration(allocated, nextGeneration(request.resource, baseline, allocated));
  const owners = resetsManagers(wanted, before) ? [] : (managers ?? afterUpdate(baseline, counted, writer, rule));
  const object = withManagers(counted, owners);
  const broken = request.target.subresource === 'status' ? [] : [...problems, ...validate(object, baseline)];
  if (broken.length > 0) throw invalidError(namedKind(request), object.metadata.name, broken);
  admit(context, request, 'UPDATE', object, before, options.dryRun);
  // As in etcd: nothing is written where nothing changed, so the resource version stays.
  const same = sameJson(object, withManagers(baseline, managersOf(before)));
  if (same) return { object: before, warnings: checked.warnings };
  if (options.dryRun) return { object, warnings: checked.warnings };
  if (isFinished(object)) {
    removeObject(context, request, object);
    return { object, warnings: checked.warnings };
  }
  return { object: storeObject(context, request, object, before), warnings: checked.warnings };
}

function checkPreconditions(request: ResourceRequest, before: KubeObject, wanted: KubeObject): void {
  const { name, uid, resourceVersion } = wanted.metadata;
  const [oldUid, oldVersion] = [before.metadata.uid ?? '', before.metadata.resourceVersion ?? ''];
  if ((uid ?? '') !== '' && uid !== oldUid) {
    const detail = `Precondition failed: UID in precondition: ${uid ?? ''}, UID in object meta: ${oldUid}`;
    throw conflict(request, name, detail);
  }
  if ((resourceVersion ?? '') !== '' && resourceVersion !== oldVersion) throw conflict(request, name, MODIFIED);
}

/** The fields of metadata that only the server writes. */
const SERVER_METADATA = [
  'uid',
  'creationTimestamp',
  'selfLink',
  'deletionTimestamp',
  'resourceVersion',
  'generation',
].concat(['deletionGracePeriodSeconds', 'generateName']);

/** What the request may change, from the wanted object; all else from the stored one. */
function merged(request: ResourceRequest, before: KubeObject, wanted: KubeObject): KubeObject {
  const { subresource } = request.target;
  if (subresource === 'status') return { ...before, status: own(wanted, 'status') ?? {} };
  if (subresource === 'approval') {
    const old = own(before, 'status');
    const conditions = isMap(wanted['status']) ? wanted['status']['conditions'] : undefined;
    return { ...before, status: { ...(isMap(old) ? old : {}), ...(conditions === undefined ? {} : { conditions }) } };
  }
  const metadata: KubeObject['metadata'] = { ...wanted.metadata, name: before.metadata.name };
  for (const field of SERVER_METADATA) {
    const value = own(before.metadata, field);
    if (value === undefined) delete metadata[field];
    else metadata[field] = value;
  }
  const object: KubeObject = { ...wanted, apiVersion: before.apiVersion, kind: before.kind, metadata };
  for (const field of ['labels', 'annotations', 'finalizers', 'ownerReferences']) dropEmpty(object.metadata, field);
  if (!request.resource.subresources.includes('status')) return object;
  const { status: _status, ...rest } = object;
  const status = own(before, 'status');
  return (status === undefined ? rest : { ...rest, status }) as KubeObject;
}

function dropEmpty(map: Record<string, unknown>, field: string): void {
  const value = own(map, field);
  const empty =
    value === null || (Array.isArray(value) ? value.length === 0 : isMap(value) && Object.keys(value).length === 0);
  if (empty) delete map[field];
}

function withGeneration(object: KubeObject, generation: number | undefined): KubeObject {
  return generation === undefined ? object : { ...object, metadata: { ...object.metadata, generation } };
}

/** A client that sends an empty list, or a list of one empty entry, takes all ownership away. */
function resetsManagers(wanted: KubeObject, before: KubeObject): boolean {
  const entries = own(wanted.metadata, 'managedFields');
  if (!Array.isArray(entries) || own(before.metadata, 'managedFields') === undefined) return false;
  return entries.length === 0 || (entries.length === 1 && isMap(entries[0]) && Object.keys(entries[0]).length === 0);
}

/** Whether an object that is being deleted has nothing left to wait for. */
export function isFinished({ metadata }: KubeObject): boolean {
  if ((metadata.deletionTimestamp ?? null) === null) return false;
  const finalizers = own(metadata, 'finalizers');
  const waits = Array.isArray(finalizers) && finalizers.length > 0;
  return !waits && (own(metadata, 'deletionGracePeriodSeconds') ?? 0) === 0;
}
