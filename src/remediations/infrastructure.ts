/** Remediations of the cluster's own parts: Calico, kube-proxy, kubelet, nodes. Sorted by id. */
import type { Remediation } from '../core/remediation.ts';
import { setCalicoIpAutodetection } from './set-calico-ip-autodetection.ts';

export const INFRASTRUCTURE: readonly Remediation[] = [setCalicoIpAutodetection];
