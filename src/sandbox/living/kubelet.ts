/** Kubelets: they start or die by swap and flags, post their node's status, and are given up by the node controller. */
import { fatalReason } from '../cluster/simulate/kubelet-fatal.ts';
import { type ClusterModel, isRunning, type SimNode, type SimPod } from '../cluster/simulate/model.ts';
import { before } from '../cluster/simulate/object.ts';
import { podUid } from '../cluster/simulate/sockets.ts';
import { derive } from '../cluster/simulate/world.ts';
import { stoppedCalico } from './calico-node.ts';
import { editNode, type Life, nodeNamed } from './life.ts';
import { restarted, startPod, stopPod } from './pod-life.ts';

/** systemd's RestartSec of kubeadm's unit. */
const RESTART_SECONDS = 10;
const FIRST_STATUS_SECONDS = 1.5;
/** node-monitor-grace-period. */
const GIVEN_UP_SECONDS = 40;
const STOP_SECONDS = 2;
const START_SECONDS = 2.5;

/** Something changed on the machine: a kubelet in its crash loop may stay up at its next start. */
export function hostChanged(life: Life, name: string): void {
  const node = nodeNamed(life, name);
  if (node?.kubelet.state !== 'crash-loop' || fatalReason(life.model(), node) !== undefined) return;
  life.timers.once(`kubelet ${name}`, RESTART_SECONDS, () => startKubelet(life, name));
}

/** `systemctl restart kubelet`, `start`, or the unit's own restart. */
export function startKubelet(life: Life, name: string): void {
  const node = nodeNamed(life, name);
  if (node === undefined) return;
  life.timers.cancel(`kubelet ${name}`);
  if (fatalReason(life.model(), node) !== undefined) {
    editNode(life, name, (one) => withKubelet(one, 'crash-loop', life.now()));
    life.timers.cancel(`status ${name}`);
    giveUpLater(life, name);
    return;
  }
  editNode(life, name, (one) => withKubelet(one, 'running', life.now()));
  life.timers.once(`status ${name}`, FIRST_STATUS_SECONDS, () => postStatus(life, name));
}

/** `systemctl stop kubelet`, or a machine that goes down. */
export function stopKubelet(life: Life, name: string): void {
  editNode(life, name, (one) => withKubelet(one, 'stopped', life.now()));
  for (const kind of ['kubelet', 'status']) life.timers.cancel(`${kind} ${name}`);
  giveUpLater(life, name);
}

function giveUpLater(life: Life, name: string): void {
  if (nodeNamed(life, name)?.kubelet.unknownSince !== undefined) return;
  life.timers.once(`unknown ${name}`, GIVEN_UP_SECONDS, () => {
    editNode(life, name, (node) => {
      if (node.kubelet.state === 'running') return node;
      const { since } = node.kubelet;
      return {
        ...node,
        kubelet: { ...node.kubelet, lastHeartbeat: since, lastRenew: since, unknownSince: life.now() },
      };
    });
  });
}

function withKubelet(node: SimNode, state: SimNode['kubelet']['state'], now: string): SimNode {
  const pid = node.kubelet.pid + 30;
  const { journal } = node.kubelet;
  const lines = journal === undefined ? undefined : [...journal, ...startLines(node, state, now, pid)];
  return {
    ...node,
    kubelet: { ...node.kubelet, state, since: now, pid, ...(lines === undefined ? {} : { journal: lines }) },
  };
}

type JournalLine = NonNullable<SimNode['kubelet']['journal']>[number];

/** What systemd and a kubelet that stays up write; one that dies again repeats its last words. */
function startLines(node: SimNode, state: SimNode['kubelet']['state'], now: string, pid: number): JournalLine[] {
  const systemd = (secondsAgo: number, text: string): JournalLine => ({
    time: before(now, secondsAgo),
    source: 'systemd',
    text,
  });
  const stopped = systemd(0.2, 'Stopped kubelet: The Kubernetes Node Agent.');
  if (state === 'stopped') return [stopped];
  const started = systemd(0.1, 'Started kubelet: The Kubernetes Node Agent.');
  const lastWords = [...(node.kubelet.journal ?? [])].reverse().find((line) => /running with swap on/.test(line.text));
  if (state === 'crash-loop') {
    if (lastWords === undefined) return [stopped, started];
    return [
      stopped,
      started,
      { ...lastWords, time: now, pid },
      systemd(0, 'kubelet.service: Main process exited, code=exited, status=255/n/a'),
      systemd(0, "kubelet.service: Failed with result 'exit-code'."),
    ];
  }
  const text = `Started kubelet on node ${node.name} with node IP ${node.internalIp}`;
  return [stopped, started, { time: now, source: 'kubelet', pid, text: `server.go:147] ${text}` }];
}

/** The first status and Lease of a kubelet that stays up: Ready, and after a boot every container starts anew. */
function postStatus(life: Life, name: string): void {
  life.timers.cancel(`unknown ${name}`);
  const first = nodeNamed(life, name)?.containersRun === false;
  life.edit((model) => {
    const world = derive(model);
    const nodes = model.nodes.map((node) => {
      if (node.name !== name) return node;
      const { lastHeartbeat: _beat, lastRenew: _renew, unknownSince: _unknown, ...kubelet } = node.kubelet;
      const calicoNode = stoppedCalico(world, node);
      return { ...node, kubelet, containersRun: true, ...(first ? { calicoNode } : {}) };
    });
    const pods = first ? model.pods.map((pod) => (pod.node === name ? restarted(pod, life.now()) : pod)) : model.pods;
    return { ...model, nodes, pods };
  });
  if (!first) return;
  for (const pod of podsWaiting(life.model(), name, 'calico-node')) {
    life.timers.once(`start ${podUid(pod)}`, START_SECONDS, () => startPod(life, podUid(pod)));
  }
}

function podsWaiting(model: ClusterModel, node: string, role: SimPod['role']): SimPod[] {
  return model.pods.filter((pod) => pod.node === node && pod.role === role && pod.terminating === undefined);
}

/** Each living kubelet ends what is deleted and starts what is bound to its node. */
export function runKubelets(life: Life): void {
  for (const pod of life.model().pods) {
    const node = nodeNamed(life, pod.node);
    if (node?.kubelet.state !== 'running' || !node.containersRun) continue;
    const uid = podUid(pod);
    if (pod.terminating !== undefined) {
      life.timers.cancel(`start ${uid}`);
      life.timers.once(`stop ${uid}`, STOP_SECONDS, () => stopPod(life, uid));
    } else if (pod.phase === 'Pending' && pod.containers.every(isRunning)) {
      life.timers.once(`start ${uid}`, START_SECONDS, () => startPod(life, uid));
    }
  }
}
