/** A cluster whose writes have consequences: the model behind the API server and the hosts, changed by clients, controllers and kubelets. */
import type { HostRecordingInput } from '../../agent/recording.ts';
import type { ObjectStore } from '../cluster/api/object-store.ts';
import type { WriteChange } from '../cluster/api/types.ts';
import { recordHost } from '../cluster/simulate/host.ts';
import type { ClusterModel, SimPod } from '../cluster/simulate/model.ts';
import { reachOf } from '../cluster/simulate/reach.ts';
import { logsOf, settle } from '../cluster/simulate/render.ts';
import { derive } from '../cluster/simulate/world.ts';
import { shiftLogTimes } from '../shift-times.ts';
import { rememberDaemonSets, syncDaemonSets } from './daemon-sets.ts';
import { applyEffect, type Effect, type EffectAnswer } from './effects.ts';
import { runKubelets } from './kubelet.ts';
import { freshMemory, type Life, type Memory } from './life.ts';
import { rememberInstallation, syncOperator } from './operator.ts';
import { brokenKey } from './pod-life.ts';
import { publish, type Rendered, renderFollowing } from './publish.ts';
import { reboot } from './reboot.ts';
import { syncScheduler } from './scheduler.ts';
import { createTimers } from './timers.ts';
import { rememberWorkloads, syncWorkloads } from './workloads.ts';
import { takeWrite } from './writes.ts';

/** Controllers look this much after a change. */
const SYNC_SECONDS = 0.5;

export interface Living {
  /** Resolves when nothing more will happen by itself (crash loops go on). @throws what a consequence threw. */
  settled(): Promise<void>;
  /** Boots a machine anew: swap comes back unless something keeps it off, settings that were only made at run time are lost. */
  reboot(node: string): void;
  model(): ClusterModel;
  /** Changes the model by hand, as an accident would; objects, hosts and controllers follow. */
  edit(change: (model: ClusterModel) => ClusterModel): void;
  /** Pods whose containers end again and again, `namespace/name`. */
  crashed(): string[];
  /** Carries out what an agent does to its machine. The hosts' recordings have been written when it returns. */
  effect(effect: Effect): EffectAnswer;
}

/** What a living cluster is given. */
export interface LivingOptions {
  readonly store: ObjectStore;
  /** How many times faster than the clock consequences come; 1 is as in life. */
  readonly speed: number;
  /** Takes the whole log of each container that has one, by `namespace/pod/container`. */
  readonly onLogs: (logs: Readonly<Record<string, string>>) => void;
  /** Takes the recording of each node with an agent after each change; must have written it when it returns. */
  readonly onHosts: (hosts: readonly HostRecordingInput[]) => void;
}

/** A living cluster with the ends that its surroundings hold. */
export interface LivingCluster extends Living {
  /** Begins with a model whose objects are in the store already, all times moved by `shiftMs`. */
  load(model: ClusterModel, shiftMs: number): void;
  /** Told of each write of a client. */
  onWrite(change: WriteChange): void;
  /** Keys of objects (`Event ns/name`) that the model still makes. */
  rendered(): Rendered;
  /** Stops everything that would still happen. */
  stop(): void;
}

/** Makes a living cluster; nothing lives before `load`. */
export function createLiving(options: LivingOptions): LivingCluster {
  const { store } = options;
  const timers = createTimers(options.speed);
  let current: ClusterModel | undefined;
  let shown: ClusterModel | undefined;
  let shiftMs = 0;
  let memory: Memory = freshMemory();

  const model = (): ClusterModel => {
    if (current === undefined) throw new Error('No model has been loaded: this cluster does not live.');
    return current;
  };
  const now = (): string => new Date(Date.now() - shiftMs).toISOString();
  const flush = (): void => {
    if (current === undefined || shown === undefined || current === shown) return;
    const time = now();
    const next = settle({ ...current, now: time });
    publish(store, renderFollowing(shown, time, shiftMs), renderFollowing(next, time, shiftMs));
    current = next;
    shown = next;
    const world = derive(next);
    const logs = { ...logsOf(world), ...next.logs };
    options.onLogs(Object.fromEntries(Object.entries(logs).map(([key, text]) => [key, shiftLogTimes(text, shiftMs)])));
    const reach = reachOf(world);
    options.onHosts(next.nodes.filter((node) => node.agent).map((node) => recordHost(world, reach, node)));
    lookLater();
  };
  const edit = (change: (before: ClusterModel) => ClusterModel): void => {
    current = change(model());
    queueMicrotask(flush);
  };
  const life = (): Life => ({ store, timers, shiftMs, memory, model, now, edit });
  const lookLater = (): void => timers.once('look', SYNC_SECONDS, look);
  const look = (): void => {
    const all = life();
    for (const sync of [syncOperator, syncDaemonSets, syncWorkloads, syncScheduler, runKubelets]) {
      sync(all);
      flush();
    }
  };

  return {
    settled: () => timers.settled(),
    reboot: (node) => {
      reboot(life(), node);
      flush();
    },
    model,
    edit,
    crashed: () =>
      model()
        .pods.filter((pod) => pod.containers.some((one) => one.waiting?.reason === 'CrashLoopBackOff'))
        .map((pod) => `${pod.namespace}/${pod.name}`),
    effect: (effect) => {
      const answer = applyEffect(life(), effect);
      flush();
      return answer;
    },
    load: (next, shift) => {
      timers.clear();
      shiftMs = shift;
      memory = freshMemory();
      current = settle(next);
      shown = current;
      for (const pod of current.pods) rememberBroken(memory, pod);
      for (const node of current.nodes) if (node.faults.ipForwardOff === true) memory.withoutForwarding.add(node.name);
      rememberInstallation(life());
      rememberDaemonSets(life());
      rememberWorkloads(life());
    },
    onWrite: (change) => {
      if (current === undefined) return;
      takeWrite(life(), change);
      lookLater();
    },
    rendered: () => (shown === undefined ? new Map() : renderFollowing(shown, now(), shiftMs)),
    stop: () => {
      timers.clear();
      current = undefined;
      shown = undefined;
    },
  };
}

function rememberBroken(memory: Memory, pod: SimPod): void {
  const waiting = pod.containers.find((container) => container.waiting !== undefined)?.waiting;
  if (waiting !== undefined) memory.broken.set(brokenKey(pod), waiting);
  else if (pod.phase === 'Running' && !pod.ready && pod.role === 'app') memory.unready.add(brokenKey(pod));
}
