/** Why a kubelet of a given version ends right after its start: swap, a container runtime that does not answer, a flag that is gone, a certificate. */
import { atLeast } from './address.ts';
import type { ClusterModel, SimNode } from './model.ts';

export type FatalReason = { kind: 'swap' | 'runtime' | 'certificate' } | { kind: 'flag'; flag: string };

/** Flags by the first version that does not know them any more (facts §3.2 K10, K11). */
const REMOVED: [flag: string, since: string][] = [
  ['--network-plugin', '1.24.0'],
  ['--cni-bin-dir', '1.24.0'],
  ['--cni-conf-dir', '1.24.0'],
  ['--container-runtime', '1.27.0'],
  ['--pod-infra-container-image', '1.35.0'],
];

/** Files that hold flags for kubelet; the unit of kubeadm reads them all. */
const FLAG_FILES = ['/var/lib/kubelet/kubeadm-flags.env', '/etc/default/kubelet', '/etc/sysconfig/kubelet'];

/** What a kubelet that starts now on this node dies of; undefined where it stays up. Flags are read first, as kubelet does. */
export function fatalReason(model: Pick<ClusterModel, 'kubernetes'>, node: SimNode): FatalReason | undefined {
  const text = FLAG_FILES.map((file) => node.files?.[file] ?? '').join(' ');
  const given = new Set(text.match(/--[a-z][a-z0-9-]+/g));
  const removed = REMOVED.find(([flag, since]) => given.has(flag) && atLeast(model.kubernetes, since));
  if (removed !== undefined) return { kind: 'flag', flag: removed[0] };
  if (node.swap?.active === true && !text.includes('--fail-swap-on=false')) return { kind: 'swap' };
  if (node.runtimeDown === true) return { kind: 'runtime' };
  return node.faults.certificateExpired === true ? { kind: 'certificate' } : undefined;
}
