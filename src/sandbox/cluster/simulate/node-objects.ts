/** Nodes and their leases as the API server holds them. */
import type { KubeObject } from '../api/types.ts';
import { atLeast, digest } from './address.ts';
import type { ClusterModel, SimNode } from './model.ts';
import { before, micros, object, seconds } from './object.ts';
import type { World } from './world.ts';

/** The Node objects, with the annotations of kubeadm, the controller manager and Calico. */
export function nodeObjects(world: World): KubeObject[] {
  return world.model.nodes.flatMap((node) => [nodeObject(world, node), leaseObject(world.model, node)]);
}

function nodeObject(world: World, node: SimNode): KubeObject {
  const { model } = world;
  return object(
    'v1',
    'Node',
    { name: node.name, created: node.created, labels: labelsOf(model, node), annotations: annotationsOf(world, node) },
    {
      spec: taintsOf(model, node),
      status: {
        addresses: [
          { type: 'InternalIP', address: node.internalIp },
          { type: 'Hostname', address: node.name },
        ],
        capacity: resources(node, node.memoryKi, `${node.diskKi}Ki`),
        allocatable: resources(node, node.allocatableMemoryKi, String(node.allocatableDisk ?? allocatableDisk(node))),
        conditions: conditionsOf(world, node),
        daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
        nodeInfo: {
          machineID: node.systemInfo?.machineID ?? digest(`machine/${node.name}`).slice(0, 32),
          systemUUID: node.systemInfo?.systemUUID ?? uuid(`system/${node.name}`).toUpperCase(),
          bootID: node.systemInfo?.bootID ?? uuid(`boot/${node.name}${node.bootedAt}`),
          kernelVersion: node.kernel,
          osImage: node.os,
          containerRuntimeVersion: node.runtime,
          kubeletVersion: model.kubernetes,
          kubeProxyVersion: model.kubernetes,
          operatingSystem: 'linux',
          architecture: 'amd64',
        },
      },
    },
  );
}

function uuid(text: string): string {
  const d = digest(text);
  return [d.slice(0, 8), d.slice(8, 12), d.slice(12, 16), d.slice(16, 20), d.slice(20, 32)].join('-');
}

function labelsOf(model: ClusterModel, node: SimNode): Record<string, string> {
  const base = {
    'beta.kubernetes.io/arch': 'amd64',
    'beta.kubernetes.io/os': 'linux',
    'kubernetes.io/arch': 'amd64',
    'kubernetes.io/hostname': node.name,
    'kubernetes.io/os': 'linux',
  };
  if (!node.controlPlane) return { ...base, ...node.labels };
  const old = !atLeast(model.kubernetes, '1.24.0');
  const role = `node-role.kubernetes.io/${atLeast(model.kubernetes, '1.20.0') ? 'control-plane' : 'master'}`;
  const both = old && atLeast(model.kubernetes, '1.20.0') ? { 'node-role.kubernetes.io/master': '' } : {};
  return { ...base, [role]: '', ...both, ...node.labels };
}

function annotationsOf(world: World, node: SimNode): Record<string, string> {
  const { calico, kubernetes } = world.model;
  const docker = node.runtime.startsWith('docker');
  const socket = docker ? '/var/run/dockershim.sock' : 'unix:///run/containerd/containerd.sock';
  const bgp = world.bgpCidr(node);
  const out: Record<string, string> = {
    'kubeadm.alpha.kubernetes.io/cri-socket': socket,
    'node.alpha.kubernetes.io/ttl': '0',
    'volumes.kubernetes.io/controller-managed-attach-detach': 'true',
  };
  if (bgp !== undefined) out['projectcalico.org/IPv4Address'] = bgp;
  if (calico.encapsulation === 'ipip') out['projectcalico.org/IPv4IPIPTunnelAddr'] = node.tunnelAddress;
  if (calico.encapsulation === 'vxlan') out['projectcalico.org/IPv4VXLANTunnelAddr'] = node.tunnelAddress;
  if (atLeast(calico.version, '3.31.0')) {
    const nics = node.nics.map((nic) => ({ name: nic.name, addresses: nic.addresses.map((one) => one.cidr) }));
    out['projectcalico.org/Interfaces'] = JSON.stringify(nics.sort((a, b) => (a.name < b.name ? -1 : 1)));
  }
  if (atLeast(kubernetes, '1.35.0')) delete out['kubeadm.alpha.kubernetes.io/cri-socket'];
  return out;
}

function taintsOf(model: ClusterModel, node: SimNode): Record<string, unknown> {
  const taints = [...(node.taints ?? [])];
  if (node.kubelet.unknownSince !== undefined) {
    const since = seconds(node.kubelet.unknownSince);
    taints.push(
      { key: 'node.kubernetes.io/unreachable', effect: 'NoSchedule', timeAdded: since },
      { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute', timeAdded: seconds(before(since, -5)) },
    );
  }
  if (model.nodes.length > 3 && node.controlPlane) {
    const role = atLeast(model.kubernetes, '1.24.0') ? 'control-plane' : 'master';
    taints.push({ key: `node-role.kubernetes.io/${role}`, effect: 'NoSchedule' });
  }
  return taints.length === 0 ? {} : { taints };
}

function resources(node: SimNode, memoryKi: number, disk: string): Record<string, string> {
  return {
    cpu: String(node.cpu),
    'ephemeral-storage': disk,
    'hugepages-2Mi': '0',
    memory: `${memoryKi}Ki`,
    pods: '110',
  };
}

/** kubelet sets 10 % aside. */
function allocatableDisk(node: SimNode): number {
  return Math.floor(node.diskKi * 1024 * 0.9);
}

function conditionsOf(world: World, node: SimNode): Record<string, unknown>[] {
  const { model } = world;
  const network = networkSince(node);
  const unknown = node.kubelet.unknownSince;
  const beat = seconds(node.kubelet.lastHeartbeat ?? before(model.now, 34));
  const since = seconds(unknown ?? (node.kubelet.since > node.created ? node.kubelet.since : node.created));
  const one = (type: string, status: string, reason: string, message: string): Record<string, unknown> => ({
    type,
    status: unknown === undefined ? status : 'Unknown',
    lastHeartbeatTime: beat,
    lastTransitionTime: since,
    reason: unknown === undefined ? reason : 'NodeStatusUnknown',
    message: unknown === undefined ? message : 'Kubelet stopped posting node status.',
  });
  return [
    {
      type: 'NetworkUnavailable',
      status: 'False',
      lastHeartbeatTime: network,
      lastTransitionTime: network,
      reason: 'CalicoIsUp',
      message: 'Calico is running on this node',
    },
    one('MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
    one('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
    one('PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
    one('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status. AppArmor enabled'),
  ];
}

/** calico-node writes this condition when it starts; a node whose containers never came back keeps the old one. */
function networkSince(node: SimNode): string {
  return node.containersRun ? seconds(before(node.calicoStarted, -9)) : seconds(before(node.created, -73));
}

function leaseObject(model: ClusterModel, node: SimNode): KubeObject {
  const renewTime = micros(node.kubelet.lastRenew ?? before(model.now, 3));
  return object(
    'coordination.k8s.io/v1',
    'Lease',
    { name: node.name, namespace: 'kube-node-lease', created: node.created },
    { spec: { holderIdentity: node.name, leaseDurationSeconds: 40, renewTime } },
  );
}
