/** What living parts of a living cluster write again and again: Leases of running kubelets and leaders, and events that recur. */
import type { ObjectStore } from '../cluster/api/object-store.ts';
import type { KubeObject } from '../cluster/api/types.ts';
import type { ClusterModel } from '../cluster/simulate/model.ts';
import { nameOf, type Rendered } from './publish.ts';

const NODE_LEASES = 'kube-node-lease';

/** Renews Leases of all but dead kubelets, and counts up the events whose cause still stands. */
export function beatLiving(store: ObjectStore, model: ClusterModel, rendered: Rendered): void {
  const dead = new Set(model.nodes.filter((node) => node.kubelet.state !== 'running').map((node) => node.name));
  for (const lease of store.list('coordination.k8s.io/v1', 'Lease')) {
    if (lease.metadata.namespace === NODE_LEASES && dead.has(lease.metadata.name)) continue;
    const spec = { ...(lease['spec'] as object), renewTime: new Date().toISOString().replace('Z', '000Z') };
    store.put({ ...lease, spec });
  }
  for (const event of store.list('v1', 'Event')) {
    const { count } = event as KubeObject & { count?: number };
    if (count === undefined || count < 10 || !rendered.has(nameOf(event))) continue;
    store.put({ ...event, count: count + 1, lastTimestamp: `${new Date().toISOString().slice(0, 19)}Z` });
  }
}
