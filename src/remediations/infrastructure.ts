/** Remediations of the cluster's own parts: Calico, kube-proxy, kubelet, nodes. Sorted by id. */
import type { Remediation } from '../core/remediation.ts';
import { keepSwapOff } from './keep-swap-off.ts';
import { removeKubeletFlag } from './remove-kubelet-flag.ts';
import { restartCalicoNode } from './restart-calico-node.ts';
import { restartKubeProxy } from './restart-kube-proxy.ts';
import { restartKubelet } from './restart-kubelet.ts';
import { setCalicoIpAutodetection } from './set-calico-ip-autodetection.ts';
import { setNodePortAddresses } from './set-node-port-addresses.ts';
import { setSysctl } from './set-sysctl.ts';
import { startContainerRuntime } from './start-container-runtime.ts';
import { startKubeProxy } from './start-kube-proxy.ts';
import { turnSwapOff } from './turn-swap-off.ts';

export const INFRASTRUCTURE: readonly Remediation[] = [
  keepSwapOff,
  removeKubeletFlag,
  restartCalicoNode,
  restartKubeProxy,
  restartKubelet,
  setCalicoIpAutodetection,
  setNodePortAddresses,
  setSysctl,
  startContainerRuntime,
  startKubeProxy,
  turnSwapOff,
];
