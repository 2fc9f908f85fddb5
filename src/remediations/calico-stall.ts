/** Where a roll-out of a new address method would stand still, and the one Pod whose replacement keeps it going. */
import type { ApiObject } from '../core/api-object.ts';
import type { PodView, Replacement } from './calico-daemon-set.ts';

/** What the foreseen Pod is: on this node, still with the old address, and available, so that nothing would replace it. */
export interface Stalled {
  readonly node: string;
  readonly pod: ApiObject;
  /** Where calico-node would wait in vain for somebody to speak BGP with. */
  readonly waiting: readonly string[];
}

/**
 * Foresees a stall. Pods that are not available are replaced first. A new calico-node is ready when at least one of its
 * sessions is up, and sessions come up only among nodes with their right addresses: the new ones, and those whose address
 * does not change. Where that is one node alone, its Pod never becomes ready, and with `maxUnavailable` used up none of the
 * available Pods that hold the old addresses is ever replaced. Replacing one of them by hand gives the first one its peer.
 */
export function stallOf(
  { atOnce, serial }: Replacement,
  moving: ReadonlySet<string>,
  pods: readonly PodView[],
): Stalled | undefined {
  const right = new Set([...atOnce, ...serial.filter((node) => !moving.has(node))]);
  if (atOnce.length === 0 || right.size > 1) return undefined;
  const node = serial.find((one) => moving.has(one));
  const pod = pods.find((one) => one.node === node && !one.leaving)?.object;
  return node === undefined || pod === undefined ? undefined : { node, pod, waiting: [...right] };
}
