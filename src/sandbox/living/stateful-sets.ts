/** The StatefulSet controller: Pods by number, made in order, replaced from the last to the first, one at a time. */
import { count, text } from '../cluster/api/json.ts';
import type { KubeObject } from '../cluster/api/types.ts';
import type { SimPod } from '../cluster/simulate/model.ts';
import { podUid } from '../cluster/simulate/sockets.ts';
import { available } from './availability.ts';
import type { Life } from './life.ts';
import { deletePod } from './pod-life.ts';
import { replicasOf } from './replica-sets.ts';
import { putStatus } from './store-write.ts';
import { podOfTemplate, podRevision, revisionOf } from './templates.ts';

const REVISION = 'controller-revision-hash';

/** Remembers the first revision of each, and one of its Pods. */
export function rememberStatefulSets(life: Life): void {
  for (const set of life.store.list('apps/v1', 'StatefulSet')) {
    const [first] = podsOf(life, set);
    revisionOf(life, keyOf(set), set, first?.labels[REVISION]);
    if (first !== undefined) life.memory.prototypes.set(keyOf(set), first);
  }
}

/** One look at every StatefulSet. */
export function syncStatefulSets(life: Life): void {
  for (const set of life.store.list('apps/v1', 'StatefulSet')) {
    const hash = revisionOf(life, keyOf(set), set);
    step(life, set, hash);
    const pods = podsOf(life, set).filter((pod) => pod.terminating === undefined);
    const ready = pods.filter((pod) => available(life, pod)).length;
    const updated = pods.filter((pod) => podRevision(life, keyOf(set), pod) === hash).length;
    putStatus(life, set, {
      replicas: pods.length,
      readyReplicas: ready,
      availableReplicas: ready,
      currentReplicas: pods.length,
      updatedReplicas: updated,
      observedGeneration: Math.max(1, count(set, 'metadata', 'generation')),
    });
  }
}

function keyOf(set: KubeObject): string {
  return `StatefulSet ${set.metadata.namespace}/${set.metadata.name}`;
}

function podsOf(life: Life, set: KubeObject): SimPod[] {
  const { namespace, name } = set.metadata;
  const owned = life
    .model()
    .pods.filter((pod) => pod.namespace === namespace && pod.owner?.kind === 'StatefulSet' && pod.owner.name === name);
  return owned.toSorted((a, b) => numberOf(a) - numberOf(b));
}

function numberOf(pod: SimPod): number {
  return Number(pod.name.slice(pod.name.lastIndexOf('-') + 1));
}

/** The next thing to do, if nothing else is on its way. */
function step(life: Life, set: KubeObject, hash: string): void {
  const pods = podsOf(life, set);
  const wanted = replicasOf(set);
  const last = pods.at(-1);
  if (pods.some((pod) => pod.terminating !== undefined)) return;
  if (last !== undefined && numberOf(last) >= wanted) {
    deletePod(life, podUid(last));
    return;
  }
  const missing = Array.from({ length: wanted }, (_, n) => n).find((n) => !pods.some((pod) => numberOf(pod) === n));
  const waits = pods.some((pod) => !available(life, pod) && podRevision(life, keyOf(set), pod) === hash);
  if (missing !== undefined) {
    const before = pods.filter((pod) => numberOf(pod) < missing);
    if (before.every((pod) => available(life, pod))) create(life, set, missing, hash);
    return;
  }
  if (waits || text(set, 'spec', 'updateStrategy', 'type') === 'OnDelete') return;
  const old = pods.findLast((pod) => podRevision(life, keyOf(set), pod) !== hash);
  if (old !== undefined) deletePod(life, podUid(old));
}

function create(life: Life, set: KubeObject, number: number, hash: string): void {
  const { name } = set.metadata;
  const labels = { [REVISION]: hash, 'statefulset.kubernetes.io/pod-name': `${name}-${number}` };
  const facts = { name: `${name}-${number}`, owner: { kind: 'StatefulSet' as const, name }, labels };
  const pod = podOfTemplate(life, set, life.memory.prototypes.get(keyOf(set)), facts);
  life.edit((model) => ({ ...model, pods: [...model.pods, pod] }));
}
