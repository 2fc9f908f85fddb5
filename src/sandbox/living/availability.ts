/** When a Pod counts as available. */
import type { SimPod } from '../cluster/simulate/model.ts';
import { type Life, nodeNamed } from './life.ts';

/** Ready as the API server sees it, and not about to go. */
export function available(life: Life, pod: SimPod): boolean {
  const unknown = nodeNamed(life, pod.node)?.kubelet.unknownSince !== undefined;
  return pod.phase === 'Running' && pod.ready && !unknown && pod.terminating === undefined;
}
