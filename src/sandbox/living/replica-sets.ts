/** The ReplicaSet controller: as many Pods as are wanted, and the counts of those that there are. */
import { at, count, items, text } from '../cluster/api/json.ts';
import type { KubeObject } from '../cluster/api/types.ts';
import type { SimPod } from '../cluster/simulate/model.ts';
import { podUid } from '../cluster/simulate/sockets.ts';
import { available } from './availability.ts';
import { type Life, suffix } from './life.ts';
import { deletePod } from './pod-life.ts';
import { putStatus } from './store-write.ts';
import { podOfTemplate } from './templates.ts';

const HASH = 'pod-template-hash';

/** One look at every ReplicaSet. */
export function syncReplicaSets(life: Life): void {
  for (const set of life.store.list('apps/v1', 'ReplicaSet')) {
    scale(life, set);
    writeStatus(life, set);
  }
}

/** Pods of a ReplicaSet that are not about to go. */
export function activePods(life: Life, set: KubeObject): SimPod[] {
  const { namespace, name } = set.metadata;
  const owned = life
    .model()
    .pods.filter((pod) => pod.namespace === namespace && pod.owner?.kind === 'ReplicaSet' && pod.owner.name === name);
  return owned.filter((pod) => pod.terminating === undefined);
}

/** `Deployment ci/jenkins`, of a ReplicaSet that one owns; else the ReplicaSet's own. */
export function deploymentKey(set: KubeObject): string {
  const owner = items(set, 'metadata', 'ownerReferences').find((one) => text(one, 'kind') === 'Deployment');
  const { namespace, name } = set.metadata;
  return owner === undefined ? `ReplicaSet ${namespace}/${name}` : `Deployment ${namespace}/${text(owner, 'name')}`;
}

/** Wanted replicas; absent means one. */
export function replicasOf(workload: KubeObject): number {
  const replicas = at(workload, 'spec', 'replicas');
  return typeof replicas === 'number' ? replicas : 1;
}

function scale(life: Life, set: KubeObject): void {
  const wanted = replicasOf(set);
  const pods = activePods(life, set);
  const { name } = set.metadata;
  const hash = set.metadata.labels?.[HASH];
  for (let index = pods.length; index < wanted; index += 1) {
    const pod = podOfTemplate(life, set, life.memory.prototypes.get(deploymentKey(set)), {
      name: `${name}-${suffix(life)}`,
      owner: { kind: 'ReplicaSet', name },
      labels: hash === undefined ? {} : { [HASH]: hash },
    });
    life.edit((model) => ({ ...model, pods: [...model.pods, pod] }));
  }
  // Those that do not serve go first, then the youngest.
  const order = pods.toSorted((a, b) => Number(available(life, a)) - Number(available(life, b)) || later(a, b));
  for (const pod of order.slice(0, Math.max(0, pods.length - wanted))) deletePod(life, podUid(pod));
}

function later(a: SimPod, b: SimPod): number {
  return a.created > b.created ? -1 : 1;
}

function writeStatus(life: Life, set: KubeObject): void {
  const pods = activePods(life, set);
  const ready = pods.filter((pod) => available(life, pod)).length;
  putStatus(life, set, {
    replicas: pods.length,
    fullyLabeledReplicas: pods.length,
    readyReplicas: ready,
    availableReplicas: ready,
    observedGeneration: Math.max(1, count(set, 'metadata', 'generation')),
  });
}
