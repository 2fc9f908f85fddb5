/** From a request to its reply: documents, health, and one handler per verb or subresource. */
import { authorize, forbidden, fullName, mayUse } from './access.ts';
import { apiVersionOf, type ResourceRequest, type ServerContext } from './context.ts';
import { aggregated, apiGroupList, apiGroupOf, apiResourceList, apiVersions, wantsAggregated } from './discovery.ts';
import { answerHealth } from './health.ts';
import { openapiReply } from './openapi.ts';
import { podLogs } from './pod-logs.ts';
import { getObject, listObjects } from './read-objects.ts';
import { jsonReply, type Reply, textReply } from './reply.ts';
import { parseReviewBody, type RequestBody } from './request-body.ts';
import type { RequestInfo } from './request-info.ts';
import { answerReview, REVIEWS } from './reviews.ts';
import { versionInfo } from './server-version.ts';
import { methodNotAllowed, noSuchResource } from './status-error.ts';
import type { Identity, RightUse } from './types.ts';
import { watchObjects } from './watch.ts';
import { approve } from './write/approval.ts';
import { createObject } from './write/create-object.ts';
import { deleteCollection, deleteObject } from './write/delete-object.ts';
import { evictPod } from './write/eviction.ts';
import { patchObject } from './write/patch-object.ts';
import { getScale, patchScale, updateScale } from './write/scale.ts';
import { updateObject } from './write/update-object.ts';

/** A request that has been read and whose sender is known. */
export interface RoutedRequest {
  info: RequestInfo;
  identity: Identity;
  accept: string | undefined;
  userAgent: string;
  body: RequestBody;
  /** The rights that were asked for; added to. */
  rights: RightUse[];
  /** Host and port of the server, for discovery. */
  address: string;
  checks: ReadonlyMap<string, boolean>;
}

type Handler = (context: ServerContext, request: ResourceRequest) => Reply;

const HANDLERS: Record<string, Handler> = {
  get: getObject,
  list: listObjects,
  watch: watchObjects,
  create,
  update: updateObject,
  patch: patchObject,
  delete: deleteObject,
  deletecollection: deleteCollection,
};

const SUBRESOURCE_HANDLERS: Record<string, Handler> = {
  'get pods/log': podLogs,
  'create pods/eviction': evictPod,
  'update certificatesigningrequests/approval': approve,
  'patch certificatesigningrequests/approval': approve,
  'get certificatesigningrequests/approval': getObject,
};

/** Handlers of a subresource that several resources have. */
const COMMON_SUBRESOURCES: Record<string, Handler> = {
  'get status': getObject,
  'update status': updateObject,
  'patch status': patchObject,
  'get scale': getScale,
  'update scale': updateScale,
  'patch scale': patchScale,
};

/** Authorizes and answers; throws a StatusError for everything that is answered as an error. */
export function route(context: ServerContext, request: RoutedRequest): Reply {
  const { info, identity } = request;
  authorize(identity, info, request.rights);
  const target = info.resource;
  if (target === undefined) return routeDocument(context, request);
  const resource = context.catalog.find(info.group, info.version, target.plural);
  if (resource === undefined) {
    // Kubernetes' own groups know their resources; for others there is no handler at all.
    if (context.catalog.serves(info.group, info.version)) throw noSuchResource();
    return pageNotFound();
  }
  const scoped = target.namespace !== undefined && target.plural !== 'namespaces';
  if (scoped && !resource.namespaced) throw noSuchResource();
  const resourceRequest: ResourceRequest = {
    ...request,
    target,
    resource,
    may: (question) => mayUse(identity, question, request.rights),
    require: ({ verb }) => {
      const question = { ...target, verb, group: info.group, resource: fullName(target) };
      if (!mayUse(identity, question, request.rights)) throw forbidden(identity, { ...info, verb });
    },
  };
  return handlerFor(resourceRequest)(context, resourceRequest);
}

function handlerFor({ info, target, resource }: ResourceRequest): Handler {
  const named = { group: resource.group, resource: resource.plural };
  const { subresource } = target;
  if (subresource !== undefined) {
    if (!resource.subresources.includes(subresource)) throw noSuchResource();
    const own = SUBRESOURCE_HANDLERS[`${info.verb} ${resource.plural}/${subresource}`];
    const found = own ?? COMMON_SUBRESOURCES[`${info.verb} ${subresource}`];
    if (found === undefined) throw methodNotAllowed(named);
    return found;
  }
  const handler = HANDLERS[info.verb];
  if (handler === undefined || !resource.verbs.includes(info.verb)) throw methodNotAllowed(named);
  return handler;
}

/** Reviews are answered and never stored; of kinds that can only be created, the others have no handler here. */
function create(context: ServerContext, request: ResourceRequest): Reply {
  const { resource, body, identity } = request;
  if (!REVIEWS.has(resource.kind)) {
    if (resource.verbs.includes('get')) return createObject(context, request);
    throw methodNotAllowed({ group: resource.group, resource: resource.plural });
  }
  const answer = answerReview(resource.kind, apiVersionOf(resource), parseReviewBody(body), identity);
  return jsonReply(JSON.stringify(answer), 201);
}

function routeDocument(context: ServerContext, { info, accept, address, checks }: RoutedRequest): Reply {
  const path = info.path.replace(/\/$/, '');
  const health = answerHealth(info.path, info.query, checks);
  if (health !== undefined) return textReply(health.body, health.status);
  if (info.method !== 'GET' && info.method !== 'HEAD') throw methodNotAllowed();
  const document = findDocument(context, info, path, accept ?? '', address);
  return document === undefined ? pageNotFound() : document;
}

function findDocument(
  context: ServerContext,
  info: RequestInfo,
  path: string,
  accept: string,
  address: string,
): Reply | undefined {
  const { catalog, version } = context;
  if (path === '/version') return jsonReply(JSON.stringify(versionInfo(version)));
  if (path === '/api' || path === '/apis') {
    if (wantsAggregated(accept, version.minor)) {
      const body = JSON.stringify(aggregated(catalog, path === '/api'));
      const contentType = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
      return { kind: 'body', status: 200, contentType, body };
    }
    return jsonReply(JSON.stringify(path === '/api' ? apiVersions(address) : apiGroupList(catalog)));
  }
  if (path.startsWith('/openapi/')) return openapiReply(catalog, version, path, accept);
  if (info.version !== '') {
    if (!catalog.serves(info.group, info.version)) return undefined;
    return jsonReply(JSON.stringify(apiResourceList(catalog, info.group, info.version)));
  }
  const group = info.group === '' ? undefined : apiGroupOf(catalog, info.group);
  return group === undefined ? undefined : jsonReply(JSON.stringify(group));
}

function pageNotFound(): Reply {
  return textReply('404 page not found\n', 404);
}
