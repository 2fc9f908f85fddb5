/** A large cluster for measurements: thousands of nodes, Services and Pods, with a few hosts recorded. */
import { addressAt } from './address.ts';
import type { ClusterModel, SimNode } from './model.ts';
import { appPod, calicoNodePod, kubeProxyPod, staticPod } from './standard-pods.ts';

export interface LargeCluster {
  model: ClusterModel;
  nodePort: number;
  /** The nodes whose hosts are worth recording: the endpoint's and a few entries, the struck one among them. */
  hosts: string[];
  /** The one node on which Calico took the wrong address. */
  struck: string;
}

const CREATED = '2026-01-04T08:00:00.000Z';
const NOW = '2026-03-17T09:26:41.000Z';

/**
 * So many of each; the Pods are spread evenly, and the Service asked about has one Pod. At least 3 nodes and 1 Service.
 * ipvs by default, whose table is the smallest: `nft -j` of 50,000 endpoints prints some 50 MB, as it would on a real node.
 */
export function largeCluster(
  nodes: number,
  services: number,
  pods: number,
  proxy: ClusterModel['proxy']['mode'] = 'ipvs',
): LargeCluster {
  const model = empty(proxy);
  model.nodes = Array.from({ length: nodes }, (_, index) => node(index));
  for (const one of model.nodes) {
    const facts = { node: one, created: CREATED, containerStarted: one.calicoStarted };
    model.pods.push(
      calicoNodePod(model, { ...facts, name: `calico-node-${one.name.slice(5)}` }),
      kubeProxyPod(model, { ...facts, name: `kube-proxy-${one.name.slice(5)}` }),
    );
    if (one.controlPlane)
      for (const role of ['etcd', 'kube-apiserver'] as const) model.pods.push(staticPod(model, role, facts));
  }
  addPods(model, services, pods);
  const struck = model.nodes[1];
  if (struck === undefined) throw new Error('A large cluster has at least 3 nodes.');
  struck.nics.push({ name: 'eth1', ifindex: 3, lan: 'second', addresses: [{ cidr: '192.0.2.66/24' }] });
  const hosts = [0, 1, 2, Math.floor(nodes / 2), nodes - 1].flatMap((index) => model.nodes[index]?.name ?? []);
  return { model, nodePort: 30_000, hosts: [...new Set(hosts)], struck: struck.name };
}

function empty(mode: ClusterModel['proxy']['mode']): ClusterModel {
  return {
    name: 'large',
    now: NOW,
    kubernetes: 'v1.34.2',
    serviceCidr: '172.30.0.0/16',
    controlPlaneEndpoint: '10.128.0.10:6443',
    proxy: { mode, nodePortAddresses: [], namespace: 'kube-system' },
    calico: {
      version: '3.31.0',
      install: 'manifest',
      namespace: 'kube-system',
      env: { IP: 'autodetect' },
      pool: '10.0.0.0/11',
      encapsulation: 'ipip',
      meshEnabled: true,
      asNumber: 64_512,
      established: CREATED,
    },
    lans: [
      { name: 'lan', cidr: '10.128.0.0/16', gateway: '10.128.0.1', unknown: 'drop' },
      { name: 'second', cidr: '192.0.2.0/24', unknown: 'unreachable' },
    ],
    nodes: [],
    services: [],
    pods: [],
    events: [],
    leaders: [],
    extraObjects: [],
    logs: {},
  };
}

function node(index: number): SimNode {
  const internalIp = addressAt('10.128.0.0/16', 20 + index);
  const block = `${addressAt('10.0.0.0/11', 64 * index)}/26`;
  const boot = '2026-03-02T04:14:03.000Z';
  const name = `node-${String(index).padStart(5, '0')}`;
  return {
    name,
    hostname: name,
    created: CREATED,
    controlPlane: index < 3,
    nics: [{ name: 'eth0', ifindex: 2, lan: 'lan', addresses: [{ cidr: `${internalIp}/16` }] }],
    internalIp,
    gateway: '10.128.0.1',
    bootedAt: boot,
    kubelet: { state: 'running', since: boot, pid: 900 },
    containersRun: true,
    agent: true,
    os: 'Ubuntu 24.04.2 LTS',
    kernel: '6.8.0-60-generic',
    runtime: 'containerd://2.0.5',
    cpu: 16,
    memoryKi: 65_536_000,
    allocatableMemoryKi: 65_433_600,
    diskKi: 104_857_600,
    cgroup: 2,
    systemd: 255,
    timeZone: 'Etc/UTC',
    utcOffsetMinutes: 0,
    faults: {},
    block,
    tunnelAddress: addressAt(block, 0),
    calicoStarted: '2026-03-02T04:16:00.000Z',
  };
}

function addPods(model: ClusterModel, services: number, pods: number): void {
  for (let index = 0; index < services; index++) {
    const app = `app-${index}`;
    const nodePort = 30_000 + index;
    model.services.push({
      namespace: `team-${index % 50}`,
      name: app,
      type: nodePort <= 32_767 ? 'NodePort' : 'ClusterIP',
      clusterIP: addressAt(model.serviceCidr, 100 + index),
      selector: { app },
      ports: [{ name: 'http', port: 80, targetPort: 8080, ...(nodePort <= 32_767 ? { nodePort } : {}) }],
      created: CREATED,
    });
  }
  for (let index = 0; index < pods; index++) {
    // The Service asked about has its one Pod on the first node; all others share what is left.
    const serviceIndex = index === 0 || services === 1 ? 0 : 1 + (index % (services - 1));
    const on = model.nodes[index % model.nodes.length];
    if (on === undefined) return;
    const ip = addressAt(on.block, 1 + (Math.floor(index / model.nodes.length) % 60));
    const app = `app-${serviceIndex}`;
    model.pods.push(
      appPod(
        {
          namespace: `team-${serviceIndex % 50}`,
          name: `${app}-6c9f8d7b5-${String(index).padStart(6, '0')}`,
          node: on,
          ip,
          created: CREATED,
          labels: { app, 'pod-template-hash': '6c9f8d7b5' },
          owner: { kind: 'ReplicaSet', name: `${app}-6c9f8d7b5` },
        },
        [
          {
            name: 'app',
            image: 'registry.example/app:1',
            process: 'app',
            ports: [{ name: 'http', containerPort: 8080 }],
            listens: [{ address: '0.0.0.0', port: 8080 }],
          },
        ],
      ),
    );
  }
}
