/** get and list: selection, paging, and the three forms of an answer. */
import { z } from 'zod';
import { type Collection, keyOf } from './collection.ts';
import { apiVersionOf, collectionOf, lookUp, type ResourceRequest, type ServerContext } from './context.ts';
import { asVersion } from './convert.ts';
import { type Format, negotiate } from './media-type.ts';
import { jsonReply, type Reply } from './reply.ts';
import type { Resource } from './resource-table.ts';
import {
  type FieldTerm,
  fieldPredicate,
  fieldsOf,
  type Predicate,
  parseFieldSelector,
  parseLabelSelector,
} from './selectors.ts';
import { badRequest, listExpired, notFound, tooLargeVersion } from './status-error.ts';
import { renderTable } from './table.ts';
import type { KubeObject } from './types.ts';

/** Fields with an index, most selective first. */
const INDEXED = ['metadata.name', 'involvedObject.uid', 'involvedObject.name', 'spec.nodeName'];

const continueToken = z.object({ v: z.literal('meta.k8s.io/v1'), rv: z.int().min(0), start: z.string().max(1000) });
type ContinueToken = z.infer<typeof continueToken>;

/** Which objects a list or a watch is about. */
export interface Selection {
  namespace: string | undefined;
  terms: readonly FieldTerm[];
  /** Labels and fields together; on objects as the requested version. */
  selects: Predicate;
  /** Whether any selector was given. */
  narrowed: boolean;
}

/** Reads the selectors of a request; throws 400 for what cannot be read. */
export function selectionOf(context: ServerContext, { info, target, resource }: ResourceRequest): Selection {
  const { minor } = context.version;
  const labels = info.query.get('labelSelector') ?? '';
  const fields = info.query.get('fieldSelector') ?? '';
  const byLabel = parseLabelSelector(labels);
  const terms = parseFieldSelector(fields, fieldsOf(resource.group, resource.kind, minor));
  const byField = fieldPredicate(terms);
  return {
    namespace: resource.namespaced ? target.namespace : undefined,
    terms,
    selects: (object) => byField(object) && byLabel(object),
    narrowed: labels !== '' || fields !== '',
  };
}

/** Answers a get by name (also of `status`). */
export function getObject(context: ServerContext, request: ResourceRequest): Reply {
  const { resource, target, info } = request;
  const format = negotiate(request.accept);
  const object = lookUp(context, request);
  if (object === undefined) throw notFound({ group: resource.group, resource: resource.plural }, target.name ?? '');
  if (format.as === 'metadata') return jsonReply(context.serializer.metadata(object));
  if (format.as === 'json') return jsonReply(context.serializer.whole(object, apiVersionOf(resource)));
  return jsonReply(
    renderTable(context, resource, [object], {
      metaVersion: format.metaVersion,
      includeObject: info.query.get('includeObject'),
      metadata: JSON.stringify({ resourceVersion: object.metadata.resourceVersion }),
      withColumns: true,
    }),
  );
}

/** Answers a list. */
export function listObjects(context: ServerContext, request: ResourceRequest): Reply {
  const { resource, info } = request;
  const format = negotiate(request.accept);
  const selection = selectionOf(context, request);
  const token = readContinue(info.query.get('continue'));
  const asked = info.query.get('resourceVersion') ?? '';
  // A list "from any version" comes from the watch cache, which knows no limit.
  const limit = asked === '0' && token === undefined ? 0 : readLimit(info.query.get('limit'));
  const exact = info.query.get('resourceVersionMatch') === 'Exact' ? Number(asked) : undefined;
  const current = context.store.resourceVersion();
  const version = token?.rv ?? exact ?? current;
  const newest = Math.max(version, Number(asked));
  if (newest > current) throw tooLargeVersion(newest, current);
  const page = pageOf(
    candidates(collectionOf(context, resource), selection, version),
    resource,
    selection,
    token,
    limit,
  );
  const metadata = JSON.stringify({
    resourceVersion: String(version),
    ...(page.next === undefined
      ? {}
      : { continue: writeContinue({ v: 'meta.k8s.io/v1', rv: version, start: page.next }) }),
    ...(page.next === undefined || selection.narrowed ? {} : { remainingItemCount: page.remaining }),
  });
  return jsonReply(renderList(context, request, page.objects, metadata, format));
}

/** All current objects of a selection. */
export function selectCurrent(context: ServerContext, request: ResourceRequest, selection: Selection): KubeObject[] {
  const { resource } = request;
  const current = candidates(collectionOf(context, resource), selection, context.store.resourceVersion());
  return pageOf(current, resource, selection, undefined, 0).objects;
}

function candidates(collection: Collection, selection: Selection, version: number): readonly KubeObject[] {
  const past = collection.asOf(version);
  if (past === undefined) throw listExpired();
  const { namespace } = selection;
  const inNamespace = (o: KubeObject) => namespace === undefined || o.metadata.namespace === namespace;
  if (past !== collection.all()) return past.filter(inNamespace);
  const term = INDEXED.flatMap((path) => selection.terms.filter((t) => t.equal && t.path === path))[0];
  if (term !== undefined) return collection.where(term.path, term.value).filter(inNamespace);
  return namespace === undefined ? past : collection.inNamespace(namespace);
}

interface Page {
  objects: KubeObject[];
  /** The key of the last object on this page, if there are more. */
  next: string | undefined;
  remaining: number;
}

function pageOf(
  sorted: readonly KubeObject[],
  resource: Resource,
  selection: Selection,
  token: ContinueToken | undefined,
  limit: number,
): Page {
  const apiVersion = apiVersionOf(resource);
  const objects: KubeObject[] = [];
  for (let index = token === undefined ? 0 : firstAfter(sorted, token.start); index < sorted.length; index++) {
    const stored = sorted[index];
    if (stored === undefined) break;
    const object = asVersion(stored, apiVersion);
    if (!selection.selects(object)) continue;
    const last = objects.at(-1);
    if (limit > 0 && objects.length === limit && last !== undefined) {
      return { objects, next: keyOf(last), remaining: sorted.length - index };
    }
    objects.push(object);
  }
  return { objects, next: undefined, remaining: 0 };
}

/** The index of the first object whose key is greater; binary search. */
function firstAfter(sorted: readonly KubeObject[], key: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const object = sorted[middle];
    if (object !== undefined && keyOf(object) <= key) low = middle + 1;
    else high = middle;
  }
  return low;
}

function renderList(
  context: ServerContext,
  { resource, info }: ResourceRequest,
  objects: readonly KubeObject[],
  metadata: string,
  format: Format,
): string {
  const { serializer } = context;
  if (format.as === 'table') {
    const includeObject = info.query.get('includeObject');
    return renderTable(context, resource, objects, { ...format, includeObject, metadata, withColumns: true });
  }
  if (format.as === 'metadata') {
    const items = objects.map((object) => serializer.metadata(object)).join(',');
    return `{"kind":"PartialObjectMetadataList","apiVersion":"${format.metaVersion}","metadata":${metadata},"items":[${items}]}`;
  }
  const apiVersion = apiVersionOf(resource);
  const builtIn = context.catalog.isBuiltIn(resource);
  const items = objects.map((object) => (builtIn ? serializer.bare(object) : serializer.whole(object, apiVersion)));
  return `{"kind":"${resource.kind}List","apiVersion":"${apiVersion}","metadata":${metadata},"items":[${items.join(',')}]}`;
}

function readLimit(text: string | null): number {
  if (text === null || text === '') return 0;
  const limit = Number(text);
  if (!Number.isInteger(limit)) throw badRequest(`strconv.ParseInt: parsing "${text}": invalid syntax`);
  return Math.max(limit, 0);
}

function readContinue(text: string | null): ContinueToken | undefined {
  if (text === null || text === '') return undefined;
  try {
    return continueToken.parse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')));
  } catch {
    throw badRequest('continue key is not valid: invalid character in the encoded token');
  }
}

function writeContinue(token: ContinueToken): string {
  return Buffer.from(JSON.stringify(token), 'utf8').toString('base64url');
}
