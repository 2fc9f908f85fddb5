/** What the evidence of a workload asks for next: why Pods were refused, their claims, and who should have acted. */
import type { PodObject, Workload } from '../../core/evidence/workload.ts';
import type { Context } from '../context.ts';
import { collectRefusals } from './admission.ts';
import { collectControlPlanePods } from './control-plane.ts';
import { collectLeaderLeases } from './server.ts';
import { collectClaimsOfPods } from './storage.ts';

/** Reads what the words of events, conditions and Pods point at; nothing where all is well. */
export async function collectFollowUps(context: Context): Promise<void> {
  const pods = await context.shared.targetPods;
  const nobodyActs = pods.some(isLeftAlone) || workloads(context).some(isUnanswered);
  await Promise.all([
    collectRefusals(context),
    collectClaimsOfPods(context),
    nobodyActs && !context.plan.controlPlane ? collectControllers(context) : undefined,
  ]);
}

async function collectControllers(context: Context): Promise<void> {
  await Promise.all([collectLeaderLeases(context), collectControlPlanePods(context)]);
}

/** A Pod that no scheduler has looked at: it has neither a node nor the scheduler's word. */
function isLeftAlone(pod: PodObject): boolean {
  return (
    pod.phase === 'Pending' &&
    pod.nodeName === undefined &&
    !pod.conditions.some((condition) => condition.type === 'PodScheduled')
  );
}

/** A workload whose newest spec no controller has looked at, or that has none of the Pods that it wants, and no word why. */
function isUnanswered({ kind, generation, observedGeneration, desired, updated, conditions }: Workload): boolean {
  if (generation !== undefined && (observedGeneration ?? 0) < generation) return true;
  const refused = conditions.some((entry) => entry.type === 'ReplicaFailure');
  return kind !== 'Deployment' && desired > 0 && updated === 0 && !refused;
}

function workloads({ gather }: Context): Workload[] {
  return gather
    .items()
    .flatMap((item) => (item.kind === 'workload' && item.status === 'collected' ? [item.value as Workload] : []));
}
