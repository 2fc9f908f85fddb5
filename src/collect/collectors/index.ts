/** The registry of collectors: each reads one family of evidence; the plan says which a question needs. */
import type { ServiceObject } from '../../core/evidence/cluster.ts';
import type { StepName } from '../../core/ports.ts';
import type { Context } from '../context.ts';
import { podReady } from '../objects/pod.ts';
import type { Plan } from '../plan.ts';
import { collectCalicoWords, collectKubeProxy } from './components.ts';
import { collectControlPlane, collectKubeProxyConfig } from './control-plane.ts';
import { collectFollowUps } from './follow-ups.ts';
import { collectEvents, collectNodePods, collectPodEvents, collectPodsOfBareServices } from './pods.ts';
import { collectApiHealth, collectLeaderLeases } from './server.ts';
import { collectServicesWithoutEndpoints } from './services.ts';
import { collectStorageTarget } from './storage.ts';
import { collectLastWords, collectWorkload } from './workloads.ts';

export interface Collector {
  readonly name: string;
  readonly step: StepName;
  readonly needed: (plan: Plan) => boolean;
  readonly run: (context: Context) => Promise<void>;
}

const TARGET_EVENTS = 10;

/** Sorted by what people would look at first; they all run at once. */
export const COLLECTORS: readonly Collector[] = [
  { name: 'target-events', step: 'endpoints', needed: (plan) => plan.target, run: targetEvents },
  { name: 'workload', step: 'endpoints', needed: (plan) => plan.workload, run: workload },
  { name: 'storage', step: 'endpoints', needed: (plan) => plan.storage, run: collectStorageTarget },
  { name: 'node-pods', step: 'nodes', needed: (plan) => plan.unreadyNodes, run: collectNodePods },
  { name: 'api-health', step: 'cluster', needed: () => true, run: collectApiHealth },
  { name: 'leader-leases', step: 'cluster', needed: (plan) => plan.controlPlane, run: collectLeaderLeases },
  { name: 'calico-words', step: 'cluster', needed: (plan) => plan.calico, run: collectCalicoWords },
  { name: 'kube-proxy', step: 'cluster', needed: (plan) => plan.kubeProxy, run: collectKubeProxy },
  { name: 'kube-proxy-config', step: 'cluster', needed: (plan) => plan.kubeProxy, run: collectKubeProxyConfig },
  {
    name: 'control-plane',
    step: 'cluster',
    needed: (plan) => plan.controlPlane || plan.calico,
    run: collectControlPlane,
  },
  {
    name: 'services-without-endpoints',
    step: 'endpoints',
    needed: (plan) => plan.servicesWithoutEndpoints,
    run: bareServices,
  },
];

/** What was read of the workload says what else is worth reading. */
async function workload(context: Context): Promise<void> {
  await collectWorkload(context);
  await collectFollowUps(context);
}

async function bareServices(context: Context): Promise<void> {
  const bare: Promise<readonly ServiceObject[]> = collectServicesWithoutEndpoints(context);
  await collectPodsOfBareServices(context, bare);
}

async function targetEvents(context: Context): Promise<void> {
  const [{ service }, pods] = await Promise.all([context.shared.target, context.shared.targetPods]);
  if (service === undefined) return;
  await Promise.all([
    collectEvents(context, { kind: 'Service', namespace: service.namespace, name: service.name }),
    collectPodEvents(context, pods, TARGET_EVENTS),
    collectLastWords(
      context,
      pods.filter((pod) => !podReady(pod)),
    ),
  ]);
}
