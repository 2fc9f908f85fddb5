/** All resources of one server: the built-in ones of its version, and those that CRDs or objects in the store bring along. */
import { at, flag, items, text } from './json.ts';
import { groupOf, type ObjectStore } from './object-store.ts';
import { ALL_VERBS, BUILT_IN_GROUPS, builtInResources, type Resource } from './resource-table.ts';
import type { KubeObject } from './types.ts';

const CRD_GROUP = 'apiextensions.k8s.io';
const CRD_KIND = 'CustomResourceDefinition';

/** What this server serves. */
export interface Catalog {
  /** In the order of discovery. */
  resources(): readonly Resource[];
  find(group: string, version: string, plural: string): Resource | undefined;
  /** Whether the group and version are served at all. */
  serves(group: string, version: string): boolean;
  isBuiltIn(resource: Resource): boolean;
}

/** A catalog that follows the store: a CRD put later shows up at once. */
export function createCatalog(minor: number, store: ObjectStore): Catalog {
  const builtIn = builtInResources(minor);
  let cached:
    | { at: number; resources: readonly Resource[]; index: Map<string, Resource>; served: Set<string> }
    | undefined;
  const current = () => {
    const version = store.resourceVersion();
    if (cached === undefined || cached.at !== version) {
      const resources = [...builtIn, ...customResources(store)];
      cached = {
        at: version,
        resources,
        index: new Map(resources.map((r) => [`${r.group}/${r.version}/${r.plural}`, r])),
        served: new Set(resources.map((r) => `${r.group}/${r.version}`)),
      };
    }
    return cached;
  };
  return {
    resources: () => current().resources,
    find: (group, version, plural) => current().index.get(`${group}/${version}/${plural}`),
    serves: (group, version) => current().served.has(`${group}/${version}`),
    isBuiltIn: (resource) => BUILT_IN_GROUPS.has(resource.group),
  };
}

/** Versions as discovery prefers them: v2, v1, v1beta1, v1alpha1, then the rest by name. */
export function byVersionPriority(a: string, b: string): number {
  const left = versionRank(a);
  const right = versionRank(b);
  for (let i = 0; i < left.length; i++) {
    const difference = (right[i] ?? 0) - (left[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a < b ? -1 : 1;
}

function versionRank(version: string): number[] {
  const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version);
  if (match === null) return [0, 0, 0];
  const stability = match[2] === undefined ? 3 : match[2] === 'beta' ? 2 : 1;
  return [stability, Number(match[1]), Number(match[3] ?? 0)];
}

function customResources(store: ObjectStore): Resource[] {
  const found = new Map<string, Resource>();
  for (const crd of store.list(`${CRD_GROUP}/v1`, CRD_KIND)) {
    for (const resource of resourcesOf(crd)) found.set(keyOf(resource), resource);
  }
  const named = new Set([...found.values()].map((r) => `${r.group}/${r.version}/${r.kind}`));
  for (const { apiVersion, kind, namespaced } of store.apiVersions()) {
    const group = groupOf(apiVersion);
    if (BUILT_IN_GROUPS.has(group) || named.has(`${apiVersion}/${kind}`)) continue;
    const resource = guessed(group, apiVersion.slice(group.length + 1), kind, namespaced);
    found.set(keyOf(resource), resource);
  }
  return [...found.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

function keyOf(resource: Resource): string {
  return `${resource.group}/${resource.version}/${resource.plural}`;
}

function resourcesOf(crd: KubeObject): Resource[] {
  const spec = at(crd, 'spec');
  // apiextensions v1beta1 allowed one version outside the list.
  const listed = items(spec, 'versions');
  const versions = listed.length > 0 ? listed : [{ name: text(spec, 'version'), served: true }];
  return versions
    .filter((version) => flag(version, 'served'))
    .map((version) => {
      const kind = text(spec, 'names', 'kind');
      const subresources = at(version, 'subresources') ?? at(spec, 'subresources');
      return {
        group: text(spec, 'group'),
        version: text(version, 'name'),
        kind,
        plural: text(spec, 'names', 'plural'),
        singular: text(spec, 'names', 'singular') || kind.toLowerCase(),
        namespaced: text(spec, 'scope') === 'Namespaced',
        shortNames: items(spec, 'names', 'shortNames').map(String),
        categories: items(spec, 'names', 'categories').map(String),
        verbs: [...ALL_VERBS],
        subresources: ['status', 'scale'].filter((name) => at(subresources, name) !== undefined),
      };
    });
}

function guessed(group: string, version: string, kind: string, namespaced: boolean): Resource {
  const plural = pluralOf(group, kind);
  return {
    group,
    version,
    kind,
    plural,
    singular: kind.toLowerCase(),
    namespaced,
    shortNames: [],
    categories: [],
    verbs: [...ALL_VERBS],
    subresources: [],
  };
}

function pluralOf(group: string, kind: string): string {
  const name = kind.toLowerCase();
  if (group === 'metrics.k8s.io') return `${name.replace(/metrics$/, '')}s`;
  if (/(s|x|z|ch|sh)$/.test(name)) return `${name}es`;
  if (/[^aeiou]y$/.test(name)) return `${name.slice(0, -1)}ies`;
  return `${name}s`;
}
