/** Unknown and mistyped fields of a written object: dropped, warned about, or refused, as `fieldValidation` says. */
import type { ResourceRequest, ServerContext } from '../context.ts';
import { badRequest, type StatusError } from '../status-error.ts';
import type { KubeObject } from '../types.ts';
import { namedKind } from './commit.ts';
import { checkSchema } from './crd-schema.ts';
import { invalid, invalidError } from './problems.ts';
import { checkFields } from './type-models.ts';
import type { WriteOptions } from './write-options.ts';

/** The object without unknown fields, and warnings about them. Throws 400 (422 for a patch) for what may not be. */
export function checkedFields(
  context: ServerContext,
  request: ResourceRequest,
  object: KubeObject,
  before: KubeObject | undefined,
  options: WriteOptions,
): { object: KubeObject; warnings: string[] } {
  const { resource } = request;
  const builtIn = context.catalog.isBuiltIn(resource);
  const { pruned, unknown, mistyped, problems } = builtIn
    ? { ...checkFields(object, object.apiVersion, object.kind, before), problems: [] }
    : { ...checkSchema(context, resource, object), mistyped: [] };
  const unknownFields = unknown.map((path) => `unknown field "${path}"`);
  if (mistyped[0] !== undefined) throw undecodable(request, `json: ${mistyped[0]}`);
  if (options.fieldValidation === 'Strict' && unknown.length > 0) {
    throw undecodable(request, `strict decoding error: ${unknownFields.join(', ')}`);
  }
  if (problems.length > 0) throw invalidError(namedKind(request), object.metadata.name, problems);
  const { apiVersion, kind } = object;
  const metadata = { ...(pruned['metadata'] as object), name: object.metadata.name };
  const warnings = options.fieldValidation === 'Warn' ? unknownFields : [];
  return { object: { ...pruned, apiVersion, kind, metadata }, warnings };
}

function undecodable(request: ResourceRequest, detail: string): StatusError {
  const { kind, version } = request.resource;
  if (request.info.verb === 'patch') return invalidError(namedKind(request), '', [invalid('patch', '', detail)]);
  return badRequest(`${kind} in version "${version}" cannot be handled as a ${kind}: ${detail}`);
}
