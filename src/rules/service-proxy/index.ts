/** The rules of the service proxy, the kernel and the firewall of an entry node, sorted by id. */
import type { Rule } from '../../core/rule.ts';
import { blockedOutsideCluster } from './blocked-outside-cluster.ts';
import { hostFirewallDropsNodePort } from './host-firewall-drops-node-port.ts';
import { ipForwardOff } from './ip-forward-off.ts';
import { ipvsVirtualServerMissing } from './ipvs-virtual-server-missing.ts';
import { kubeProxyDown } from './kube-proxy-down.ts';
import { kubeProxyNotSyncing } from './kube-proxy-not-syncing.ts';
import { nodePortAddressExcluded } from './node-port-address-excluded.ts';
import { proxyRulesFlushed } from './proxy-rules-flushed.ts';

export const SERVICE_PROXY_RULES: readonly Rule[] = [
  blockedOutsideCluster,
  hostFirewallDropsNodePort,
  ipForwardOff,
  ipvsVirtualServerMissing,
  kubeProxyDown,
  kubeProxyNotSyncing,
  nodePortAddressExcluded,
  proxyRulesFlushed,
];
