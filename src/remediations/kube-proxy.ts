/** kube-proxy as plans need it: its DaemonSet, its Pods, and how the nodes' health checks answer. */

import type { ApiObject } from '../core/api-object.ts';
import type { Facts } from '../core/facts.ts';
import { nodeRef } from '../core/object-ref.ts';
import type { Line, PlanInput } from '../core/remediation.ts';
import { type PodView, podOf } from './calico-daemon-set.ts';
import { daemonSet, podList } from './draft.ts';
import { linesOf } from './lines.ts';

export const KUBE_PROXY = daemonSet('kube-system', 'kube-proxy');
export const KUBE_PROXY_SELECTOR = 'k8s-app=kube-proxy';
export const KUBE_PROXY_PODS = podList('kube-system', KUBE_PROXY_SELECTOR);

export const KUBE_PROXY_TEXTS = {
  'no-daemon-set':
    'There is no DaemonSet kube-system/kube-proxy: kube-proxy is run by something else, or by another proxy.',
  'set-unread': 'DaemonSet kube-system/kube-proxy could not be read: {reason}.',
  'pods-unread': 'The Pods of kube-proxy could not be read: {reason}.',
} as const;
const say = linesOf(KUBE_PROXY_TEXTS);

/** The DaemonSet with its Pods, or why they are not known. */
export type ProxySet = { readonly object: ApiObject; readonly pods: readonly PodView[] } | { readonly refused: Line };

/** Reads both from what the plan had read. */
export function proxySetOf({ objects }: PlanInput): ProxySet {
  const set = objects.get(KUBE_PROXY);
  if (set.status === 'absent') return { refused: say('no-daemon-set') };
  if (set.status === 'unreadable') return { refused: say('set-unread', { reason: set.reason }) };
  const list = objects.list(KUBE_PROXY_PODS);
  if (list.status !== 'read')
    return { refused: say('pods-unread', { reason: list.status === 'absent' ? 'there are none' : list.reason }) };
  return { object: set.object, pods: list.items.flatMap((pod) => podOf(pod) ?? []) };
}

/** True where kube-proxy on the node says that it is well; undefined where nobody could ask. */
export function answersWell(facts: Facts, node: string): boolean | undefined {
  const proxy = facts.get('node-kube-proxy', nodeRef(node));
  if (!proxy.known) return undefined;
  const { result, status } = proxy.value.healthz;
  return result === 'answered' && status === 200;
}
