/** The registry of probes: one for each kind of evidence that is read on a node. Sorted by kind. */
import type { NodeKind } from '../../core/evidence/kinds.ts';
import type { Probe } from '../probe.ts';
import { nodeBird } from './node-bird.ts';
import { nodeCgroup } from './node-cgroup.ts';
import { nodeClock } from './node-clock.ts';
import { nodeCni } from './node-cni.ts';
import { nodeConntrack } from './node-conntrack.ts';
import { nodeDisk } from './node-disk.ts';
import { nodeFirewall } from './node-firewall.ts';
import { nodeInterfaces } from './node-interfaces.ts';
import { nodeJournal } from './node-journal.ts';
import { nodeKubeProxy } from './node-kube-proxy.ts';
import { nodeListeners } from './node-listeners.ts';
import { nodeMemory } from './node-memory.ts';
import { nodeNeighbours } from './node-neighbours.ts';
import { nodePressure } from './node-pressure.ts';
import { nodeRouteGet } from './node-route-get.ts';
import { nodeRoutes } from './node-routes.ts';
import { nodeRules } from './node-rules.ts';
import { nodeServiceProxy } from './node-service-proxy.ts';
import { nodeSwap } from './node-swap.ts';
import { nodeSysctls } from './node-sysctls.ts';
import { nodeTcp } from './node-tcp.ts';
import { nodeUnits } from './node-units.ts';
import { podListeners } from './pod-listeners.ts';

export const PROBES: { readonly [K in NodeKind]: Probe<K> } = {
  'node-bird': nodeBird,
  'node-cgroup': nodeCgroup,
  'node-clock': nodeClock,
  'node-cni': nodeCni,
  'node-conntrack': nodeConntrack,
  'node-disk': nodeDisk,
  'node-firewall': nodeFirewall,
  'node-interfaces': nodeInterfaces,
  'node-journal': nodeJournal,
  'node-kube-proxy': nodeKubeProxy,
  'node-listeners': nodeListeners,
  'node-memory': nodeMemory,
  'node-neighbours': nodeNeighbours,
  'node-pressure': nodePressure,
  'node-route-get': nodeRouteGet,
  'node-routes': nodeRoutes,
  'node-rules': nodeRules,
  'node-service-proxy': nodeServiceProxy,
  'node-swap': nodeSwap,
  'node-sysctls': nodeSysctls,
  'node-tcp': nodeTcp,
  'node-units': nodeUnits,
  'pod-listeners': podListeners,
};
