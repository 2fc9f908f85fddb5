/** Unknown and mistyped fields of a written object: dropped, warned about, or refused, as `fieldValidation` says. */
import type { ResourceRequest, ServerContext } from '../context.ts';
import { badRequest } from '../status-error.ts';
import type { KubeObject } from '../types.ts';
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
  const { resource, info } = request;
  if (!context.catalog.isBuiltIn(resource)) return { object, warnings: [] };
  const { pruned, unknown, mistyped } = checkFields(object, object.apiVersion, object.kind, before);
  const unknownFields = unknown.map((path) => `unknown field "${path}"`);
  const strict = options.fieldValidation === 'Strict' && unknown.length > 0;
  const [first] =
    mistyped.length > 0 ? [`json: ${mistyped[0] ?? ''}`] : [`strict decoding error: ${unknownFields.join(', ')}`];
  if (mistyped.length > 0 || strict) {
    if (info.verb === 'patch') {
      throw invalidError({ group: resource.group, resource: resource.kind }, '', [invalid('patch', '', first)]);
    }
    throw badRequest(`${object.kind} in version "${resource.version}" cannot be handled as a ${object.kind}: ${first}`);
  }
  // The models name every field that is left, so the metadata still stands.
  const checked: KubeObject = {
    ...pruned,
    apiVersion: object.apiVersion,
    kind: object.kind,
    metadata: metadataOf(pruned, object),
  };
  return { object: checked, warnings: options.fieldValidation === 'Warn' ? unknownFields : [] };
}

function metadataOf(pruned: Record<string, unknown>, object: KubeObject): KubeObject['metadata'] {
  return { ...(pruned['metadata'] as object), name: object.metadata.name };
}
