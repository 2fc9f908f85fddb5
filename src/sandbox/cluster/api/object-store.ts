/** The objects of the simulated cluster: indexed by kind, namespace and name, with resource versions and a window of changes. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { storageGroup, toStorage } from './convert.ts';
import { text } from './json.ts';
import type { KubeObject } from './types.ts';

const FIRST_RESOURCE_VERSION = 1000;

const kubeObjectSchema = z.looseObject({
  apiVersion: z.string().min(1),
  kind: z.string().min(1),
  metadata: z.looseObject({ name: z.string().min(1), namespace: z.string().min(1).optional() }),
});

/** Names an object; the version in `apiVersion` does not matter, its group does. */
export interface ObjectRef {
  apiVersion: string;
  kind: string;
  namespace?: string | undefined;
  name: string;
}

/** One change. `previous` is what stood there before. */
export interface Change {
  resourceVersion: number;
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  object: KubeObject;
  previous?: KubeObject;
}

/** The objects of one kind. Arrays are sorted by namespace and name and must not be changed by the reader. */
export interface Collection {
  group: string;
  kind: string;
  all(): readonly KubeObject[];
  inNamespace(namespace: string): readonly KubeObject[];
  get(namespace: string | undefined, name: string): KubeObject | undefined;
  /** Those whose string at the path equals the value; from an index that is built once per change. */
  where(path: string, value: string): readonly KubeObject[];
  /** Everything as it was at a resource version, or undefined if that is no longer known. */
  asOf(resourceVersion: number): readonly KubeObject[] | undefined;
  /** The changes after a resource version, or undefined if some of them are no longer kept. */
  since(resourceVersion: number): readonly Change[] | undefined;
  /** The oldest resource version from which all changes are known. */
  oldest(): number;
  /** Calls back on each later change; gives back how to stop. */
  subscribe(listener: (change: Change) => void): () => void;
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

/** The order of the API server's own lists: by `namespace/name` in bytes. */
export function keyOf(object: KubeObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
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

class KindCollection implements Collection {
  readonly group: string;
  readonly kind: string;
  readonly #window: number;
  readonly #objects = new Map<string, KubeObject>();
  readonly #indexes = new Map<string, Map<string, KubeObject[]>>();
  readonly #listeners = new Set<(change: Change) => void>();
  #sorted: KubeObject[] | undefined;
  #changes: Change[] = [];
  #oldest: number;

  constructor(group: string, kind: string, window: number, oldest: number) {
    this.group = group;
    this.kind = kind;
    this.#window = window;
    this.#oldest = oldest;
  }

  all(): readonly KubeObject[] {
    this.#sorted ??= [...this.#objects.entries()].sort(byKey).map(([, object]) => object);
    return this.#sorted;
  }

  inNamespace(namespace: string): readonly KubeObject[] {
    return this.where('metadata.namespace', namespace);
  }

  get(namespace: string | undefined, name: string): KubeObject | undefined {
    return this.#objects.get(`${namespace ?? ''}/${name}`);
  }

  where(path: string, value: string): readonly KubeObject[] {
    let index = this.#indexes.get(path);
    if (index === undefined) {
      index = new Map<string, KubeObject[]>();
      const keys = path.split('.');
      for (const object of this.all()) {
        const key = text(object, ...keys);
        const group = index.get(key);
        if (group === undefined) index.set(key, [object]);
        else group.push(object);
      }
      this.#indexes.set(path, index);
    }
    return index.get(value) ?? [];
  }

  asOf(resourceVersion: number): readonly KubeObject[] | undefined {
    const later = this.since(resourceVersion);
    if (later === undefined) return undefined;
    if (later.length === 0) return this.all();
    const past = new Map(this.#objects);
    for (const change of later.toReversed()) {
      if (change.previous === undefined) past.delete(keyOf(change.object));
      else past.set(keyOf(change.object), change.previous);
    }
    return [...past.entries()].sort(byKey).map(([, object]) => object);
  }

  since(resourceVersion: number): readonly Change[] | undefined {
    if (resourceVersion < this.#oldest) return undefined;
    return this.#changes.filter((change) => change.resourceVersion > resourceVersion);
  }

  oldest(): number {
    return this.#oldest;
  }

  subscribe(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Sets without a change event: the state in which the server starts. */
  load(object: KubeObject): void {
    this.#objects.set(keyOf(object), object);
    this.#sorted = undefined;
    this.#indexes.clear();
  }

  put(object: KubeObject, resourceVersion: number): void {
    const previous = this.#objects.get(keyOf(object));
    this.load(object);
    this.#publish({
      resourceVersion,
      type: previous === undefined ? 'ADDED' : 'MODIFIED',
      object,
      ...(previous === undefined ? {} : { previous }),
    });
  }

  remove(namespace: string | undefined, name: string, resourceVersion: number): void {
    const previous = this.get(namespace, name);
    if (previous === undefined) return;
    this.#objects.delete(keyOf(previous));
    this.#sorted = undefined;
    this.#indexes.clear();
    const metadata = { ...previous.metadata, resourceVersion: String(resourceVersion) };
    this.#publish({ resourceVersion, type: 'DELETED', object: { ...previous, metadata }, previous });
  }

  forget(resourceVersion: number): void {
    this.#changes = [];
    this.#oldest = resourceVersion;
  }

  #publish(change: Change): void {
    this.#changes.push(change);
    if (this.#changes.length > this.#window) this.#oldest = this.#changes.shift()?.resourceVersion ?? this.#oldest;
    for (const listener of this.#listeners) listener(change);
  }
}

function byKey([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
