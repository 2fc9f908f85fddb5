/** The objects of the simulated cluster: indexed by kind, namespace and name, with resource versions and a window of changes. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type Collection, KindCollection, keyOf } from './collection.ts';
import { storageGroup, toStorage } from './convert.ts';
import type { KubeObject } from './types.ts';

const FIRST_RESOURCE_VERSION = 1000;

const kubeObjectSchema = z.looseObject({
  apiVersion: z.string().min(1),
  kind: z.string().min(1),
  metadata: z.looseObject({ name: z.string().min(1), namespace: z.string().min(1).optional() }),
});

/** Names an object; the version in `apiVersion` does not matter, its group does. */
interface ObjectRef {
  apiVersion: string;
  kind: string;
  namespace?: string | undefined;
  name: string;
}

/** The store behind an API server. */
export interface ObjectStore {
  /** The resource version of the latest change. */
  resourceVersion(): number;
  get(ref: ObjectRef): KubeObject | undefined;
  /** The objects of a kind, sorted by namespace and name. */
  list(apiVersion: string, kind: string, namespace?: string): readonly KubeObject[];
  /** Creates or replaces; gives the stored object with its new resource version. Throws a sentence for a non-object. */
  put(object: KubeObject): KubeObject;
  /** Removes; false if it was not there. */
  delete(ref: ObjectRef): boolean;
  /** Forgets all past changes: older watches and continue tokens get 410 from now on. */
  compact(): void;
  collection(group: string, kind: string): Collection;
  /** Every kind that has, or has had, an object. */
  kinds(): Collection[];
  /** Every apiVersion and kind in which objects have been given. */
  apiVersions(): { apiVersion: string; kind: string; namespaced: boolean }[];
}

/** The group of `apps/v1` is `apps`; of `v1` it is the empty string. */
export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? '' : apiVersion.slice(0, slash);
}

/** A store with the given objects. Their resource versions are kept where they are numbers, so are their uids. */
export function createObjectStore(objects: readonly KubeObject[], watchWindow = 1000): ObjectStore {
  const collections = new Map<string, KindCollection>();
  const apiVersions = new Map<string, { apiVersion: string; kind: string; namespaced: boolean }>();
  const given = objects.map((o) => Number(o.metadata?.resourceVersion)).filter(Number.isSafeInteger);
  let current = given.reduce((highest, value) => Math.max(highest, value), FIRST_RESOURCE_VERSION);

  const collection = (servedGroup: string, kind: string): KindCollection => {
    const group = storageGroup(servedGroup, kind);
    const key = `${group}/${kind}`;
    const found = collections.get(key) ?? new KindCollection(group, kind, watchWindow, current);
    collections.set(key, found);
    return found;
  };
  const checked = (object: KubeObject): KubeObject => {
    const parsed = kubeObjectSchema.safeParse(object);
    if (!parsed.success) {
      const where = parsed.error.issues[0]?.path.join('.') ?? '';
      throw new Error(`This is not a Kubernetes object: "${where}" is missing or has the wrong type.`);
    }
    const key = `${object.apiVersion}/${object.kind}`;
    const namespaced = object.metadata.namespace !== undefined;
    const known = apiVersions.get(key);
    apiVersions.set(key, {
      apiVersion: object.apiVersion,
      kind: object.kind,
      namespaced: namespaced || known?.namespaced === true,
    });
    return toStorage(object);
  };

  for (const object of objects) {
    const stored = checked(object);
    const own = Number(stored.metadata.resourceVersion);
    collection(groupOf(stored.apiVersion), stored.kind).load(
      completed(stored, Number.isSafeInteger(own) ? own : current),
    );
  }

  return {
    resourceVersion: () => current,
    get: (ref) => collection(groupOf(ref.apiVersion), ref.kind).get(ref.namespace, ref.name),
    list: (apiVersion, kind, namespace) => {
      const found = collection(groupOf(apiVersion), kind);
      return namespace === undefined ? found.all() : found.inNamespace(namespace);
    },
    put: (object) => {
      current += 1;
      const stored = completed(checked(object), current);
      collection(groupOf(object.apiVersion), object.kind).put(stored, current);
      return stored;
    },
    delete: (ref) => {
      const found = collection(groupOf(ref.apiVersion), ref.kind);
      if (found.get(ref.namespace, ref.name) === undefined) return false;
      current += 1;
      found.remove(ref.namespace, ref.name, current);
      return true;
    },
    compact: () => {
      current += 1;
      for (const one of collections.values()) one.forget(current);
    },
    collection,
    kinds: () => [...collections.values()],
    apiVersions: () => [...apiVersions.values()],
  };
}

/** Gives an object the resource version, and a uid made from its name if it has none (a real object always has one). */
function completed(object: KubeObject, resourceVersion: number): KubeObject {
  const uid = object.metadata.uid ?? uidFor(`${groupOf(object.apiVersion)}/${object.kind}/${keyOf(object)}`);
  return { ...object, metadata: { ...object.metadata, uid, resourceVersion: String(resourceVersion) } };
}

function uidFor(key: string): string {
  const hash = createHash('sha256').update(key).digest('hex');
  return [
    hash.slice(0, 8),
    hash.slice(8, 12),
    `4${hash.slice(13, 16)}`,
    `a${hash.slice(17, 20)}`,
    hash.slice(20, 32),
  ].join('-');
}
