/** Remediations of the cluster's own parts: Calico, kube-proxy, kubelet, nodes. Sorted by id. */
import type { Remediation } from '../core/remediation.ts';

export const INFRASTRUCTURE: readonly Remediation[] = [];
