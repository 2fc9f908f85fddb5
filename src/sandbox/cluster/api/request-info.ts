/** What a request asks for, read from its method, path and query, as the API server's RequestInfo does. */
import { parseFieldSelectorName } from './selectors.ts';

/** A request taken apart. For a path that is no resource, `resource` is undefined. */
export interface RequestInfo {
  method: string;
  path: string;
  query: URLSearchParams;
  verb: string;
  group: string;
  version: string;
  resource?: ResourceInfo;
}

/** The part of a request that names a resource. */
export interface ResourceInfo {
  plural: string;
  namespace: string | undefined;
  name: string | undefined;
  subresource: string | undefined;
  /** What follows the subresource, for proxies. */
  rest: string[];
}

const NAMESPACE_SUBRESOURCES = new Set(['status', 'finalize']);
const WRITE_VERBS: Record<string, string> = { POST: 'create', PUT: 'update', PATCH: 'patch' };

/** Reads a request target; throws URIError for a path that is not percent-encoded properly. */
export function parseRequest(method: string, target: string): RequestInfo {
  const url = new URL(target, 'https://127.0.0.1');
  const parts = url.pathname
    .split('/')
    .filter((part) => part !== '')
    .map(decodeURIComponent);
  const base = { method, path: url.pathname, query: url.searchParams, group: '', version: '' };
  const nonResource = { ...base, verb: method.toLowerCase() };
  if (parts[0] === 'api' && parts.length >= 2) {
    return (
      withResource({ ...base, version: parts[1] ?? '' }, parts.slice(2)) ?? { ...nonResource, version: parts[1] ?? '' }
    );
  }
  if (parts[0] === 'apis' && parts.length >= 3) {
    const [, group = '', version = ''] = parts;
    return withResource({ ...base, group, version }, parts.slice(3)) ?? { ...nonResource, group, version };
  }
  return parts[0] === 'apis' && parts.length === 2 ? { ...nonResource, group: parts[1] ?? '' } : nonResource;
}

function withResource(base: Omit<RequestInfo, 'verb' | 'resource'>, parts: string[]): RequestInfo | undefined {
  if (parts.length === 0) return undefined;
  const resource = resourceOf(parts);
  const verb = verbOf(base, resource);
  // As the real server does for authorization: a list that selects one name counts as that name.
  const selected = ['list', 'watch', 'deletecollection'].includes(verb)
    ? parseFieldSelectorName(base.query.get('fieldSelector') ?? '')
    : undefined;
  return { ...base, verb, resource: { ...resource, name: resource.name ?? selected } };
}

function resourceOf(parts: string[]): ResourceInfo {
  const [first = '', namespace, second, ...others] = parts;
  if (first !== 'namespaces' || second === undefined || NAMESPACE_SUBRESOURCES.has(second)) {
    const [plural = '', name, subresource, ...rest] = parts;
    const own = plural === 'namespaces' ? name : undefined;
    return { plural, namespace: own, name, subresource, rest };
  }
  const [name, subresource, ...rest] = others;
  return { plural: second, namespace, name, subresource, rest };
}

function verbOf(base: { method: string; query: URLSearchParams }, resource: ResourceInfo): string {
  if (base.method === 'GET' || base.method === 'HEAD') {
    const watch = base.query.get('watch');
    if (resource.subresource === undefined && (watch === 'true' || watch === '1')) return 'watch';
    return resource.name === undefined ? 'list' : 'get';
  }
  if (base.method === 'DELETE') return resource.name === undefined ? 'deletecollection' : 'delete';
  return WRITE_VERBS[base.method] ?? base.method.toLowerCase();
}
