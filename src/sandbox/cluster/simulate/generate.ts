/** Clusters from a seed: names, addresses, sizes, versions and NICs vary, and one fault, or none, is placed in them. */
import { addressAt, atLeast, prefixOf, within } from './address.ts';
import { NIC_FAMILIES, networks, nodeNames, RELEASES, type Release } from './generate-choices.ts';
import { type FaultName, strike } from './generate-faults.ts';
import { populate } from './generate-workloads.ts';
import type { Calico, ClusterModel, SimNode } from './model.ts';
import { type Random, random } from './random.ts';

export { FAULT_NAMES, type FaultName } from './generate-faults.ts';

/** What a diagnosis of the cluster must come to. */
export interface Expectation {
  /** The fault, by the name of the rule that must find it; null where nothing is wrong. */
  fault: FaultName | null;
  /** The struck nodes; empty where the fault is not one of single nodes. */
  nodes: string[];
  /** The question to ask, as the terminal's arguments. */
  question: string[];
  /** What a person would have to change. */
  object?: { kind: string; namespace?: string; name: string };
}

export interface GeneratedCluster {
  model: ClusterModel;
  expect: Expectation;
}

export interface GenerateOptions {
  /** `null` for a healthy cluster; left out, the seed decides. */
  fault?: FaultName | null;
  /** An index into the releases; left out, the seed decides. */
  release?: Release;
}

const NOW = '2026-03-17T09:26:41.000Z';

/** A cluster of 2 to 12 nodes. The same seed and options give the same cluster. */
export function generateCluster(seed: number, options: GenerateOptions = {}): GeneratedCluster {
  const r = random(seed);
  const fault = options.fault === undefined ? null : options.fault;
  const release = options.release ?? r.pick(RELEASES.filter((one) => suits(one, fault)));
  const net = networks(r);
  const size = r.int(2, 12);
  const family = r.pick(NIC_FAMILIES);
  const names = nodeNames(r, size);
  const masters = size < 5 ? 1 : 3;
  const model: ClusterModel = {
    name: `generated ${seed}`,
    now: NOW,
    kubernetes: release.kubernetes,
    serviceCidr: net.services,
    controlPlaneEndpoint: `${addressAt(net.lan, 10)}:6443`,
    proxy: { mode: r.pick(release.proxies), nodePortAddresses: [], namespace: 'kube-system' },
    calico: calicoOf(r, release, net, fault),
    lans: [
      { name: 'lan', cidr: net.lan, gateway: net.gateway, unknown: r.pick(['drop', 'unreachable']) },
      { name: 'second', cidr: net.second, unknown: 'unreachable' },
    ],
    nodes: names.map((name, index) =>
      nodeOfSeed(
        { r, release, lan: net.lan, gateway: net.gateway, pods: net.pods, nic: family[0] },
        name,
        index,
        masters,
      ),
    ),
    services: [],
    pods: [],
    events: [],
    leaders: [],
    extraObjects: [],
    logs: {},
  };
  const subject = populate(r, model);
  harmlessNics(r, model, family[1], net.second, fault);
  const placed =
    fault === null ? { nodes: [] } : strike(r, model, subject, fault, { added: family[1], second: net.second });
  return { model, expect: { fault, question: ['why-not-reachable', String(subject.nodePort)], ...placed } };
}

/** Holder sockets of old kube-proxies answer for rules that are gone; faults that need the rules are placed in newer ones. */
function suits(release: Release, fault: FaultName | null): boolean {
  return fault !== 'proxy-rules-flushed' || atLeast(release.kubernetes, '1.24.0');
}

/** Faults of BGP break Pods only where routes come by BGP. */
const NEEDS_BGP: readonly (FaultName | null)[] = [
  'calico-bgp-port-blocked',
  'calico-bgp-no-peers',
  'calico-bird-not-running',
  'pod-route-missing',
];

function calicoOf(r: Random, release: Release, net: ReturnType<typeof networks>, fault: FaultName | null): Calico {
  const operator = atLeast(release.calico, '3.21.0') && r.chance(0.4);
  const encapsulations = NEEDS_BGP.includes(fault)
    ? (['ipip'] as const)
    : fault === 'encapsulation-blocked'
      ? (['ipip', 'vxlan'] as const)
      : (['ipip', 'ipip', 'vxlan', 'none'] as const);
  const methods = ['first-found', `can-reach=${net.gateway}`];
  if (atLeast(release.calico, '3.16.0')) methods.push(`cidr=${net.lan}`);
  if (atLeast(release.calico, '3.22.0')) methods.push('kubernetes-internal-ip');
  const method = fault === 'calico-node-ip-mismatch' ? 'first-found' : r.pick(methods);
  const env: Record<string, string> = { IP: 'autodetect' };
  if (operator || method !== 'first-found') env['IP_AUTODETECTION_METHOD'] = method;
  return {
    version: release.calico,
    install: operator ? 'operator' : 'manifest',
    namespace: operator ? 'calico-system' : 'kube-system',
    env,
    pool: net.pods,
    encapsulation: r.pick(encapsulations),
    meshEnabled: true,
    asNumber: r.chance(0.8) ? 64_512 : 64_600,
    established: '2026-01-04T08:00:00.000Z',
  };
}

interface Soil {
  r: Random;
  release: Release;
  lan: string;
  gateway: string;
  pods: string;
  nic: string;
}

function nodeOfSeed(soil: Soil, name: string, index: number, masters: number): SimNode {
  const { r, release, lan } = soil;
  const internalIp = addressAt(lan, 20 + index * 7 + r.int(0, 5));
  const block = `${addressAt(soil.pods, 64 * (index * 7 + r.int(0, 5)))}/26`;
  const boot = `2026-03-${String(r.int(1, 9)).padStart(2, '0')}T0${r.int(1, 8)}:14:03.000Z`;
  const memoryKi = r.pick([4, 8, 16, 64]) * 1_048_576 - 131_072;
  return {
    name,
    hostname: name.split('.')[0] ?? name,
    created: '2026-01-04T07:40:00.000Z',
    controlPlane: index < masters,
    nics: [{ name: soil.nic, ifindex: 2, lan: 'lan', addresses: [{ cidr: `${internalIp}/${prefixOf(lan)}` }] }],
    internalIp,
    gateway: soil.gateway,
    bootedAt: boot,
    kubelet: { state: 'running', since: boot, pid: r.int(700, 4000) },
    containersRun: true,
    agent: true,
    os: release.os,
    kernel: release.kernel,
    runtime: release.runtime,
    cpu: r.pick([2, 4, 8, 16]),
    memoryKi,
    allocatableMemoryKi: memoryKi - 102_400,
    diskKi: r.pick([40, 100, 500]) * 1_048_576,
    cgroup: release.cgroup,
    systemd: release.systemd,
    timeZone: 'Etc/UTC',
    utcOffsetMinutes: 0,
    faults: {},
    block,
    tunnelAddress: addressAt(block, 0),
    calicoStarted: new Date(Date.parse(boot) + 150_000).toISOString(),
  };
}

/** A second NIC is no fault where the method passes it by, or where it came before the first one. */
function harmlessNics(r: Random, model: ClusterModel, name: string, cidr: string, fault: FaultName | null): void {
  if (fault === 'calico-node-ip-mismatch' || r.chance(0.5)) return;
  const method = model.calico.env['IP_AUTODETECTION_METHOD'] ?? 'first-found';
  r.some(model.nodes, r.int(1, model.nodes.length)).forEach((node, index) => {
    const addresses = [{ cidr: `${addressAt(cidr, 30 + index)}/${prefixOf(cidr)}` }];
    if (method === 'first-found') {
      const first = node.nics[0];
      if (first !== undefined) first.ifindex = 3;
      node.nics.push({ name, ifindex: 2, lan: 'second', addresses });
    } else node.nics.push({ name, ifindex: 3, lan: 'second', addresses });
  });
}

/** Whether a cluster's ranges are apart, as its author must have meant them to be. */
export function rangesApart(model: ClusterModel): boolean {
  const lan = model.lans[0]?.cidr ?? '';
  const pairs: [string, string][] = [
    [model.serviceCidr, model.calico.pool],
    [model.serviceCidr, lan],
    [model.calico.pool, lan],
  ];
  return pairs.every(([a, b]) => !within(a, b) && !within(b, a));
}
