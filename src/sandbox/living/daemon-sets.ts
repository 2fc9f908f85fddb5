/** The DaemonSet controller: rolling updates as pkg/controller/daemon/update.go of v1.18 does them, new Pods, and the status. */
import { at, count, text } from '../cluster/api/json.ts';
import type { KubeObject } from '../cluster/api/types.ts';
import type { SimPod } from '../cluster/simulate/model.ts';
import { podUid } from '../cluster/simulate/sockets.ts';
import { available } from './availability.ts';
import { type Life, nodeNamed, suffix } from './life.ts';
import { deletePod } from './pod-life.ts';
import { putStatus } from './store-write.ts';
import { podOfTemplate, podRevision, revisionOf } from './templates.ts';

const REVISION = 'controller-revision-hash';

/** One look at every DaemonSet. */
export function syncDaemonSets(life: Life): void {
  for (const set of life.store.list('apps/v1', 'DaemonSet')) {
    if ((set.metadata.deletionTimestamp ?? null) === null) syncOne(life, set);
  }
}

/** `DaemonSet kube-system/calico-node`. */
export function keyOfSet(set: KubeObject): string {
  return `${set.kind} ${set.metadata.namespace}/${set.metadata.name}`;
}

/** Remembers what a DaemonSet looks like before anything changes. */
export function rememberDaemonSets(life: Life): void {
  for (const set of life.store.list('apps/v1', 'DaemonSet')) {
    const pods = podsOfSet(life, set);
    const key = keyOfSet(set);
    const [first] = pods;
    revisionOf(life, key, set, first?.labels[REVISION]);
    if (first !== undefined) life.memory.prototypes.set(key, first);
    life.memory.daemonNodes.set(key, new Set(pods.flatMap((pod) => (pod.node === undefined ? [] : [pod.node]))));
  }
}

function podsOfSet(life: Life, set: KubeObject): SimPod[] {
  const { namespace, name } = set.metadata;
  return life
    .model()
    .pods.filter((pod) => pod.namespace === namespace && pod.owner?.kind === 'DaemonSet' && pod.owner.name === name);
}

function syncOne(life: Life, set: KubeObject): void {
  const key = keyOfSet(set);
  const hash = revisionOf(life, key, set);
  const nodes = [...(life.memory.daemonNodes.get(key) ?? [])].filter((name) => nodeNamed(life, name) !== undefined);
  createMissing(life, set, nodes, hash);
  if (text(set, 'spec', 'updateStrategy', 'type') !== 'OnDelete') replaceOld(life, set, nodes, hash);
  writeStatus(life, set, nodes, hash);
}

/** A node gets a new Pod once the old one is gone, not while it is terminating. */
function createMissing(life: Life, set: KubeObject, nodes: string[], hash: string): void {
  const { name } = set.metadata;
  const taken = new Set(podsOfSet(life, set).map((pod) => pod.node));
  for (const node of nodes.filter((one) => !taken.has(one))) {
    const pod = podOfTemplate(life, set, life.memory.prototypes.get(keyOfSet(set)), {
      name: `${name}-${suffix(life)}`,
      owner: { kind: 'DaemonSet', name },
      labels: { [REVISION]: hash, 'pod-template-generation': `${Math.max(1, count(set, 'metadata', 'generation'))}` },
      node,
    });
    life.edit((model) => ({ ...model, pods: [...model.pods, pod] }));
  }
}

/** Old Pods that are not available go all at once; of the others as many as may be missing. */
function replaceOld(life: Life, set: KubeObject, nodes: string[], hash: string): void {
  const pods = podsOfSet(life, set);
  const old = pods.filter((pod) => podRevision(life, keyOfSet(set), pod) !== hash && pod.terminating === undefined);
  const allowed = maxUnavailable(set, nodes.length);
  let missing = nodes.filter((node) => !pods.some((pod) => pod.node === node && available(life, pod))).length;
  const going = old.filter((pod) => !available(life, pod));
  for (const pod of old.filter((one) => available(life, one))) {
    if (missing >= allowed) break;
    going.push(pod);
    missing += 1;
  }
  for (const pod of going) deletePod(life, podUid(pod));
}

function maxUnavailable(set: KubeObject, total: number): number {
  const given = at(set, 'spec', 'updateStrategy', 'rollingUpdate', 'maxUnavailable') ?? 1;
  if (typeof given === 'number') return given;
  return Math.ceil((Number.parseInt(text({ given }, 'given'), 10) / 100) * total);
}

function writeStatus(life: Life, set: KubeObject, nodes: string[], hash: string): void {
  const pods = podsOfSet(life, set).filter((pod) => pod.terminating === undefined);
  const ready = pods.filter((pod) => available(life, pod)).length;
  const updated = pods.filter((pod) => podRevision(life, keyOfSet(set), pod) === hash).length;
  putStatus(life, set, {
    currentNumberScheduled: nodes.filter((node) => podsOfSet(life, set).some((pod) => pod.node === node)).length,
    desiredNumberScheduled: nodes.length,
    numberMisscheduled: 0,
    numberReady: ready,
    numberAvailable: ready,
    numberUnavailable: nodes.length - ready,
    updatedNumberScheduled: updated,
    observedGeneration: Math.max(1, count(set, 'metadata', 'generation')),
  });
}
