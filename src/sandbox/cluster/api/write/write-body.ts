/** Bodies of writes: JSON, YAML or the protobuf of a few kinds, with times brought back to those of the store. */
import { loadYaml } from '@kubernetes/client-node';
import { z } from 'zod';
import { apiVersionOf, type ResourceRequest, type ServerContext } from '../context.ts';
import { objectFromProtobuf } from '../protobuf.ts';
import { badRequest, StatusError } from '../status-error.ts';
import type { KubeObject } from '../types.ts';
import { isMap, type JsonMap } from './values.ts';

const PROTOBUF = 'application/vnd.kubernetes.protobuf';
const YAML = ['application/yaml', 'application/apply-patch+yaml'];

const strings = z.record(z.string(), z.string()).nullish();
/** As far as the emulator reads it; the fields of each kind are checked against their models afterwards. */
const objectSchema = z.looseObject({
  apiVersion: z.string().optional(),
  kind: z.string().optional(),
  metadata: z
    .looseObject({
      name: z.string().max(1000).nullish(),
      generateName: z.string().max(1000).nullish(),
      namespace: z.string().max(1000).nullish(),
      uid: z.string().nullish(),
      resourceVersion: z.string().nullish(),
      labels: strings,
      annotations: strings,
      finalizers: z.array(z.string()).nullish(),
      managedFields: z.array(z.unknown()).nullish(),
    })
    .optional(),
});

/** The body as JSON; undefined for an empty one. Throws 400 or 415. */
export function jsonBody(context: ServerContext, { body }: ResourceRequest): unknown {
  const { bytes, contentType } = body;
  if (bytes.length === 0) return undefined;
  if (contentType === PROTOBUF) {
    const decoded = objectFromProtobuf(bytes);
    if (decoded === undefined) throw unknownFormat(['application/json', 'application/yaml']);
    return JSON.parse(context.serializer.unshift(JSON.stringify(decoded)));
  }
  const text = bytes.toString('utf8');
  try {
    return JSON.parse(context.serializer.unshift(text)) as unknown;
  } catch {
    if (!YAML.includes(contentType)) throw badRequest('the body of the request is not JSON');
  }
  // An alias can stand for a part that holds aliases: a short text for more than fits into memory.
  if (/(^|[\s[{,:-])[&*][^\s,\]}]/m.test(text)) {
    throw badRequest('error decoding YAML: anchors and aliases are not read by this server; write the value out');
  }
  try {
    const loaded: unknown = JSON.parse(JSON.stringify(loadYaml(text)));
    return JSON.parse(context.serializer.unshift(JSON.stringify(loaded)));
  } catch {
    throw badRequest('error decoding YAML: the body of the request cannot be read');
  }
}

/** The object in a body, as an object of the requested resource. Throws 400 for another kind, name or namespace. */
export function objectBody(context: ServerContext, request: ResourceRequest): KubeObject {
  const { contentType } = request.body;
  if (!['application/json', PROTOBUF, 'application/yaml'].includes(contentType)) {
    throw unknownFormat(['application/json', 'application/yaml', PROTOBUF]);
  }
  return asRequested(jsonBody(context, request), request);
}

/** An untrusted value as an object of the requested resource, with name and namespace from the path. */
export function asRequested(value: unknown, { resource, target }: ResourceRequest): KubeObject {
  const { kind } = resource;
  const apiVersion = apiVersionOf(resource);
  const parsed = objectSchema.safeParse(value);
  if (!parsed.success) {
    const where = parsed.error.issues[0]?.path.join('.') ?? '';
    const detail = where === '' ? 'the body is not an object' : `${where} has the wrong type`;
    throw badRequest(`${kind} in version "${resource.version}" cannot be handled as a ${kind}: ${detail}`);
  }
  const given = parsed.data;
  if (given.kind !== undefined && given.kind !== kind) {
    throw badRequest(
      `${given.kind} in version "${resource.version}" cannot be handled as a ${kind}: no kind "${given.kind}" is registered for ${target.plural}`,
    );
  }
  if (given.apiVersion !== undefined && given.apiVersion !== apiVersion) {
    throw badRequest(
      `the API version in the data (${given.apiVersion}) does not match the expected API version (${apiVersion})`,
    );
  }
  return { ...given, apiVersion, kind, metadata: metadataOf(given.metadata ?? {}, resource.namespaced, target) };
}

function metadataOf(given: JsonMap, namespaced: boolean, target: ResourceRequest['target']): KubeObject['metadata'] {
  const kept = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null));
  const name = typeof kept['name'] === 'string' ? kept['name'] : '';
  const namespace = typeof kept['namespace'] === 'string' ? kept['namespace'] : '';
  if (target.name !== undefined && name !== '' && name !== target.name) {
    throw badRequest(`the name of the object (${name}) does not match the name on the URL (${target.name})`);
  }
  if (namespaced && namespace !== '' && namespace !== target.namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  const { namespace: _namespace, ...metadata } = kept;
  return {
    ...metadata,
    name: name || (target.name ?? ''),
    ...(namespaced && target.namespace !== undefined ? { namespace: target.namespace } : {}),
  };
}

/** The body as a JSON object, or 400. */
export function mapBody(context: ServerContext, request: ResourceRequest): JsonMap {
  const value = jsonBody(context, request);
  if (!isMap(value)) throw badRequest('error decoding patch: the body of the request is not a JSON object');
  return value;
}

/** 415, with the media types that would do. */
export function unknownFormat(accepted: readonly string[]): StatusError {
  return new StatusError(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  );
}
