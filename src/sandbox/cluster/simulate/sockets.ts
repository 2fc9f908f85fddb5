/** Processes of a node with their listening sockets, and the files under /proc that show them. */
import { digest, hexLittle, hexPort, uidOf } from './address.ts';
import { holdsNodePorts } from './endpoints.ts';
import { podsOn } from './links.ts';
import { podsOfNode } from './lookups.ts';
import { type ClusterModel, isRunning, type SimNode, type SimPod } from './model.ts';
import type { World } from './world.ts';

export interface Process {
  pid: number;
  name: string;
  /** Undefined for what runs in the host's network namespace. */
  pod?: SimPod;
  listens: { address: string; port: number }[];
}

const ANY = '0.0.0.0';
const LOOP = '127.0.0.1';

/** What runs on the node and listens, in the host's namespace. */
export function hostProcesses(world: World, node: SimNode): Process[] {
  const { model } = world;
  const out: Process[] = [{ pid: 1120, name: 'sshd', listens: [{ address: ANY, port: 22 }] }];
  const add = (name: string, ports: [string, number][]): void => {
    const pid = 1000 + (Number.parseInt(digest(`${node.name}/${name}`).slice(0, 6), 16) % 30_000);
    out.push({ pid, name, listens: ports.map(([address, port]) => ({ address, port })) });
  };
  if (node.kubelet.state === 'running') {
    out.push({ pid: node.kubelet.pid, name: 'kubelet', listens: [at(ANY, 10250), at(LOOP, 10248)] });
  }
  if (!node.containersRun) return out;
  if (node.faults.kubeProxyDown !== true) {
    add('kube-proxy', [[ANY, 10256], [LOOP, 10249], ...holders(model).map((port): [string, number] => [ANY, port])]);
  }
  if (world.birdUp(node)) add('bird', [[ANY, 179]]);
  add('calico-node', [[LOOP, 9099]]);
  if (node.controlPlane) {
    add('kube-apiserver', [[ANY, 6443]]);
    add('etcd', [
      [node.internalIp, 2379],
      [LOOP, 2379],
      [node.internalIp, 2380],
      [LOOP, 2381],
    ]);
    add('kube-controller', [[LOOP, 10257]]);
    add('kube-scheduler', [[LOOP, 10259]]);
  }
  for (const pod of podsOfNode(model, node)) {
    if (!pod.hostNetwork || pod.role !== 'app' || pod.phase !== 'Running') continue;
    for (const container of pod.containers)
      add(
        container.process,
        container.listens.map((one) => [one.address, one.port]),
      );
  }
  return out;
}

function at(address: string, port: number): { address: string; port: number } {
  return { address, port };
}

function holders(model: ClusterModel): number[] {
  if (!holdsNodePorts(model)) return [];
  const ports = model.services.flatMap((service) => service.ports.map((port) => port.nodePort));
  return ports.filter((port): port is number => port !== undefined).sort((a, b) => a - b);
}

/** TCP ports that answer on the node's addresses. */
export function listeningPorts(world: World, node: SimNode): number[] {
  return hostProcesses(world, node).flatMap((process) =>
    process.listens.filter((one) => one.address !== LOOP).map((one) => one.port),
  );
}

/** Processes inside Pods that have a network namespace of their own. */
export function podProcesses(model: ClusterModel, node: SimNode): Process[] {
  return podsOn(model, node).flatMap((pod) =>
    pod.containers.filter(isRunning).map((container) => ({
      pid:
        32_000 + (Number.parseInt(digest(`${pod.namespace}/${pod.name}/${container.name}`).slice(0, 8), 16) % 900_000),
      name: container.process,
      pod,
      listens: container.listens.map((one) => ({
        address: one.address === 'pod' ? (pod.ip ?? ANY) : one.address,
        port: one.port,
      })),
    })),
  );
}

/** Files and links under /proc: sockets of the host, their owners, and the same inside each Pod. */
export function socketFiles(
  world: World,
  node: SimNode,
): { files: Record<string, string>; links: Record<string, string> } {
  const files: Record<string, string> = {};
  const links: Record<string, string> = {};
  const hosts = hostProcesses(world, node);
  const rows: { address: string; port: number; inode: number }[] = [];
  for (const process of hosts) {
    files[`/proc/${process.pid}/comm`] = `${process.name.slice(0, 15)}\n`;
    files[`/proc/${process.pid}/cgroup`] = hostCgroup(node, process.name);
    process.listens.forEach((one, index) => {
      const inode =
        20_000 + (Number.parseInt(digest(`${node.name}${one.address}${one.port}`).slice(0, 6), 16) % 400_000);
      rows.push({ ...one, inode });
      links[`/proc/${process.pid}/fd/${index + 3}`] = `socket:[${inode}]`;
    });
  }
  files['/proc/net/tcp'] = tcpTable(rows);
  files['/proc/net/tcp6'] = TCP6_HEAD;
  files['/proc/net/udp'] = UDP_HEAD;
  files['/proc/net/udp6'] = UDP_HEAD;
  addPodFiles(node, podProcesses(world.model, node), files, links);
  return { files, links };
}

/** Each Pod's processes share its network namespace, hence its tables. */
function addPodFiles(
  node: SimNode,
  processes: Process[],
  files: Record<string, string>,
  links: Record<string, string>,
): void {
  const tables = new Map<string, { address: string; port: number; inode: number }[]>();
  const uid = (process: Process): string => podUid(process.pod);
  for (const process of processes) {
    const rows = process.listens.map((socket, i) => ({ ...socket, inode: process.pid * 10 + i }));
    tables.set(uid(process), [...(tables.get(uid(process)) ?? []), ...rows]);
    rows.forEach((row, i) => {
      links[`/proc/${process.pid}/fd/${i + 3}`] = `socket:[${row.inode}]`;
    });
  }
  for (const process of processes) {
    const base = `/proc/${process.pid}`;
    files[`${base}/comm`] = `${process.name.slice(0, 15)}\n`;
    files[`${base}/cgroup`] = podCgroup(node, process);
    files[`${base}/net/tcp`] = tcpTable(tables.get(uid(process)) ?? []);
    files[`${base}/net/tcp6`] = TCP6_HEAD;
  }
}

const TCP_HEAD =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode                                                     \n';
const TCP6_HEAD =
  '  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
const UDP_HEAD =
  '   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops             \n';

function tcpTable(rows: { address: string; port: number; inode: number }[]): string {
  const body = rows.map((row, index) => {
    const line = `${String(index).padStart(4)}: ${hexLittle(row.address)}:${hexPort(row.port)} 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 ${row.inode} 1 0000000000000000 100 0 0 10 0`;
    return `${line.padEnd(149)}\n`;
  });
  return TCP_HEAD + body.join('');
}

function hostCgroup(node: SimNode, name: string): string {
  const unit = name === 'sshd' ? 'ssh' : name;
  return node.cgroup === 2
    ? `0::/system.slice/${unit}.service\n`
    : `4:memory:/system.slice/${unit}.service\n1:name=systemd:/system.slice/${unit}.service\n`;
}

function podCgroup(node: SimNode, process: Process): string {
  const uid = podUid(process.pod);
  const container = digest(`${uid}${process.name}`);
  if (node.cgroup === 2) {
    const slice = `kubepods-burstable-pod${uid.replaceAll('-', '_')}.slice`;
    return `0::/kubepods.slice/kubepods-burstable.slice/${slice}/cri-containerd-${container}.scope\n`;
  }
  const path = `/kubepods/burstable/pod${uid}/${container}`;
  return ['11:memory', '9:cpu,cpuacct', '4:pids', '1:name=systemd'].map((line) => `${line}:${path}\n`).join('');
}

/** The uid of a simulated Pod. */
export function podUid(pod: Pick<SimPod, 'namespace' | 'name' | 'uid'> | undefined): string {
  return pod?.uid ?? uidOf(`Pod/${pod?.namespace}/${pod?.name}`);
}
