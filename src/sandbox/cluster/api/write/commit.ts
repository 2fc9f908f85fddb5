/** The common end of all writes: admission, the store, the hook for consequences, and the reply. */
import { groupsOf } from '../access.ts';
import { apiVersionOf, collectionOf, type ResourceRequest, type ServerContext } from '../context.ts';
import { asVersion } from '../convert.ts';
import { negotiate } from '../media-type.ts';
import { jsonReply, type Reply } from '../reply.ts';
import { type GroupResource, StatusError } from '../status-error.ts';
import type { KubeObject, WriteChange } from '../types.ts';

const REASONS: Record<number, string> = {
  400: 'BadRequest',
  403: 'Forbidden',
  409: 'Conflict',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
};

/** `deployments.apps`, for messages. */
export function namedResource({ resource }: ResourceRequest): GroupResource {
  return { group: resource.group, resource: resource.plural };
}

/** `Deployment.apps`, for messages of validation. */
export function namedKind({ resource }: ResourceRequest): GroupResource {
  return { group: resource.group, resource: resource.kind };
}

/** The stored time of now, as RFC 3339 in seconds. */
export function storedTime(context: ServerContext, inMs = 0): string {
  return `${new Date(context.storedNow() + inMs).toISOString().slice(0, 19)}Z`;
}

/** The object that a request names as it is stored now, in the requested version, or undefined. */
export function currentOf(context: ServerContext, request: ResourceRequest, name?: string): KubeObject | undefined {
  const { resource, target } = request;
  const namespace = resource.namespaced ? target.namespace : undefined;
  const found = collectionOf(context, resource).get(namespace, name ?? target.name ?? '');
  return found === undefined
    ? undefined
    : { ...asVersion(found, apiVersionOf(resource)), apiVersion: apiVersionOf(resource) };
}

/** Asks the admission hook; throws its refusal. Called for dry runs too, as the real server does. */
export function admit(
  context: ServerContext,
  request: ResourceRequest,
  operation: 'CREATE' | 'UPDATE' | 'DELETE',
  object: KubeObject | undefined,
  oldObject: KubeObject | undefined,
  dryRun: boolean,
): void {
  const { resource, target, identity } = request;
  const refused = context.options.admission?.({
    operation,
    user: identity.user,
    groups: groupsOf(identity),
    group: resource.group,
    version: resource.version,
    resource: resource.plural,
    subresource: target.subresource,
    namespace: target.namespace,
    name: object?.metadata.name ?? oldObject?.metadata.name ?? '',
    object,
    oldObject,
    dryRun,
  });
  if (refused === undefined) return;
  throw new StatusError(refused.status, REASONS[refused.status] ?? '', refused.message, refused.details);
}

/** Stores an object, and tells the hook. */
export function storeObject(
  context: ServerContext,
  request: ResourceRequest,
  object: KubeObject,
  previous: KubeObject | undefined,
): KubeObject {
  const stored = context.store.put(object);
  notify(context, request, { type: previous === undefined ? 'ADDED' : 'MODIFIED', object: stored, previous });
  return { ...asVersion(stored, object.apiVersion), apiVersion: object.apiVersion };
}

/** Removes an object, and tells the hook. */
export function removeObject(context: ServerContext, request: ResourceRequest, object: KubeObject): void {
  const { apiVersion, kind, metadata } = object;
  context.store.delete({ apiVersion, kind, namespace: metadata.namespace, name: metadata.name });
  notify(context, request, { type: 'DELETED', object, previous: object });
}

function notify(
  context: ServerContext,
  { info, resource, target, identity }: ResourceRequest,
  change: Pick<WriteChange, 'type' | 'object' | 'previous'>,
): void {
  context.options.onWrite?.({
    ...change,
    verb: info.verb,
    user: identity.user,
    group: resource.group,
    resource: resource.plural,
    subresource: target.subresource,
  });
}

/** The reply with an object, in the form that was asked for. */
export function objectReply(
  context: ServerContext,
  request: ResourceRequest,
  object: KubeObject,
  status: number,
  warnings: readonly string[] = [],
): Reply {
  const { serializer } = context;
  const format = negotiate(request.accept);
  const apiVersion = apiVersionOf(request.resource);
  const body = format.as === 'metadata' ? serializer.metadata(object) : serializer.whole(object, apiVersion);
  const reply = jsonReply(body, status);
  if (warnings.length === 0 || reply.kind !== 'body') return reply;
  const Warning = warnings.map((text) => `299 - ${JSON.stringify(text)}`).join(', ');
  return { ...reply, headers: { Warning } };
}

/** A Status that says a request succeeded, as after a delete. */
export function successReply({ resource }: ResourceRequest, object: KubeObject, status = 200): Reply {
  const { name, uid } = object.metadata;
  const group = resource.group === '' ? {} : { group: resource.group };
  const details = { name, ...group, kind: resource.plural, ...(uid === undefined ? {} : { uid }) };
  return jsonReply(
    JSON.stringify({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details }),
    status,
  );
}
