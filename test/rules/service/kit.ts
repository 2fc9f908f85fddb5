/** A cluster of three nodes with one Service, as evidence; each test changes what it is about. */
import type { Endpoint, NodeObject, PodObject, ServiceObject } from '../../../src/core/evidence/cluster-types.ts';
import type { EvidenceValue } from '../../../src/core/evidence/kinds.ts';
import type { EvidenceItem } from '../../../src/core/evidence.ts';
import { namespacedRef, nodeRef, type ObjectRef } from '../../../src/core/object-ref.ts';
import type { Question } from '../../../src/core/question.ts';
import { ago, known, unknown } from '../../support/evidence.ts';

export const PORT = 30080;
export const ASK_PORT: Question = { type: 'why-not-reachable', target: { kind: 'NodePort', nodePort: PORT } };
export const ASK_SERVICE: Question = {
  type: 'why-not-reachable',
  target: { kind: 'Service', namespace: 'shop', name: 'web' },
};
export const WEB = namespacedRef('Service', 'shop', 'web');
export const IPS: Readonly<Record<string, string>> = { a: '192.0.2.11', b: '192.0.2.12', c: '192.0.2.13' };
export const CLUSTER_IP = '10.96.0.50';
export const POD_IP = '10.244.2.7';
type Result = EvidenceValue<'node-tcp'>[number]['result'];

export function node(name: string, change: Partial<NodeObject> = {}): NodeObject {
  return {
    name,
    labels: {},
    annotations: {},
    addresses: [{ type: 'InternalIP', address: IPS[name] ?? '192.0.2.99' }],
    podCIDRs: [],
    taints: [],
    unschedulable: false,
    conditions: [{ type: 'Ready', status: 'True' }],
    capacity: {},
    allocatable: {},
    ...change,
  };
}

export function service(change: Partial<ServiceObject> = {}): ServiceObject {
  return {
    namespace: 'shop',
    name: 'web',
    type: 'NodePort',
    clusterIPs: [CLUSTER_IP],
    selector: { app: 'web' },
    ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 8080, nodePort: PORT }],
    labels: {},
    ...change,
  };
}

/** A ready endpoint of Pod `web-<node>` on a node, port http 8080. */
export function endpoint(nodeName: string, change: Partial<Endpoint> = {}): Endpoint {
  return {
    ip: podIp(nodeName),
    nodeName,
    ready: true,
    serving: true,
    terminating: false,
    target: { kind: 'Pod', namespace: 'shop', name: `web-5d9-${nodeName}` },
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    ...change,
  };
}

export function podIp(nodeName: string): string {
  return { a: '10.244.1.7', b: POD_IP, c: '10.244.3.7' }[nodeName] ?? '10.244.9.9';
}

/** A Pod of Deployment shop/web that declares port 8080. */
export function pod(nodeName: string, change: Partial<PodObject> = {}): PodObject {
  const container = {
    name: 'web',
    image: 'web:1',
    ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
    env: [],
    requests: {},
    limits: {},
  };
  return {
    namespace: 'shop',
    name: `web-5d9-${nodeName}`,
    nodeName,
    phase: 'Running',
    podIPs: [podIp(nodeName)],
    hostNetwork: false,
    labels: { app: 'web', 'pod-template-hash': '5d9' },
    owners: [{ kind: 'ReplicaSet', name: 'web-5d9' }],
    conditions: [{ type: 'Ready', status: 'True' }],
    containers: [container],
    statuses: [],
    tolerations: [],
    ...change,
  };
}

/** A container that declares other ports than 8080. */
export function declaring(...ports: readonly number[]): Pick<PodObject, 'containers'> {
  const [container] = pod('b').containers;
  if (container === undefined) throw new Error('the Pod has a container');
  return {
    containers: [{ ...container, ports: ports.map((containerPort) => ({ containerPort, protocol: 'TCP' })) }],
  };
}

/** Listening TCP sockets: `8080`, or `127.0.0.1:8080`. */
export function sockets(...list: readonly string[]): EvidenceValue<'pod-listeners'> {
  return list.map((text) => {
    const at = text.lastIndexOf(':');
    const address = at < 0 ? '0.0.0.0' : text.slice(0, at);
    return { protocol: 'tcp', family: address.includes(':') ? 6 : 4, address, port: Number(text.slice(at + 1)) };
  });
}

export interface Setting {
  readonly nodes?: readonly NodeObject[];
  readonly service?: ServiceObject;
  readonly services?: readonly ServiceObject[];
  readonly endpoints?: readonly Endpoint[] | 'unknown';
  readonly pods?: readonly PodObject[] | 'unknown';
  /** Results that are not `open`, by `node→address:port`, `*→address:port`, or `node→*`. */
  readonly tcp?: Readonly<Record<string, Result>>;
  /** Nodes whose agent answers; all of them by default. */
  readonly agents?: readonly string[];
  /** Last sign of life in seconds, by node. */
  readonly silent?: Readonly<Record<string, number>>;
  readonly more?: readonly EvidenceItem[];
}

/** The evidence: everything answers but what the setting says. */
export function cluster(setting: Setting = {}): EvidenceItem[] {
  const nodes = setting.nodes ?? ['a', 'b', 'c'].map((name) => node(name));
  const target = setting.service ?? service();
  const services = setting.services ?? [target];
  const endpoints = setting.endpoints ?? [endpoint('b')];
  const pods = setting.pods ?? (endpoints === 'unknown' ? [] : endpoints.map((e) => pod(e.nodeName ?? 'b')));
  const leases = nodes.map(({ name }) => ({ node: name, renewTime: ago(setting.silent?.[name] ?? 4) }));
  return [
    known('nodes', { total: nodes.length, nodes: [...nodes] }),
    known('node-leases', leases),
    known('services', { total: services.length, services: [...services], clusterIPs: [] }),
    endpoints === 'unknown'
      ? unknown('endpoints', WEB)
      : known('endpoints', { source: 'EndpointSlice', objects: 1, endpoints: [...endpoints] }, WEB),
    pods === 'unknown' ? unknown('pods', WEB) : known('pods', { total: pods.length, pods: [...pods] }, WEB),
    ...connects(setting, nodes, target, endpoints === 'unknown' ? [] : endpoints),
    ...(setting.more ?? []),
  ];
}

function connects(
  { tcp = {}, agents }: Setting,
  nodes: readonly NodeObject[],
  target: ServiceObject,
  endpoints: readonly Endpoint[],
): EvidenceItem[] {
  const nodePorts = target.ports.flatMap((port) => port.nodePort ?? []);
  const addresses = nodes.flatMap((n) => n.addresses.map((a) => a.address));
  const targets: [string, number][] = [
    ...endpoints.flatMap((e) => e.ports.map((p): [string, number] => [e.ip, p.port])),
    ...target.clusterIPs.flatMap((ip) => target.ports.map((p): [string, number] => [ip, p.port])),
    ...addresses.flatMap((ip) => nodePorts.map((port): [string, number] => [ip, port])),
  ];
  return nodes.map(({ name }) => {
    if (agents !== undefined && !agents.includes(name)) return unknown('node-tcp', nodeRef(name));
    const results = targets.map(([address, port]) => {
      const to = `${address}:${port}`;
      const result = tcp[`${name}→${to}`] ?? tcp[`*→${to}`] ?? tcp[`${name}→*`] ?? 'open';
      return { address, port, result, ms: result === 'timeout' ? 2000 : 1 };
    });
    return known('node-tcp', results, nodeRef(name));
  });
}

export function listeners(ref: ObjectRef, ...list: readonly string[]): EvidenceItem {
  return known('pod-listeners', sockets(...list), ref);
}

export function podRef(nodeName: string): ObjectRef {
  return namespacedRef('Pod', 'shop', `web-5d9-${nodeName}`);
}

/** `*→address:port` of a node's NodePort, a Pod, or the ClusterIP: keys of `tcp`. */
export const entryOf = (name: string, from = '*'): string => `${from}→${IPS[name]}:${PORT}`;
export const backendOf = (name: string, from = '*'): string => `${from}→${podIp(name)}:8080`;
export const clusterIpFrom = (from: string): string => `${from}→${CLUSTER_IP}:80`;
/** Every entry ends so. */
export const everyEntry = (result: Result): Record<string, Result> =>
  Object.fromEntries(['a', 'b', 'c'].map((name) => [entryOf(name), result]));
/** The endpoint on a node, every entry, and the ClusterIP from everywhere end so: what a bad application looks like. */
export const allBehind = (name: string, result: Result): Record<string, Result> => ({
  ...everyEntry(result),
  [backendOf(name)]: result,
  [`*→${CLUSTER_IP}:80`]: result,
});
