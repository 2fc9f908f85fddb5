/** patch: the four kinds of it, each turned into the object that it asks for, which is then stored like an update. */
import { apiVersionOf, type ResourceRequest, type ServerContext } from '../context.ts';
import type { Reply } from '../reply.ts';
import { badRequest, notFound } from '../status-error.ts';
import type { KubeObject } from '../types.ts';
import { applyConfiguration, checkApplyOptions } from './apply-config.ts';
import { currentOf, namedResource, objectReply, storedTime } from './commit.ts';
import { createFrom } from './create-object.ts';
import { withProtocols } from './defaults.ts';
import { leavesOf } from './field-set.ts';
import { jsonPatch, mergePatch } from './json-patches.ts';
import { rulesOfKind } from './list-types.ts';
import type { Writer } from './managed-fields.ts';
import { strategicMerge } from './strategic-merge.ts';
import { changeObject } from './update-object.ts';
import { isMap, type JsonMap } from './values.ts';
import { asRequested, jsonBody, mapBody, unknownFormat } from './write-body.ts';
import { type WriteOptions, writeOptionsOf } from './write-options.ts';

const STRATEGIC = 'application/strategic-merge-patch+json';
const MERGE = 'application/merge-patch+json';
const JSON_PATCH = 'application/json-patch+json';
const APPLY = 'application/apply-patch+yaml';

/** Answers a patch of an object, or of its status. */
export function patchObject(context: ServerContext, request: ResourceRequest): Reply {
  const { contentType } = request.body;
  checkApplyOptions(request.info.query, contentType === APPLY);
  const options = writeOptionsOf(request, context.version.minor);
  const before = currentOf(context, request);
  if (contentType === APPLY) return applyObject(context, request, before, options);
  requirePatchType(context, request);
  if (before === undefined) throw notFound(namedResource(request), request.target.name ?? '');
  const patched = patchedObject(context, request, before);
  const { object, warnings } = changeObject(context, request, before, asRequested(patched, request), options);
  return objectReply(context, request, object, 200, warnings);
}

/** The object after a patch; throws 415 for a kind of patch that the resource does not take. */
export function patchedObject(context: ServerContext, request: ResourceRequest, before: KubeObject | JsonMap): unknown {
  switch (request.body.contentType) {
    case JSON_PATCH: {
      const patched = jsonPatch(before, jsonBody(context, request));
      if (!isMap(patched)) throw badRequest('the patch leaves something that is not an object');
      return patched;
    }
    case MERGE:
      return mergePatch(before, mapBody(context, request));
    default: {
      const rule = rulesOfKind(request.resource.kind, true);
      return strategicMerge(before, mapBody(context, request), rule);
    }
  }
}

/** Throws 415 for another kind of patch than the resource takes. */
export function requirePatchType(context: ServerContext, { resource, body }: ResourceRequest): void {
  const builtIn = context.catalog.isBuiltIn(resource);
  const accepted = [JSON_PATCH, MERGE, ...(builtIn ? [STRATEGIC] : [])];
  if (!accepted.includes(body.contentType)) throw unknownFormat([...accepted, APPLY]);
}

function applyObject(
  context: ServerContext,
  request: ResourceRequest,
  before: KubeObject | undefined,
  options: WriteOptions,
): Reply {
  const body = mapBody(context, request);
  if (typeof body['apiVersion'] !== 'string' || typeof body['kind'] !== 'string') {
    throw badRequest('error decoding YAML: apiVersion and kind must be set in an applied configuration');
  }
  const given = asRequested(body, request);
  if (given.metadata['managedFields'] !== undefined) throw badRequest('metadata.managedFields must be nil');
  const builtIn = context.catalog.isBuiltIn(request.resource);
  const rule = rulesOfKind(request.resource.kind, builtIn);
  const writer: Writer = {
    manager: options.manager,
    operation: 'Apply',
    apiVersion: apiVersionOf(request.resource),
    subresource: request.target.subresource ?? '',
    time: storedTime(context),
  };
  const wanted = ownPart(request, builtIn ? (withProtocols(given) as KubeObject) : given);
  if (before === undefined) {
    if (request.target.subresource !== undefined) throw notFound(namedResource(request), given.metadata.name);
    request.require({ verb: 'create' });
    const fields = new Set(leavesOf(wanted, rule).keys());
    const created = createFrom(context, request, given, options, () => [{ ...writer, fields }]);
    return objectReply(context, request, created.object, 201, created.warnings);
  }
  const force = request.info.query.get('force') === 'true';
  const applied = applyConfiguration(before, wanted, writer, force, rule);
  const { object, warnings } = changeObject(context, request, before, applied.object, options, applied.managers);
  return objectReply(context, request, object, 200, warnings);
}

/** Only status is applied through `status`, and never through the object itself. */
function ownPart({ target, resource }: ResourceRequest, given: KubeObject): KubeObject {
  const { apiVersion, kind, metadata, status, ...rest } = given;
  if (target.subresource === 'status') return { apiVersion, kind, metadata, status };
  return resource.subresources.includes('status') ? ({ apiVersion, kind, metadata, ...rest } as KubeObject) : given;
}
