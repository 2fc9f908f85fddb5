/** The objects of one kind: sorted, indexed, with the changes of late, from which earlier states are rebuilt. */
import { text } from './json.ts';
import type { KubeObject } from './types.ts';

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

/** The order of the API server's own lists: by `namespace/name` in bytes. */
export function keyOf(object: KubeObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}

/** The collection as the store itself sees it, which alone may change it. */
export class KindCollection implements Collection {
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
