/** The Deployment controller: a ReplicaSet for each template, scaled up and down as pkg/controller/deployment/rolling.go does it. */
import { at, count, items, text } from '../cluster/api/json.ts';
import type { KubeObject } from '../cluster/api/types.ts';
import { uidOf } from '../cluster/simulate/address.ts';
import { available } from './availability.ts';
import type { Life } from './life.ts';
import { progressing } from './progress.ts';
import { activePods, deploymentKey, replicasOf } from './replica-sets.ts';
import { putAs, putStatus } from './store-write.ts';
import { labelsOf, revisionOf, templateDigest } from './templates.ts';

const HASH = 'pod-template-hash';
const REVISION = 'deployment.kubernetes.io/revision';
const MANAGER = 'kube-controller-manager';

/** Remembers each Deployment's ReplicaSets by their templates, and a Pod of each. */
export function rememberDeployments(life: Life): void {
  for (const set of life.store.list('apps/v1', 'ReplicaSet')) {
    const key = deploymentKey(set);
    const known = life.memory.revisions.get(key) ?? new Map<string, string>();
    life.memory.revisions.set(key, known);
    known.set(templateDigest(set), set.metadata.labels?.[HASH] ?? '');
    const [pod] = activePods(life, set);
    if (pod !== undefined) life.memory.prototypes.set(key, pod);
  }
}

/** One look at every Deployment. */
export function syncDeployments(life: Life): void {
  for (const deployment of life.store.list('apps/v1', 'Deployment')) {
    const { set: current, made } = currentSet(life, deployment);
    const old = setsOf(life, deployment).filter((set) => set.metadata.name !== current.metadata.name);
    if (at(deployment, 'spec', 'paused') !== true) roll(life, deployment, current, old);
    writeStatus(life, deployment, current.metadata.name, made);
  }
}

function setsOf(life: Life, deployment: KubeObject): KubeObject[] {
  const { namespace, name } = deployment.metadata;
  const sets = life.store.list('apps/v1', 'ReplicaSet', namespace);
  return sets.filter((set) => deploymentKey(set) === `Deployment ${namespace}/${name}`);
}

/** The ReplicaSet of the template as it stands: an earlier one where there is one, else one that is made now. */
function currentSet(life: Life, deployment: KubeObject): { set: KubeObject; made: boolean } {
  const { namespace, name } = deployment.metadata;
  const hash = revisionOf(life, `Deployment ${namespace}/${name}`, deployment);
  const sets = setsOf(life, deployment);
  const last = Math.max(0, ...sets.map((set) => Number(set.metadata.annotations?.[REVISION] ?? 0)));
  const known = sets.find((set) => set.metadata.name === `${name}-${hash}`);
  if (known !== undefined && Number(known.metadata.annotations?.[REVISION] ?? 0) === last)
    return { set: known, made: false };
  const annotations = { ...known?.metadata.annotations, [REVISION]: String(last + 1) };
  const set =
    known === undefined
      ? life.store.put(newSet(deployment, `${name}-${hash}`, hash, annotations))
      : putAs(life, MANAGER, known, { ...known, metadata: { ...known.metadata, annotations } });
  const now = life.store.get({ apiVersion: 'apps/v1', kind: 'Deployment', namespace, name }) ?? deployment;
  const noted = { ...now.metadata.annotations, [REVISION]: String(last + 1) };
  putAs(life, MANAGER, now, { ...now, metadata: { ...now.metadata, annotations: noted } });
  return { set, made: known === undefined };
}

function newSet(deployment: KubeObject, name: string, hash: string, annotations: Record<string, string>): KubeObject {
  const template = at(deployment, 'spec', 'template') as Record<string, unknown>;
  const labels = { ...labelsOf(at(template, 'metadata', 'labels')), [HASH]: hash };
  const { namespace, name: owner, uid } = deployment.metadata;
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name,
      namespace,
      uid: uidOf(`ReplicaSet/${namespace}/${name}/${uid}`),
      creationTimestamp: `${new Date().toISOString().slice(0, 19)}Z`,
      generation: 1,
      labels,
      annotations,
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'Deployment', name: owner, uid, controller: true, blockOwnerDeletion: true },
      ],
    },
    spec: {
      replicas: 0,
      selector: { matchLabels: { ...labelsOf(at(deployment, 'spec', 'selector', 'matchLabels')), [HASH]: hash } },
      template: { ...template, metadata: { ...(at(template, 'metadata') as object), labels } },
    },
    status: { replicas: 0 },
  };
}

function roll(life: Life, deployment: KubeObject, current: KubeObject, old: KubeObject[]): void {
  const wanted = replicasOf(deployment);
  const total = (sets: KubeObject[]): number => sets.reduce((sum, set) => sum + replicasOf(set), 0);
  if (text(deployment, 'spec', 'strategy', 'type') === 'Recreate') {
    for (const set of old) resize(life, set, 0);
    if (old.every((set) => activePods(life, set).length === 0)) resize(life, current, wanted);
    return;
  }
  const surge = share(deployment, 'maxSurge', wanted, Math.ceil);
  const missing = share(deployment, 'maxUnavailable', wanted, Math.floor);
  const [mayMiss, mayExceed] = surge === 0 && missing === 0 ? [1, 0] : [missing, surge];
  const most = wanted + mayExceed - total(old);
  const grown = replicasOf(current) > wanted ? wanted : Math.max(replicasOf(current), Math.min(wanted, most));
  resize(life, current, grown);
  const ready = (set: KubeObject): number => activePods(life, set).filter((pod) => available(life, pod)).length;
  const least = wanted - mayMiss;
  // What does not serve goes without regard to what serves, as long as the new ones that do not serve yet are counted off.
  let spare = total(old) + grown - least - (grown - ready(current));
  for (const set of old) {
    const idle = Math.min(replicasOf(set) - ready(set), Math.max(0, spare));
    resize(life, set, replicasOf(set) - idle);
    spare -= idle;
  }
  let serving = [current, ...old].reduce((sum, set) => sum + ready(set), 0) - least;
  for (const set of setsOf(life, deployment).filter((one) => one.metadata.name !== current.metadata.name)) {
    const going = Math.min(ready(set), replicasOf(set), Math.max(0, serving));
    resize(life, set, replicasOf(set) - going);
    serving -= going;
  }
}

/** A number, or a share of the wanted replicas; absent means a quarter. */
function share(deployment: KubeObject, field: string, wanted: number, round: (n: number) => number): number {
  const given = at(deployment, 'spec', 'strategy', 'rollingUpdate', field) ?? '25%';
  return typeof given === 'number' ? given : round((Number.parseInt(text({ given }, 'given'), 10) / 100) * wanted);
}

function resize(life: Life, set: KubeObject, replicas: number): void {
  const { apiVersion, kind, metadata } = set;
  const live = life.store.get({ apiVersion, kind, namespace: metadata.namespace, name: metadata.name });
  if (live === undefined || replicasOf(live) === replicas) return;
  putAs(life, MANAGER, live, { ...live, spec: { ...(live['spec'] as object), replicas } });
}

function writeStatus(life: Life, deployment: KubeObject, current: string, made: boolean): void {
  const { namespace, name } = deployment.metadata;
  const live = life.store.get({ apiVersion: 'apps/v1', kind: 'Deployment', namespace, name });
  if (live === undefined) return;
  const pods = setsOf(life, live).flatMap((set) => activePods(life, set));
  const ready = pods.filter((pod) => available(life, pod)).length;
  const updated = pods.filter((pod) => pod.owner?.name === current).length;
  const wanted = replicasOf(live);
  const counts = {
    replicas: pods.length,
    updatedReplicas: updated,
    readyReplicas: ready,
    availableReplicas: ready,
    unavailableReplicas: Math.max(0, Math.max(wanted, pods.length) - ready),
    observedGeneration: Math.max(1, count(live, 'metadata', 'generation')),
  };
  const complete = updated === wanted && pods.length === wanted && ready === wanted;
  putStatus(life, live, counts, () => ({
    conditions: [availability(live, ready >= wanted), ...progressing(life, live, { counts, complete, current, made })],
  }));
}

function availability(deployment: KubeObject, enough: boolean): unknown {
  const now = `${new Date().toISOString().slice(0, 19)}Z`;
  const before = items(deployment, 'status', 'conditions').find((condition) => text(condition, 'type') === 'Available');
  const status = enough ? 'True' : 'False';
  const since = text(before, 'status') === status ? text(before, 'lastTransitionTime') : now;
  return {
    type: 'Available',
    status,
    reason: enough ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
    message: enough ? 'Deployment has minimum availability.' : 'Deployment does not have minimum availability.',
    lastTransitionTime: since,
    lastUpdateTime: now,
  };
}
