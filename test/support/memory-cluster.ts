/** An API server in memory, behind the port: plain objects, selectors, paging, faults, and a log of what was read. */
import { ClusterError } from '../../src/core/errors.ts';
import type { ClusterRead, ClusterReader } from '../../src/core/ports.ts';

/** A Kubernetes object as JSON. */
export interface Obj {
  apiVersion?: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    [key: string]: unknown;
  };
  [key: string]: unknown;
}

/** What happens to reads whose path (with its query) fits. Gives undefined to let the read through. */
export type Fault = (request: ClusterRead, signal: AbortSignal) => Promise<unknown> | undefined;

const PLURALS: Record<string, string> = {
  Endpoints: 'endpoints',
  NetworkPolicy: 'networkpolicies',
  BlockAffinity: 'blockaffinities',
  StorageClass: 'storageclasses',
  TigeraStatus: 'tigerastatuses',
};

export class MemoryCluster implements ClusterReader {
  readonly clusterName = 'memory';
  readonly reads: ClusterRead[] = [];
  readonly faults: Fault[] = [];
  readonly texts = new Map<string, string>([['/readyz', '[+]ping ok\n[+]etcd ok\nreadyz check passed\n']]);
  groups: Record<string, string[]> = { apps: ['v1'], 'coordination.k8s.io': ['v1'] };
  version = { gitVersion: 'v1.29.3', major: '1', minor: '29' };
  readonly #objects: Obj[];

  constructor(objects: readonly Obj[]) {
    this.#objects = [...objects];
  }

  /** Fails reads whose path fits with a ClusterError of the code. */
  fail(path: RegExp, code: ConstructorParameters<typeof ClusterError>[0], status?: number): this {
    this.faults.push(({ path: asked }) =>
      path.test(asked) ? Promise.reject(new ClusterError(code, `${asked}: ${code}`, status)) : undefined,
    );
    return this;
  }

  /** Never answers reads whose path fits, not even when it is told to stop. */
  hang(path: RegExp): this {
    this.faults.push(({ path: asked }) => (path.test(asked) ? new Promise(() => undefined) : undefined));
    return this;
  }

  async read(request: ClusterRead, signal: AbortSignal): Promise<unknown> {
    this.reads.push(request);
    for (const fault of this.faults) {
      const struck = fault(request, signal);
      if (struck !== undefined) return await struck;
    }
    const text = this.texts.get(request.path);
    if (text !== undefined) return text;
    if (request.path === '/version') return this.version;
    if (request.path === '/apis') return this.#discovery();
    return structuredClone(this.#answer(request));
  }

  #discovery(): unknown {
    const groups = Object.entries(this.groups).map(([name, versions]) => ({
      name,
      versions: versions.map((version) => ({ groupVersion: `${name}/${version}`, version })),
    }));
    return { kind: 'APIGroupList', groups };
  }

  #answer({ path, query = {} }: ClusterRead): unknown {
    const match =
      /^(?:\/api\/(v1)|\/apis\/([^/]+\/[^/]+))(?:\/namespaces\/([^/]+)(?=\/))?\/([^/]+)(?:\/([^/]+))?$/.exec(path);
    const group = match?.[1] ?? match?.[2];
    const [namespace, plural, name] = [match?.[3], match?.[4], match?.[5]];
    const fits = this.#objects.filter(
      (object) =>
        (object.apiVersion ?? 'v1') === group &&
        pluralOf(object.kind) === plural &&
        (namespace === undefined || object.metadata.namespace === namespace),
    );
    if (name !== undefined) {
      const found = fits.find((object) => object.metadata.name === name);
      if (found !== undefined) return found;
      throw new ClusterError('not-found', `${path}: not found`, 404);
    }
    const items = fits.filter(
      (object) =>
        labelsFit(object.metadata.labels ?? {}, query['labelSelector']) && fieldsFit(object, query['fieldSelector']),
    );
    const start = Number(query['continue'] ?? 0);
    const end = start + Number(query['limit'] ?? items.length);
    const rest = items.length - end;
    const metadata = rest > 0 ? { continue: String(end), remainingItemCount: rest } : {};
    return { kind: 'List', metadata, items: items.slice(start, end) };
  }
}

function pluralOf(kind: string): string {
  return PLURALS[kind] ?? `${kind.toLowerCase()}s`;
}

function labelsFit(labels: Record<string, string>, selector: string | undefined): boolean {
  if (selector === undefined) return true;
  const among = /^(\S+) in \(([^)]*)\)$/.exec(selector);
  if (among !== null) return (among[2] ?? '').split(',').includes(labels[among[1] ?? ''] ?? '');
  return selector.split(',').every((term) => {
    const [key = '', value] = term.split('=');
    return labels[key] === value;
  });
}

function fieldsFit(object: Obj, selector: string | undefined): boolean {
  if (selector === undefined) return true;
  return selector.split(',').every((term) => {
    const [path = '', value] = term.split('=');
    let at: unknown = object;
    for (const key of path.split('.')) at = (at as Record<string, unknown> | undefined)?.[key];
    return at === value;
  });
}
