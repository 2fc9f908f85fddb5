/** The life of one Pod on its node: deleted, ended, started, ready. */
import { number4, uidOf } from '../cluster/simulate/address.ts';
import type { ClusterModel, SimContainer, SimNode, SimPod } from '../cluster/simulate/model.ts';
import { podUid } from '../cluster/simulate/sockets.ts';
import { podIp } from '../cluster/simulate/standard-pods.ts';
import { derive } from '../cluster/simulate/world.ts';
import { backOffSeconds, crashing, startCalico, stoppedCalico } from './calico-node.ts';
import { configuredAddresses } from './kube-proxy-config.ts';
import { editPod, type Life, nodeNamed, ownerKey, podOf } from './life.ts';

const READY_SECONDS = 1;
const GRACE_SECONDS = 30;

/** What a controller or a client does to a Pod: from now on it waits for its kubelet. One that is bound to no node is gone at once. */
export function deletePod(life: Life, uid: string): void {
  const pod = podOf(life, uid);
  if (pod === undefined || pod.terminating !== undefined) return;
  if (pod.node === undefined) {
    removePod(life, uid);
    return;
  }
  const at = new Date(Date.parse(life.now()) + GRACE_SECONDS * 1000).toISOString();
  editPod(life, uid, (one) => ({ ...one, terminating: { at, graceSeconds: GRACE_SECONDS } }));
}

/** Takes a Pod out of the model. */
export function removePod(life: Life, uid: string): void {
  life.edit((model) => ({ ...model, pods: model.pods.filter((pod) => podUid(pod) !== uid) }));
}

/** The containers of a Pod have ended: it is gone, and what it did on the node with it. */
export function stopPod(life: Life, uid: string): void {
  const pod = podOf(life, uid);
  if (pod === undefined) return;
  if (pod.role === 'calico-node') {
    life.edit((model) => {
      const world = derive(model);
      const stop = (node: SimNode): SimNode => ({ ...node, calicoNode: stoppedCalico(world, node) });
      return { ...model, nodes: model.nodes.map((node) => (node.name === pod.node ? stop(node) : node)) };
    });
  }
  if (pod.owner?.kind === 'Node') {
    // The mirror of a static Pod comes back by the hand of its kubelet; the containers never ended.
    const { terminating: _gone, ...mirror } = pod;
    const again = { ...mirror, created: life.now(), uid: uidOf(`${uid} again`) };
    life.edit((model) => ({ ...model, pods: model.pods.map((one) => (podUid(one) === uid ? again : one)) }));
    return;
  }
  removePod(life, uid);
}

/** A kubelet starts the containers of a Pod. */
export function startPod(life: Life, uid: string): void {
  const pod = podOf(life, uid);
  const node = nodeNamed(life, pod?.node);
  if (pod === undefined || node === undefined || pod.terminating !== undefined) return;
  const trouble = troubleOf(life, pod);
  const started = withContainers(life, node, pod, trouble);
  editPod(life, uid, () => started);
  if (pod.role === 'calico-node') startCalico(life, started);
  if (pod.role === 'kube-proxy' && trouble === undefined) kubeProxyStarts(life, node.name);
  const crashes = podOf(life, uid)?.containers.some((one) => one.waiting?.reason === 'CrashLoopBackOff') === true;
  if (crashes) tryAgainLater(life, uid);
  if (trouble !== undefined || pod.role === 'calico-node' || life.memory.unready.has(brokenKey(pod))) return;
  life.timers.once(`ready ${uid}`, READY_SECONDS, () => editPod(life, uid, (one) => ({ ...one, ready: true })));
}

type Trouble = { reason: string; message: string } | undefined;

/** A Pod whose containers run, or wait for what they lack. */
function withContainers(life: Life, node: SimNode, pod: SimPod, trouble: Trouble): SimPod {
  const now = life.now();
  const containers = pod.containers.map((container): SimContainer => {
    const { waiting: _waiting, ...rest } = container;
    return trouble === undefined ? { ...rest, startedAt: now } : { ...rest, waiting: trouble };
  });
  const base = { ...pod, started: pod.started ?? now, ready: false, containers };
  if (trouble?.reason.includes('Pull') === true) return base;
  const ip = pod.ip ?? (pod.hostNetwork ? node.internalIp : freeIp(life.model(), node));
  return { ...base, phase: 'Running', ip };
}

/** What keeps the containers from coming up: what kept the same ones before, or an image that no registry has. */
function troubleOf(life: Life, pod: SimPod): Trouble {
  const missing = pod.containers.find((container) => NO_SUCH_IMAGE.test(container.image));
  if (missing === undefined) return life.memory.broken.get(brokenKey(pod));
  return { reason: 'ImagePullBackOff', message: `Back-off pulling image "${missing.image}"` };
}

/** Names that tests give to images which cannot be pulled. */
const NO_SUCH_IMAGE = /no-such|does-not-exist/;

/** A crashing container is started again after its back-off, and ends again: nothing but its count changes. */
function tryAgainLater(life: Life, uid: string): void {
  const restarts = podOf(life, uid)?.containers[0]?.restarts ?? 0;
  const again = (): void => {
    if (podOf(life, uid) === undefined) return;
    editPod(life, uid, (pod) => crashing(pod, life.now()));
    tryAgainLater(life, uid);
  };
  life.timers.once(`back-off ${uid}`, backOffSeconds(restarts), again, true);
}

/** kube-proxy reads its configuration and programs all rules anew when it starts. */
function kubeProxyStarts(life: Life, name: string): void {
  const nodePortAddresses = configuredAddresses(life);
  life.edit((model) => {
    const start = (node: SimNode): SimNode => {
      const { proxyFlushed: _flushed, kubeProxyDown: _down, ...faults } = node.faults;
      return { ...node, faults, nodePortAddresses };
    };
    return { ...model, nodes: model.nodes.map((node) => (node.name === name ? start(node) : node)) };
  });
}

/** A Pod after the boot of its machine: the same Pod with new containers. What was never started waits for the kubelet. */
export function restarted(pod: SimPod, now: string): SimPod {
  if (pod.phase === 'Pending' || pod.terminating !== undefined) return pod;
  const containers = pod.containers.map((container): SimContainer => {
    if (container.waiting !== undefined) return container;
    const last = { startedAt: container.startedAt ?? pod.created, finishedAt: now, exitCode: 255, reason: 'Error' };
    return { ...container, restarts: container.restarts + 1, startedAt: now, last };
  });
  const ready = containers.every((container) => container.waiting === undefined);
  return { ...pod, containers, ready };
}

/** The same owner with the same containers fails in the same way. */
export function brokenKey(pod: SimPod): string {
  const parts = pod.containers.map(({ image, command = [], env = {} }) => ({ image, command, env }));
  const owner = pod.owner?.kind === 'ReplicaSet' ? ownerKey(pod).replace(/-[^-]+$/, '') : ownerKey(pod);
  return `${owner} ${JSON.stringify(parts)}`;
}

function freeIp(model: ClusterModel, node: SimNode): string {
  const taken = new Set(model.pods.map((pod) => pod.ip));
  for (let n = 1; n < 64; n += 1) {
    const ip = podIp(node, n);
    if (!taken.has(ip) && number4(ip) !== number4(node.tunnelAddress)) return ip;
  }
  throw new Error(`The block ${node.block} of ${node.name} has no free address.`);
}
