/** The scheduler: binds Pods to nodes that are ready, allowed and large enough, or says why there is none. */
import type { ClusterModel, SimNode, SimPod } from '../cluster/simulate/model.ts';
import { podUid } from '../cluster/simulate/sockets.ts';
import { editPod, type Life } from './life.ts';

/** One look at every Pod that is bound to no node. */
export function syncScheduler(life: Life): void {
  for (const pod of life.model().pods) {
    if (pod.node !== undefined || pod.terminating !== undefined) continue;
    const { nodes } = life.model();
    const refusals = nodes.map((node) => refusal(life.model(), node, pod));
    const fitting = nodes.filter((_, index) => refusals[index] === undefined);
    const [best] = fitting.toSorted((a, b) => busy(life.model(), a) - busy(life.model(), b));
    const uid = podUid(pod);
    if (best !== undefined) {
      editPod(life, uid, ({ pending: _pending, ...rest }) => ({ ...rest, node: best.name }));
      continue;
    }
    const message = `0/${nodes.length} nodes are available: ${reasons(refusals)}.`;
    if (pod.pending?.message === message) continue;
    editPod(life, uid, (one) => ({ ...one, pending: { reason: 'Unschedulable', message } }));
  }
}

function refusal(model: ClusterModel, node: SimNode, pod: SimPod): string | undefined {
  if (node.kubelet.unknownSince !== undefined) {
    return "node(s) had taint {node.kubernetes.io/unreachable: }, that the pod didn't tolerate";
  }
  const taint = node.taints?.find((one) => one.effect !== 'PreferNoSchedule');
  if (taint?.key === 'node.kubernetes.io/unschedulable') return 'node(s) were unschedulable';
  if (taint !== undefined)
    return `node(s) had taint {${taint.key}: ${taint.value ?? ''}}, that the pod didn't tolerate`;
  if (model.nodes.length > 3 && node.controlPlane) {
    return "node(s) had taint {node-role.kubernetes.io/control-plane: }, that the pod didn't tolerate";
  }
  const wanted = pod.containers.reduce((sum, one) => sum + kibibytes(one.requests?.['memory']), 0);
  return wanted > node.allocatableMemoryKi ? 'Insufficient memory' : undefined;
}

/** As the scheduler joins them: counted, in the order of the text. */
function reasons(refusals: (string | undefined)[]): string {
  const counts = new Map<string, number>();
  for (const why of refusals) if (why !== undefined) counts.set(why, (counts.get(why) ?? 0) + 1);
  return [...counts]
    .map(([why, count]) => `${count} ${why}`)
    .sort()
    .join(', ');
}

function busy(model: ClusterModel, node: SimNode): number {
  return model.pods.filter((pod) => pod.node === node.name).length;
}

const UNITS: Record<string, number> = { Ki: 1, Mi: 1024, Gi: 1_048_576 };

function kibibytes(quantity: string | undefined): number {
  const match = /^(\d+)(Ki|Mi|Gi)$/.exec(quantity ?? '');
  return match === null ? 0 : Number(match[1]) * (UNITS[match[2] ?? ''] ?? 0);
}
