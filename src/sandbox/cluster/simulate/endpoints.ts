/** What the endpoint controllers make of Services and Pods: addresses, resolved ports, readiness. */
import { atLeast } from './address.ts';
import { nodeOf, podsOfNamespace } from './lookups.ts';
import type { ClusterModel, SimPod, SimPort, SimService } from './model.ts';

export interface SimEndpoint {
  ip: string;
  pod?: SimPod;
  node?: string;
  ready: boolean;
}

/** One port of a Service with the endpoints that serve it and the port they serve it on. */
export interface SimBackends {
  service: SimService;
  port: SimPort;
  endpoints: (SimEndpoint & { port: number })[];
}

/** Pods that the selector matches, with an address. */
export function endpointsOf(model: ClusterModel, service: SimService): SimEndpoint[] {
  const selector = Object.entries(service.selector ?? {});
  if (service.namespace === 'default' && service.name === 'kubernetes') return apiEndpoints(model);
  if (selector.length === 0) return [];
  return podsOfNamespace(model, service.namespace)
    .filter((pod) => pod.ip !== undefined && pod.phase === 'Running')
    .filter((pod) => selector.every(([key, value]) => pod.labels[key] === value))
    .map((pod) => ({
      ip: pod.ip ?? '',
      pod,
      ready: pod.ready && pod.terminating === undefined && !nodeUnknown(model, pod),
      ...(pod.node === undefined ? {} : { node: pod.node }),
    }))
    .sort((a, b) => (a.ip < b.ip ? -1 : 1));
}

function apiEndpoints(model: ClusterModel): SimEndpoint[] {
  return model.nodes.filter((node) => node.controlPlane).map((node) => ({ ip: node.internalIp, ready: true }));
}

/** The node lifecycle controller sets Ready to False on Pods of a node that it has not heard of. */
export function nodeUnknown(model: ClusterModel, pod: SimPod): boolean {
  return pod.node !== undefined && nodeOf(model, pod.node).kubelet.unknownSince !== undefined;
}

/** The port that a Service's targetPort means in this Pod; undefined where no container has a port of that name. */
export function resolvePort(port: SimPort, endpoint: SimEndpoint): number | undefined {
  if (typeof port.targetPort === 'number') return port.targetPort;
  const ports = endpoint.pod?.containers.flatMap((container) => container.ports) ?? [];
  return ports.find((one) => one.name === port.targetPort)?.containerPort;
}

/** Every port of a Service with its ready endpoints, as kube-proxy gets them. */
export function backendsOf(model: ClusterModel, service: SimService): SimBackends[] {
  const ready = endpointsOf(model, service).filter((endpoint) => endpoint.ready);
  return service.ports.map((port) => ({
    service,
    port,
    endpoints: ready.flatMap((endpoint) => {
      const resolved = resolvePort(port, endpoint);
      return resolved === undefined ? [] : [{ ...endpoint, port: resolved }];
    }),
  }));
}

const indexed = new WeakMap<ClusterModel, SimBackends[]>();

/** Works out the ports of all Services that have a ClusterIP, and remembers them for `allBackends`. */
export function indexBackends(model: ClusterModel): SimBackends[] {
  const found = model.services
    .filter((service) => service.clusterIP !== 'None')
    .flatMap((one) => backendsOf(model, one));
  indexed.set(model, found);
  return found;
}

/** Ports of all Services that have a ClusterIP, as they were when the model's world was derived. */
export function allBackends(model: ClusterModel): SimBackends[] {
  return indexed.get(model) ?? indexBackends(model);
}

/** `ns/name:port`, or without the port's name where it has none: how kube-proxy names a port in comments. */
export function portName(backends: SimBackends): string {
  const { service, port } = backends;
  return `${service.namespace}/${service.name}${port.name === undefined ? '' : `:${port.name}`}`;
}

/** Until v1.23 kube-proxy held each NodePort open by a listening socket. */
export function holdsNodePorts(model: ClusterModel): boolean {
  return !atLeast(model.kubernetes, '1.24.0');
}
