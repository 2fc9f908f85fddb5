/** A living cluster at its core: the model, how it is changed, and what is told of each change. */
import type { ObjectStore } from '../cluster/api/object-store.ts';
import { digest } from '../cluster/simulate/address.ts';
import type { ClusterModel, SimNode, SimPod } from '../cluster/simulate/model.ts';
import { podUid } from '../cluster/simulate/sockets.ts';
import type { Timers } from './timers.ts';

/** What the controllers and kubelets of a living cluster share. Times of the model are those of the recording. */
export interface Life {
  readonly store: ObjectStore;
  readonly timers: Timers;
  /** Added to the model's times where they are served. */
  readonly shiftMs: number;
  model(): ClusterModel;
  /** The model's time. */
  now(): string;
  /** Replaces the model. Objects, logs and hosts follow at once, controllers a little later. */
  edit(change: (model: ClusterModel) => ClusterModel): void;
  /** Settings that outlive a Pod, kept by name of their owner. */
  readonly memory: Memory;
}

/** What controllers remember between two looks. */
export interface Memory {
  /** Names of revisions, by workload and digest of the template. */
  readonly revisions: Map<string, Map<string, string>>;
  /** A Pod of each workload, for what a template does not tell: processes and sockets. */
  readonly prototypes: Map<string, SimPod>;
  /** Nodes on which a DaemonSet runs. */
  readonly daemonNodes: Map<string, Set<string>>;
  /** Containers (workload and spec) that do not come up, and how they fail. */
  readonly broken: Map<string, { reason: string; message: string }>;
  /** Containers that run and never get ready. */
  readonly unready: Set<string>;
  /** Nodes that boot without forwarding. */
  readonly withoutForwarding: Set<string>;
  counter: number;
}

export const freshMemory = (): Memory => ({
  revisions: new Map(),
  prototypes: new Map(),
  daemonNodes: new Map(),
  broken: new Map(),
  unready: new Set(),
  withoutForwarding: new Set(),
  counter: 0,
});

/** Changes one node. */
export function editNode(life: Life, name: string, change: (node: SimNode) => SimNode): void {
  life.edit((model) => ({ ...model, nodes: model.nodes.map((node) => (node.name === name ? change(node) : node)) }));
}

/** Changes the Pod of this uid; nothing happens where it is gone. */
export function editPod(life: Life, uid: string, change: (pod: SimPod) => SimPod): void {
  life.edit((model) => ({ ...model, pods: model.pods.map((pod) => (podUid(pod) === uid ? change(pod) : pod)) }));
}

/** The Pod of this uid. */
export function podOf(life: Life, uid: string): SimPod | undefined {
  return life.model().pods.find((pod) => podUid(pod) === uid);
}

/** The node of that name, as it is now. */
export function nodeNamed(life: Life, name: string | undefined): SimNode | undefined {
  return life.model().nodes.find((node) => node.name === name);
}

/** `DaemonSet kube-system/calico-node`. */
export function ownerKey(pod: SimPod): string {
  return pod.owner === undefined ? '' : `${pod.owner.kind} ${pod.namespace}/${pod.owner.name}`;
}

const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** Letters as the API server appends them to a generated name; the n-th call of a cluster always gives the same. */
export function suffix(life: Life, length = 5): string {
  life.memory.counter += 1;
  const bytes = Buffer.from(digest(`${life.model().name} ${life.memory.counter}`), 'hex');
  return [...bytes.subarray(0, length)].map((byte) => ALPHABET[byte % ALPHABET.length]).join('');
}
