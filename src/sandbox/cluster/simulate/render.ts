/** A model made into what the sandbox serves: the objects of the API server, logs, and one recorded host per agent. */
import type { HostRecordingInput } from '../../../agent/recording.ts';
import type { KubeObject } from '../api/types.ts';
import { calicoLog } from './calico-log.ts';
import { calicoObjects } from './calico-objects.ts';
import { type Focus, recordHost } from './host.ts';
import { nodeOf } from './lookups.ts';
import type { ClusterModel } from './model.ts';
import { nodeObjects } from './node-objects.ts';
import { podObjects } from './pod-objects.ts';
import { type ConnectAnswer, reachOf } from './reach.ts';
import { serviceObjects } from './service-objects.ts';
import { systemObjects } from './system-objects.ts';
import { workloadObjects } from './workload-objects.ts';
import { derive, type World } from './world.ts';

export interface RenderedCluster {
  version: string;
  now: string;
  objects: KubeObject[];
  /** By `namespace/pod/container`. */
  logs: Record<string, string>;
  /** One per node whose agent answers. */
  hosts: HostRecordingInput[];
  /** Nodes without an agent. */
  agentless: string[];
  /** What a client on the nodes' LAN sees, by `address:port`. */
  externalConnects: Record<string, ConnectAnswer>;
}

/**
 * Renders a cluster. A focus limits whose machines are recorded, and what of the others they were asked about;
 * nodes outside it count as agentless.
 */
export function renderCluster(model: ClusterModel, focus?: Focus): RenderedCluster {
  const settled = settle(model);
  const world = derive(settled);
  const reach = reachOf(world);
  const recorded = settled.nodes.filter((node) => node.agent && focus?.nodes.includes(node.name) !== false);
  return {
    version: settled.kubernetes,
    now: settled.now,
    objects: objectsOf(world),
    logs: { ...logsOf(world), ...settled.logs },
    hosts: recorded.map((node) => recordHost(world, reach, node, focus)),
    agentless: settled.nodes.filter((node) => !recorded.includes(node)).map((node) => node.name),
    externalConnects: external(world, reach, focus),
  };
}

/** All objects of a settled model's world. */
export function objectsOf(world: World): KubeObject[] {
  const { model } = world;
  return [
    ...nodeObjects(world),
    ...serviceObjects(model),
    ...podObjects(model),
    ...workloadObjects(model),
    ...calicoObjects(model),
    ...systemObjects(world),
    ...model.extraObjects,
  ];
}

/** Sets the readiness of calico-node's Pods to what their probe finds; a dead kubelet changes nothing any more. */
export function settle(model: ClusterModel): ClusterModel {
  const world = derive(model);
  const pods = model.pods.map((pod) => {
    if (pod.role !== 'calico-node' || pod.node === undefined || pod.phase !== 'Running') return pod;
    const node = nodeOf(model, pod.node);
    const live = node.kubelet.state === 'running' && node.kubelet.unknownSince === undefined;
    return live ? { ...pod, ready: world.calicoNotReady(node) === undefined } : pod;
  });
  return { ...model, pods };
}

/** The logs that follow from a world, by `namespace/pod/container`. */
export function logsOf(world: World): Record<string, string> {
  const out: Record<string, string> = {};
  for (const pod of world.model.pods) {
    if (pod.role !== 'calico-node' || pod.node === undefined) continue;
    const node = nodeOf(world.model, pod.node);
    if (node.containersRun) out[`${pod.namespace}/${pod.name}/calico-node`] = calicoLog(world, node);
  }
  return out;
}

function external(
  world: World,
  reach: ReturnType<typeof reachOf>,
  focus: Focus | undefined,
): Record<string, ConnectAnswer> {
  const out: Record<string, ConnectAnswer> = {};
  const ports = world.model.services.flatMap((service) => service.ports.map((port) => port.nodePort));
  for (const node of world.model.nodes.filter((one) => focus?.nodes.includes(one.name) !== false)) {
    for (const port of ports) {
      if (port === undefined || focus?.nodePorts.includes(port) === false) continue;
      out[`${node.internalIp}:${port}`] = reach.outside(node, node.internalIp, port);
    }
  }
  return out;
}
