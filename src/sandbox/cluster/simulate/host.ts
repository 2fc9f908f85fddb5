/** One node as a recorded host: everything that its agent may read, in the text of the programs that run there. */
import type { HostRecordingInput } from '../../../agent/recording.ts';
import { bird6Answers, birdAnswers } from './bird-text.ts';
import { systemCommands, systemFiles } from './host-system.ts';
import { addressText, linksOf, linkText, neighbourText, ruleText } from './links.ts';
import { addressesOf, type SimNode } from './model.ts';
import { iptablesSave } from './proxy-iptables.ts';
import { ipvsTable } from './proxy-ipvs.ts';
import { kubeProxyTable, ruleset } from './proxy-nftables.ts';
import { programmed, type Reach } from './reach.ts';
import { interestingTargets, routeGet, routeText, type Scope } from './routes.ts';
import { socketFiles } from './sockets.ts';
import type { World } from './world.ts';

const NODE_PORTS = [22, 179, 6443, 10250, 10256];

/** What connects and routes are recorded for; without it everything is, which large clusters cannot afford. */
export interface Focus {
  /** Names of nodes. */
  nodes: string[];
  nodePorts: number[];
}

/** Records a node. Cost grows with the number of nodes times that of Services, unless a focus is given. */
export function recordHost(world: World, reach: Reach, node: SimNode, focus?: Focus): HostRecordingInput {
  const { model } = world;
  const sockets = socketFiles(world, node);
  const files = { ...systemFiles(model, node), ...sockets.files };
  const ipvs = ipvsTable(model, node);
  if (ipvs !== undefined && node.containersRun) files['/proc/net/ip_vs'] = ipvs;
  return {
    version: 1,
    node: node.name,
    recordedAt: model.now,
    files,
    links: { ...sockets.links, '/etc/localtime': `/usr/share/zoneinfo/${node.timeZone}` },
    fileSystems: { '/': fileSystem(node) },
    commands: { ...systemCommands(model, node), ...networkCommands(world, node, focus) },
    connects: connects(world, reach, node, focus),
    connectDefault: { result: 'timeout', ms: 2000 },
    sockets: birdSockets(world, node),
    http: kubeProxyHttp(world, node),
  };
}

function fileSystem(node: SimNode): { sizeKiB: number; availableKiB: number; inodes: number; inodesFree: number } {
  const inodes = Math.floor(node.diskKi / 16);
  return {
    sizeKiB: node.diskKi,
    availableKiB: Math.floor(node.diskKi * 0.58),
    inodes,
    inodesFree: Math.floor(inodes * 0.9),
  };
}

function networkCommands(world: World, node: SimNode, focus: Focus | undefined): HostRecordingInput['commands'] {
  const { model } = world;
  const links = linksOf(model, node);
  const nft = kubeProxyTable(model, node);
  const absent = {
    code: 1,
    stderr: 'Error: No such file or directory\nlist table ip kube-proxy\n              ^^^^^^^^^^\n',
  };
  const hasNft = node.systemd >= 245;
  const none = { error: 'not-found' as const, message: 'nft is not installed' };
  const out: HostRecordingInput['commands'] = {
    'ip -o link show': { stdout: linkText(node, links) },
    'ip -o address show': { stdout: addressText(links) },
    'ip route show table all': { stdout: routeText(world, node) },
    'ip -6 route show table all': { stdout: '' },
    'ip rule show': { stdout: ruleText() },
    'ip neighbour show': { stdout: neighbourText(model, node) },
    'iptables-save': { stdout: iptablesSave(model, node) },
    'ip6tables-save': { stdout: '' },
    'nft -j list table ip kube-proxy': hasNft ? (nft === undefined ? absent : { stdout: nft }) : none,
    'nft -j list table ip6 kube-proxy': hasNft ? absent : none,
    'nft -j list ruleset': hasNft ? { stdout: ruleset(model, node) } : none,
  };
  const inFocus = scope(world, focus);
  for (const to of interestingTargets(inFocus)) out[`ip route get ${to}`] = routeGet(world, node, to);
  return out;
}

/** The nodes, Pods and Services that connects and routes are recorded for. */
function scope(world: World, focus: Focus | undefined): Scope {
  const { nodes, pods } = world.model;
  const all = world.backends;
  if (focus === undefined) return { nodes, pods, backends: all };
  const named = new Set(focus.nodes);
  const backends = all.filter((one) => one.port.nodePort !== undefined && focus.nodePorts.includes(one.port.nodePort));
  const ips = new Set(backends.flatMap((one) => one.endpoints.map((endpoint) => endpoint.ip)));
  return {
    nodes: nodes.filter((node) => named.has(node.name)),
    pods: pods.filter((pod) => pod.ip !== undefined && ips.has(pod.ip)),
    backends,
  };
}

function connects(world: World, reach: Reach, node: SimNode, focus: Focus | undefined): HostRecordingInput['connects'] {
  const out: HostRecordingInput['connects'] = {};
  const add = (address: string, port: number): void => {
    const { result, ms, detail } = reach.connect(node, address, port);
    out[`${address}:${port}`] = detail === undefined ? { result, ms } : { result, ms, detail };
  };
  const { nodes, pods, backends } = scope(world, focus);
  const nodePorts = backends.flatMap((one) => (one.port.nodePort === undefined ? [] : [one.port.nodePort]));
  for (const other of nodes) {
    for (const address of [...addressesOf(other), other.tunnelAddress]) {
      for (const port of [...NODE_PORTS, ...nodePorts]) add(address, port);
    }
  }
  for (const one of backends) {
    add(one.service.clusterIP, one.port.port);
    for (const endpoint of one.endpoints) add(endpoint.ip, endpoint.port);
  }
  for (const pod of pods) {
    if (pod.ip === undefined || pod.hostNetwork) continue;
    for (const container of pod.containers) {
      for (const one of container.ports) add(pod.ip, one.containerPort);
      for (const one of container.listens) add(pod.ip, one.port);
    }
  }
  return out;
}

function birdSockets(world: World, node: SimNode): NonNullable<HostRecordingInput['sockets']> {
  if (!node.containersRun) return {};
  const refused = { error: 'refused' as const, message: 'connect: connection refused' };
  return {
    '/var/run/calico/bird.ctl': node.faults.birdDown === true ? refused : { answers: birdAnswers(world, node) },
    '/var/run/calico/bird6.ctl': { answers: bird6Answers(world, node) },
  };
}

function kubeProxyHttp(world: World, node: SimNode): NonNullable<HostRecordingInput['http']> {
  const { model } = world;
  const urls = ['http://127.0.0.1:10256/healthz', 'http://127.0.0.1:10249/proxyMode'];
  if (!node.containersRun || node.faults.kubeProxyDown === true) {
    const refused = { error: 'refused' as const, message: 'connect: connection refused' };
    return Object.fromEntries(urls.map((url) => [url, refused]));
  }
  // Wiped rules do not show here: kube-proxy judges its own queue, not the kernel's tables.
  const ago = programmed(model, node) ? 4_000 : 21_000;
  const lastUpdated = new Date(Date.parse(model.now) - ago).toISOString();
  return {
    [urls[0] ?? '']: {
      status: 200,
      body: JSON.stringify({ lastUpdated: goTime(lastUpdated), currentTime: goTime(model.now) }),
    },
    [urls[1] ?? '']: { status: 200, body: model.proxy.mode },
  };
}

/** As Go prints a time by default: `2020-05-27 02:37:37.000000000 +0000 UTC m=+500.1`. */
function goTime(time: string): string {
  return `${time.slice(0, 10)} ${time.slice(11, 19)}.000000000 +0000 UTC`;
}
