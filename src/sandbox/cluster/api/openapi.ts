/** OpenAPI documents, as thin as kubectl needs them: which resources there are, and which parameters a patch takes. */
import { createHash } from 'node:crypto';
import { byVersionPriority, type Catalog } from './catalog.ts';
import { apiVersionOf } from './context.ts';
import { jsonReply, type Reply } from './reply.ts';
import type { Resource } from './resource-table.ts';
import type { ServerVersion } from './server-version.ts';

/** The first minor that serves /openapi/v3. */
const V3_SINCE_MINOR = 24;
/** The first minor whose patch knows `fieldValidation`. */
const FIELD_VALIDATION_SINCE_MINOR = 25;
const PREFIX = '/openapi/v3/';

/**
 * The answer to a path below /openapi, or undefined. Schemas are left out: kubectl then leaves validation to the server
 * (v3, which names `fieldValidation`) or does without (v2), and merges built-in types by its own knowledge of them.
 */
export function openapiReply(
  catalog: Catalog,
  version: ServerVersion,
  path: string,
  accept: string,
): Reply | undefined {
  if (path === '/openapi/v2')
    return accept.includes('protobuf') ? protobufV2(version) : jsonReply(JSON.stringify(documentV2(version)));
  if (version.minor < V3_SINCE_MINOR) return undefined;
  if (path === '/openapi/v3') return jsonReply(JSON.stringify({ paths: indexOf(catalog, version) }));
  if (!path.startsWith(PREFIX)) return undefined;
  const resources = catalog.resources().filter((resource) => documentPath(resource) === path.slice(PREFIX.length));
  return resources.length === 0 ? undefined : jsonReply(JSON.stringify(documentV3(resources, version)));
}

/** `api/v1`, `apis/apps/v1` */
function documentPath({ group, version }: Resource): string {
  return group === '' ? `api/${version}` : `apis/${group}/${version}`;
}

function indexOf(catalog: Catalog, version: ServerVersion): Record<string, { serverRelativeURL: string }> {
  const paths = [...new Set(catalog.resources().map(documentPath))].toSorted(byVersionPriority);
  return Object.fromEntries(
    paths.map((path) => {
      const resources = catalog.resources().filter((resource) => documentPath(resource) === path);
      const text = JSON.stringify(documentV3(resources, version));
      const hash = createHash('sha256').update(text).digest('hex').toUpperCase();
      return [path, { serverRelativeURL: `${PREFIX}${path}?hash=${hash}` }];
    }),
  );
}

function documentV3(resources: readonly Resource[], version: ServerVersion): unknown {
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: version.text },
    paths: Object.fromEntries(
      resources.map((resource) => [itemPath(resource), { patch: patchOperation(resource, version) }]),
    ),
    components: { schemas: {} },
  };
}

function itemPath(resource: Resource): string {
  const scope = resource.namespaced ? '/namespaces/{namespace}' : '';
  return `/${documentPath(resource)}${scope}/${resource.plural}/{name}`;
}

function patchOperation(resource: Resource, version: ServerVersion): unknown {
  const { group, kind } = resource;
  const names = ['dryRun', 'fieldManager', 'force'];
  if (version.minor >= FIELD_VALIDATION_SINCE_MINOR) names.push('fieldValidation');
  return {
    description: `partially update the specified ${kind} of ${apiVersionOf(resource)}`,
    parameters: names.map((name) => ({ name, in: 'query', schema: { type: 'string', uniqueItems: true } })),
    responses: { 200: { description: 'OK' } },
    'x-kubernetes-action': 'patch',
    'x-kubernetes-group-version-kind': { group, version: resource.version, kind },
  };
}

function documentV2(version: ServerVersion): unknown {
  return { swagger: '2.0', info: { title: 'Kubernetes', version: version.text }, paths: {}, definitions: {} };
}

/** The same document in protobuf: field 1 is `swagger`, field 2 `info` with title (1) and version (2). */
function protobufV2(version: ServerVersion): Reply {
  const info = field(1, 'Kubernetes') + field(2, version.text);
  const contentType = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';
  return { kind: 'body', status: 200, contentType, body: field(1, '2.0') + field(2, info) };
}

/** One length-delimited field; all texts here are short and ASCII. */
function field(number: number, text: string): string {
  return String.fromCharCode((number << 3) | 2, text.length) + text;
}
