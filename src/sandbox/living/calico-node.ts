/** What a start of calico-node comes to: the address by the version's own rules, or a container that ends again and again. */
import type { CalicoNode, SimContainer, SimNode, SimPod } from '../cluster/simulate/model.ts';
import { derive, type World } from '../cluster/simulate/world.ts';
import type { Life } from './life.ts';

/** Settings by which calico-node takes its address. */
const ADDRESS_ENV = ['IP', 'IP_AUTODETECTION_METHOD'];

/** A node whose calico-node has been stopped: its address stays known, BIRD is gone. */
export function stoppedCalico(world: World, node: SimNode): CalicoNode {
  const { env, version } = node.calicoNode ?? world.model.calico;
  const annotation = world.bgpCidr(node);
  return { env, version, down: 'stopped', ...(annotation === undefined ? {} : { annotation }) };
}

/** Starts calico-node in this Pod: the node takes the address that this version chooses, or keeps its old one and the container ends. */
export function startCalico(life: Life, pod: SimPod): void {
  life.edit((model) => {
    const node = model.nodes.find((one) => one.name === pod.node);
    const container = pod.containers.find((one) => one.name === 'calico-node') ?? pod.containers[0];
    if (node === undefined || container === undefined) return model;
    const { birdDown: _bird, routesMissingTo: _routes, ...faults } = node.faults;
    const { down: _down, ...before } = stoppedCalico(derive(model), node);
    const started: SimNode = {
      ...node,
      faults,
      calicoStarted: life.now(),
      calicoNode: { ...before, env: addressEnv(container), version: versionOf(container, before.version) },
    };
    const detection = derive({ ...model, nodes: model.nodes.map((one) => (one === node ? started : one)) }).detection(
      started,
    );
    const fails = detection.cidr === undefined;
    const after: SimNode = fails
      ? { ...started, calicoNode: { ...(started.calicoNode ?? before), down: 'crashed' } }
      : started;
    const running = fails ? crashing(pod, life.now()) : pod;
    return {
      ...model,
      nodes: model.nodes.map((one) => (one === node ? after : one)),
      pods: model.pods.map((one) => (one.name === pod.name && one.namespace === pod.namespace ? running : one)),
    };
  });
}

function addressEnv(container: SimContainer): Record<string, string> {
  const entries = ADDRESS_ENV.flatMap((name) => {
    const value = container.env?.[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(entries);
}

/** `calico/node:v3.14.0` is 3.14.0. */
function versionOf(container: SimContainer, otherwise: string): string {
  return /:v(\d+\.\d+\.\d+)/.exec(container.image)?.[1] ?? otherwise;
}

/** A Pod whose container has just ended with 1, once more. */
export function crashing(pod: SimPod, now: string): SimPod {
  const containers = pod.containers.map((container): SimContainer => {
    const message = `back-off ${backOff(container.restarts)} restarting failed container=${container.name} pod=${pod.name}_${pod.namespace}`;
    const last = { startedAt: container.startedAt ?? now, finishedAt: now, exitCode: 1, reason: 'Error' };
    return { ...container, restarts: container.restarts + 1, last, waiting: { reason: 'CrashLoopBackOff', message } };
  });
  return { ...pod, containers, ready: false };
}

/** Seconds until the next try: 10, doubled each time, at most five minutes. */
export function backOffSeconds(restarts: number): number {
  return Math.min(10 * 2 ** restarts, 300);
}

function backOff(restarts: number): string {
  const seconds = backOffSeconds(restarts);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
