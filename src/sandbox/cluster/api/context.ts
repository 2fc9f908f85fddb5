/** What every handler is given: the server's parts, and the form of one resource's answers. */
import type { AccessQuestion } from './access.ts';
import type { Catalog } from './catalog.ts';
import { asVersion } from './convert.ts';
import type { ObjectStore } from './object-store.ts';
import type { RequestBody } from './request-body.ts';
import type { RequestInfo, ResourceInfo } from './request-info.ts';
import type { Resource } from './resource-table.ts';
import type { Serializer } from './serialize.ts';
import type { ServerVersion } from './server-version.ts';
import type { ApiServerOptions, Identity, KubeObject } from './types.ts';

/** The parts of one running server. */
export interface ServerContext {
  options: ApiServerOptions;
  version: ServerVersion;
  store: ObjectStore;
  catalog: Catalog;
  serializer: Serializer;
  /** The time in which the stored objects live: the clock minus the shift. */
  storedNow(): number;
}

/** One request for a known resource. */
export interface ResourceRequest {
  info: RequestInfo;
  target: ResourceInfo;
  resource: Resource;
  identity: Identity;
  accept: string | undefined;
  body: RequestBody;
  userAgent: string;
  /** Whether the sender has another right too; it is recorded as used. */
  may(question: AccessQuestion): boolean;
  /** Throws 403 unless the sender has this verb on the same target too. */
  require(other: { verb: string }): void;
}

/** `apps/v1`, or `v1` in the core group. */
export function apiVersionOf(resource: { group: string; version: string }): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
}

/** The stored objects of a resource. */
export function collectionOf(context: ServerContext, resource: Resource) {
  return context.store.collection(resource.group, resource.kind);
}

/** One object of a request by name, as the requested version, or undefined. */
export function lookUp(context: ServerContext, request: ResourceRequest): KubeObject | undefined {
  const { resource, target } = request;
  const namespace = resource.namespaced ? target.namespace : undefined;
  const found = collectionOf(context, resource).get(namespace, target.name ?? '');
  return found === undefined ? undefined : asVersion(found, apiVersionOf(resource));
}
