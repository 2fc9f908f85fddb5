/** Indexes of a model's Pods and nodes, so that clusters of thousands stay cheap. Kept per list, rebuilt when it has grown. */
import type { ClusterModel, SimNode, SimPod } from './model.ts';

interface Index<T> {
  size: number;
  byKey: Map<string, T[]>;
}

const nodes = new WeakMap<object, Index<SimNode>>();
const podsOfNodes = new WeakMap<object, Index<SimPod>>();
const podsOfNamespaces = new WeakMap<object, Index<SimPod>>();

function find<T>(cache: WeakMap<object, Index<T>>, list: readonly T[], key: (item: T) => string, wanted: string): T[] {
  let index = cache.get(list);
  if (index === undefined || index.size !== list.length) {
    const byKey = new Map<string, T[]>();
    for (const item of list) {
      const group = byKey.get(key(item));
      if (group === undefined) byKey.set(key(item), [item]);
      else group.push(item);
    }
    index = { size: list.length, byKey };
    cache.set(list, index);
  }
  return index.byKey.get(wanted) ?? [];
}

/** The node of that name; an error names what is missing, since a model that points nowhere is a mistake of its author. */
export function nodeOf(model: ClusterModel, name: string): SimNode {
  const node = find(nodes, model.nodes, (one) => one.name, name)[0];
  if (node === undefined) throw new Error(`The model ${model.name} has no node ${name}.`);
  return node;
}

/** Pods bound to a node. */
export function podsOfNode(model: ClusterModel, node: SimNode): SimPod[] {
  return find(podsOfNodes, model.pods, (pod) => pod.node ?? '', node.name);
}

/** Pods of a namespace. */
export function podsOfNamespace(model: ClusterModel, namespace: string): SimPod[] {
  return find(podsOfNamespaces, model.pods, (pod) => pod.namespace, namespace);
}
