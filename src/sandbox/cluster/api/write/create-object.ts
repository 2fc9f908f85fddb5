/** create: a new object with the server's metadata, defaults and assigned values. */
import { randomBytes, randomUUID } from 'node:crypto';
import { apiVersionOf, type ResourceRequest, type ServerContext } from '../context.ts';
import type { Reply } from '../reply.ts';
import { badRequest, detailsOf, qualified, StatusError } from '../status-error.ts';
import type { KubeObject } from '../types.ts';
import { allocate } from './allocation.ts';
import { admit, currentOf, namedKind, namedResource, objectReply, storedTime, storeObject } from './commit.ts';
import { withDefaults } from './defaults.ts';
import { checkedFields } from './field-check.ts';
import { hasGeneration } from './generation.ts';
import { rulesOfKind } from './list-types.ts';
import { afterUpdate, type Manager, withManagers } from './managed-fields.ts';
import { invalidError, required } from './problems.ts';
import { validate } from './validate.ts';
import { objectBody } from './write-body.ts';
import { type WriteOptions, writeOptionsOf } from './write-options.ts';

const SUFFIX_LETTERS = 'bcdfghjklmnpqrstvwxz2456789';

/** Answers a create. */
export function createObject(context: ServerContext, request: ResourceRequest): Reply {
  const options = writeOptionsOf(request, context.version.minor);
  const { object, warnings } = createFrom(context, request, objectBody(context, request), options);
  return objectReply(context, request, object, 201, warnings);
}

/** Creates an object from what a client gave. `managers`: who applied which fields, for a server-side apply. */
export function createFrom(
  context: ServerContext,
  request: ResourceRequest,
  given: KubeObject,
  options: WriteOptions,
  managers?: (object: KubeObject, time: string) => Manager[],
): { object: KubeObject; warnings: string[] } {
  requireNamespace(context, request);
  if ((given.metadata.resourceVersion ?? '') !== '') {
    throw badRequest('resourceVersion should not be set on objects to be created');
  }
  const checked = checkedFields(context, request, given, undefined, options);
  const named = withName(checked.object);
  if (named.metadata.name === '') {
    throw invalidError(namedKind(request), '', [required('metadata.name', 'name or generateName is required')]);
  }
  const time = storedTime(context);
  const prepared = withDefaults(withoutStatus(request, asNew(named, request, time)), undefined);
  const { object: allocated, problems } = allocate(context.store, prepared, undefined);
  const rule = rulesOfKind(request.resource.kind, context.catalog.isBuiltIn(request.resource));
  const writer = {
    manager: options.manager,
    operation: 'Update' as const,
    apiVersion: apiVersionOf(request.resource),
    subresource: '',
    time,
  };
  const owners = managers?.(allocated, time) ?? afterUpdate(undefined, allocated, writer, rule);
  const object = withManagers(allocated, owners);
  const broken = [...problems, ...validate(object, undefined)];
  if (broken.length > 0) throw invalidError(namedKind(request), object.metadata.name, broken);
  admit(context, request, 'CREATE', object, undefined, options.dryRun);
  if (currentOf(context, request, object.metadata.name) !== undefined) throw alreadyExists(request, object);
  const result = options.dryRun ? object : storeObject(context, request, object, undefined);
  return { object: result, warnings: checked.warnings };
}

function withName(object: KubeObject): KubeObject {
  const prefix = object.metadata['generateName'];
  if (object.metadata.name !== '' || typeof prefix !== 'string' || prefix === '') return object;
  const suffix = [...randomBytes(5)].map((byte) => SUFFIX_LETTERS[byte % SUFFIX_LETTERS.length]).join('');
  return { ...object, metadata: { ...object.metadata, name: `${prefix}${suffix}` } };
}

function asNew(object: KubeObject, { resource }: ResourceRequest, time: string): KubeObject {
  const { resourceVersion: _version, deletionTimestamp: _deleted, managedFields: _managed, ...given } = object.metadata;
  const { deletionGracePeriodSeconds: _grace, generation: _generation, selfLink: _link, ...metadata } = given;
  const generation = hasGeneration(resource, object) ? { generation: 1 } : {};
  return { ...object, metadata: { ...metadata, uid: randomUUID(), creationTimestamp: time, ...generation } };
}

/** Status is not the client's to write; a new Pod is pending. */
function withoutStatus({ resource }: ResourceRequest, object: KubeObject): KubeObject {
  if (!resource.subresources.includes('status')) return object;
  const { status: _status, ...rest } = object;
  if (resource.kind === 'Pod') return { ...rest, status: { phase: 'Pending', qosClass: 'BestEffort' } } as KubeObject;
  if (resource.kind === 'Namespace') {
    return { ...rest, spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } } as KubeObject;
  }
  if (resource.kind === 'Service') return { ...rest, status: { loadBalancer: {} } } as KubeObject;
  return (
    resource.group === 'apps' || resource.kind === 'CertificateSigningRequest' ? { ...rest, status: {} } : rest
  ) as KubeObject;
}

/** A namespaced object needs its namespace, and one that is not going away. */
function requireNamespace({ store }: ServerContext, { resource, target }: ResourceRequest): void {
  if (!resource.namespaced) return;
  const name = target.namespace ?? '';
  const namespace = store.get({ apiVersion: 'v1', kind: 'Namespace', name });
  if (namespace === undefined) {
    const core = { group: '', resource: 'namespaces' };
    throw new StatusError(404, 'NotFound', `namespaces "${name}" not found`, detailsOf(core, name));
  }
  if ((namespace.metadata.deletionTimestamp ?? null) === null) return;
  const named = { group: resource.group, resource: resource.plural };
  const message = `${qualified(named)} is forbidden: unable to create new content in namespace ${name} because it is being terminated`;
  throw new StatusError(403, 'Forbidden', message, {
    ...detailsOf(named),
    causes: [
      { reason: 'NamespaceTerminating', message: `namespace ${name} is being terminated`, field: 'metadata.namespace' },
    ],
  });
}

function alreadyExists(request: ResourceRequest, object: KubeObject): StatusError {
  const named = namedResource(request);
  const { name } = object.metadata;
  return new StatusError(409, 'AlreadyExists', `${qualified(named)} "${name}" already exists`, detailsOf(named, name));
}
