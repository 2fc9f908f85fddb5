/** Discovery documents: /api, /apis, one list per group version, and the aggregated form for clients that ask for it. */
import { byVersionPriority, type Catalog } from './catalog.ts';
import type { Resource } from './resource-table.ts';

const AGGREGATED_SINCE_MINOR = 30;
const AGGREGATED = /g=apidiscovery\.k8s\.io;v=v2(?:;|,|$).*?as=APIGroupDiscoveryList/;

interface Group {
  name: string;
  versions: string[];
}

/** Whether to answer with `APIGroupDiscoveryList` (v2), which servers have from v1.30 on. */
export function wantsAggregated(accept: string, minor: number): boolean {
  return minor >= AGGREGATED_SINCE_MINOR && accept.split(',').some((part) => AGGREGATED.test(part));
}

/** The body of /api. */
export function apiVersions(address: string): unknown {
  return {
    kind: 'APIVersions',
    versions: ['v1'],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: address }],
  };
}

/** The body of /apis. */
export function apiGroupList(catalog: Catalog): unknown {
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: groupsOf(catalog).map(apiGroup) };
}

/** The body of /apis/<group>, or undefined. */
export function apiGroupOf(catalog: Catalog, name: string): unknown {
  const group = groupsOf(catalog).find((one) => one.name === name);
  return group === undefined ? undefined : { kind: 'APIGroup', apiVersion: 'v1', ...apiGroup(group) };
}

/** The body of /api/v1 or /apis/<group>/<version>. */
export function apiResourceList(catalog: Catalog, group: string, version: string): unknown {
  const resources = catalog.resources().filter((r) => r.group === group && r.version === version);
  return {
    kind: 'APIResourceList',
    ...(group === '' ? {} : { apiVersion: 'v1' }),
    groupVersion: group === '' ? version : `${group}/${version}`,
    resources: resources.flatMap((one) => apiResources(one, evictionVersion(catalog))),
  };
}

/** The aggregated body of /api (the core group) or /apis (all others). */
export function aggregated(catalog: Catalog, core: boolean): unknown {
  const groups = core ? [{ name: '', versions: ['v1'] }] : groupsOf(catalog);
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items: groups.map((group) => ({
      metadata: group.name === '' ? { creationTimestamp: null } : { name: group.name, creationTimestamp: null },
      versions: group.versions.map((version) => ({
        version,
        freshness: 'Current',
        resources: catalog
          .resources()
          .filter((r) => r.group === group.name && r.version === version)
          .map((one) => discoveryResource(one, evictionVersion(catalog))),
      })),
    })),
  };
}

function groupsOf(catalog: Catalog): Group[] {
  const groups = new Map<string, Set<string>>();
  for (const { group, version } of catalog.resources()) {
    if (group === '') continue;
    const versions = groups.get(group) ?? new Set();
    groups.set(group, versions.add(version));
  }
  return [...groups].map(([name, versions]) => ({ name, versions: [...versions].sort(byVersionPriority) }));
}

function apiGroup({ name, versions }: Group): Record<string, unknown> {
  const listed = versions.map((version) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions: listed, preferredVersion: listed[0] };
}

/** kubectl evicts only where discovery says with which version. */
function evictionVersion(catalog: Catalog): string {
  return catalog.serves('policy', 'v1') ? 'v1' : 'v1beta1';
}

/** The type that a subresource takes, where it is not that of its resource. */
function subresourceType(name: string, eviction: string): { group: string; version: string } | undefined {
  if (name === 'scale') return { group: 'autoscaling', version: 'v1' };
  return name === 'eviction' ? { group: 'policy', version: eviction } : undefined;
}

function apiResources(resource: Resource, eviction: string): unknown[] {
  const main = {
    name: resource.plural,
    singularName: resource.singular,
    namespaced: resource.namespaced,
    kind: resource.kind,
    verbs: resource.verbs,
    ...(resource.shortNames.length > 0 ? { shortNames: resource.shortNames } : {}),
    ...(resource.categories.length > 0 ? { categories: resource.categories } : {}),
  };
  const subresources = resource.subresources.map((name) => ({
    name: `${resource.plural}/${name}`,
    singularName: '',
    namespaced: resource.namespaced,
    ...subresourceType(name, eviction),
    kind: SUBRESOURCE_KINDS[name] ?? resource.kind,
    verbs: SUBRESOURCE_VERBS[name] ?? ['get', 'patch', 'update'],
  }));
  return [main, ...subresources];
}

function discoveryResource(resource: Resource, eviction: string): unknown {
  const { group, version, kind } = resource;
  return {
    resource: resource.plural,
    responseKind: { group, version, kind },
    scope: resource.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: resource.singular,
    verbs: resource.verbs,
    ...(resource.shortNames.length > 0 ? { shortNames: resource.shortNames } : {}),
    ...(resource.categories.length > 0 ? { categories: resource.categories } : {}),
    ...(resource.subresources.length > 0
      ? {
          subresources: resource.subresources.map((name) => ({
            subresource: name,
            responseKind: {
              ...(subresourceType(name, eviction) ?? { group, version }),
              kind: SUBRESOURCE_KINDS[name] ?? kind,
            },
            verbs: SUBRESOURCE_VERBS[name] ?? ['get', 'patch', 'update'],
          })),
        }
      : {}),
  };
}

const SUBRESOURCE_KINDS: Record<string, string> = {
  attach: 'PodAttachOptions',
  binding: 'Binding',
  eviction: 'Eviction',
  exec: 'PodExecOptions',
  portforward: 'PodPortForwardOptions',
  scale: 'Scale',
  token: 'TokenRequest',
};

const CONNECT = ['create', 'get'];
const SUBRESOURCE_VERBS: Record<string, string[]> = {
  attach: CONNECT,
  binding: ['create'],
  eviction: ['create'],
  exec: CONNECT,
  finalize: ['update'],
  log: ['get'],
  portforward: CONNECT,
  proxy: ['create', 'delete', 'get', 'patch', 'update'],
  token: ['create'],
};
