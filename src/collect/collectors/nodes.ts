/** Nodes and their leases: one list each. */
import type { NodeObject } from '../../core/evidence/cluster.ts';
import type { Context } from '../context.ts';
import { listAll } from '../lists.ts';
import { toLease, toNode } from '../objects/node.ts';
import { pruned } from '../objects/raw.ts';

const COMMAND = 'kubectl get nodes -o wide';

/** Reads all nodes. The item itself is kept at the end, when it is known which nodes matter. */
export async function readNodes({ cluster, gather, signal }: Context): Promise<readonly NodeObject[] | undefined> {
  const value = await gather.read({ kind: 'nodes', command: COMMAND }, async () => {
    const { total, items } = await listAll(cluster, { path: '/api/v1/nodes', parse: toNode }, signal);
    return { total, nodes: items };
  });
  return value?.nodes;
}

/** Keeps only the nodes that matter where the cluster has more than are kept. */
export function keepNodes(context: Context, nodes: readonly NodeObject[], matter: ReadonlySet<string>): void {
  const kept = nodes.length <= context.nodeLimit ? nodes : nodes.filter((node) => matter.has(node.name));
  context.gather.collected({ kind: 'nodes', command: COMMAND }, { total: nodes.length, nodes: [...kept] });
}

/** Reads the nodes' signs of life: one list of `kube-node-lease`. Above the limit only leases of nodes that matter are kept. */
export async function collectNodeLeases(context: Context, matter: Promise<ReadonlySet<string>>): Promise<void> {
  const { cluster, gather, signal, nodeLimit } = context;
  await gather.read({ kind: 'node-leases', command: 'kubectl -n kube-node-lease get leases' }, async () => {
    const path = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
    const { items } = await listAll(cluster, { path, parse: toLease, pageSize: 1000 }, signal);
    const kept = items.length <= nodeLimit ? undefined : await matter;
    return items
      .filter((lease) => kept === undefined || kept.has(lease.name))
      .map(({ name, renewTime, durationSeconds }) => pruned({ node: name, renewTime, durationSeconds }));
  });
}
