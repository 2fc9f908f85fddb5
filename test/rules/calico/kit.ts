/** Small builders for the tests of Calico's and the pod network's rules: three nodes, a Service with a Pod on n2. */
import type { NodeObject } from '../../../src/core/evidence/cluster-types.ts';
import type { EvidenceValue } from '../../../src/core/evidence/kinds.ts';
import type { NodeRoute, TcpResult } from '../../../src/core/evidence/node-network.ts';
import type { EvidenceItem } from '../../../src/core/evidence.ts';
import { namespacedRef, nodeRef } from '../../../src/core/object-ref.ts';
import type { Question } from '../../../src/core/question.ts';
import { ago, known } from '../../support/evidence.ts';

export const REACH: Question = { type: 'why-not-reachable', target: { kind: 'NodePort', nodePort: 31000 } };
export const CALICO: Question = { type: 'diagnose', target: { kind: 'Component', name: 'calico' } };

/** The Pod behind the Service: on n2, in n2's block. */
export const POD = '10.42.2.5';
export const SERVICE = namespacedRef('Service', 'shop', 'web');

interface NodeOptions {
  readonly ip?: string;
  /** Calico's address, `none` for no annotation; the node's own unless said otherwise. */
  readonly calico?: string;
  readonly tunnel?: string;
  /** Seconds since the Lease was renewed. */
  readonly silent?: number;
  readonly podCIDRs?: string[];
}

/** Node n1 has 192.0.2.1 and the tunnel address 10.42.1.0, and so on. */
export function node(name: string, options: NodeOptions = {}): NodeObject & { silent: number } {
  const number = name.slice(1);
  const { ip = `192.0.2.${number}`, tunnel = `10.42.${number}.0`, silent = 5, podCIDRs = [] } = options;
  const calico = options.calico ?? `${ip}/24`;
  return {
    name,
    labels: {},
    annotations: {
      ...(calico === 'none' ? {} : { 'projectcalico.org/IPv4Address': calico }),
      ...(tunnel === 'none' ? {} : { 'projectcalico.org/IPv4IPIPTunnelAddr': tunnel }),
    },
    addresses: [{ type: 'InternalIP', address: ip }],
    podCIDRs,
    taints: [],
    unschedulable: false,
    conditions: [{ type: 'Ready', status: silent > 40 ? 'Unknown' : 'True' }],
    capacity: {},
    allocatable: {},
    silent,
  };
}

/** Nodes and their Leases. */
export function nodes(...list: readonly (NodeObject & { silent: number })[]): EvidenceItem[] {
  return [
    known('nodes', { total: list.length, nodes: [...list] }),
    known(
      'node-leases',
      list.map(({ name, silent }) => ({ node: name, renewTime: ago(silent), durationSeconds: 40 })),
    ),
  ];
}

/** The Service shop/web with NodePort 31000 and its one endpoint on n2. */
export function service(ip = POD, on = 'n2'): EvidenceItem[] {
  const web = {
    namespace: 'shop',
    name: 'web',
    type: 'NodePort',
    clusterIPs: ['10.96.7.7'],
    ports: [{ protocol: 'TCP', port: 80, targetPort: 8080, nodePort: 31000 }],
    labels: {},
  };
  const endpoint = {
    ip,
    nodeName: on,
    ready: true,
    serving: true,
    terminating: false,
    ports: [{ protocol: 'TCP', port: 8080 }],
  };
  return [
    known('services', { total: 1, services: [web], clusterIPs: ['10.96.7.7'] }),
    known('endpoints', { source: 'EndpointSlice' as const, objects: 1, endpoints: [endpoint] }, SERVICE),
  ];
}

export function install(value: Partial<EvidenceValue<'calico-install'>> = {}): EvidenceItem {
  return known('calico-install', {
    kind: 'manifest',
    namespace: 'kube-system',
    version: '3.26.1',
    env: { IP: 'autodetect' },
    envFrom: {},
    ...value,
  });
}

/** One pool 10.42.0.0/16, by the way it wraps packets. */
export function pool(
  mode: 'ipip' | 'vxlan' | 'none',
  more: Partial<EvidenceValue<'calico-ip-pools'>[number]> = {},
): EvidenceItem {
  const ipipMode = mode === 'ipip' ? 'Always' : 'Never';
  const vxlanMode = mode === 'vxlan' ? 'Always' : 'Never';
  const value = {
    name: 'default',
    cidr: '10.42.0.0/16',
    ipipMode,
    vxlanMode,
    natOutgoing: true,
    disabled: false,
    ...more,
  };
  return known('calico-ip-pools', [value]);
}

export function bgpConfig(meshEnabled = true): EvidenceItem {
  return known('calico-bgp-config', { present: !meshEnabled, meshEnabled, asNumber: 64512, listenPort: 179 });
}

/** Sessions of a node's BIRD as `neighbour info [error]`. */
export function bird(name: string, ...sessions: readonly string[]): EvidenceItem {
  const of = (text: string) => {
    const [neighbour = '', info = '', ...error] = text.split(' ');
    const rest = error.length === 0 ? {} : { error: error.join(' ') };
    return {
      name: `Mesh_${neighbour}`,
      state: info === 'Established' ? 'up' : 'start',
      since: '10:00',
      info,
      neighbour,
      ...rest,
    };
  };
  return known('node-bird', [{ family: 4, status: 'up', sessions: sessions.map(of) }], nodeRef(name));
}

/** A BIRD that does not answer. */
export function noBird(name: string, status: 'down' | 'absent'): EvidenceItem {
  return known('node-bird', [{ family: 4, status, error: 'connection refused', sessions: [] }], nodeRef(name));
}

/** Connects of a node as `address:port result`. */
export function tcp(name: string, ...lines: readonly string[]): EvidenceItem {
  const of = (line: string): TcpResult => {
    const [to = '', result = 'open'] = line.split(' ');
    const [address = '', port = '0'] = to.split(':');
    return { address, port: Number(port), result: result as TcpResult['result'], ms: 1 };
  };
  return known('node-tcp', lines.map(of), nodeRef(name));
}

/** Routes of a node as `destination [via a] [dev d] [proto p]`, with the default route of the LAN before them. */
export function routes(name: string, ...lines: readonly string[]): EvidenceItem {
  const of = (line: string): NodeRoute => {
    const words = line.split(' ');
    const type = words[0] === 'blackhole' || words[0] === 'unreachable' ? (words.shift() ?? '') : 'unicast';
    const after = (word: string) =>
      words.includes(word) ? { value: words[words.indexOf(word) + 1] ?? '' } : undefined;
    const [via, device, protocol, table] = [after('via'), after('dev'), after('proto'), after('table')];
    return {
      type,
      destination: words[0] ?? '',
      ...(via === undefined ? {} : { via: via.value }),
      ...(device === undefined ? {} : { device: device.value }),
      ...(protocol === undefined ? {} : { protocol: protocol.value }),
      ...(table === undefined ? {} : { table: table.value }),
      onlink: false,
    };
  };
  return known('node-routes', ['default via 192.0.2.254 dev eth0', ...lines].map(of), nodeRef(name));
}

/** calico-node's Pod on a node: ready or not, with its readiness events (newest first) as `[seconds ago, message]`. */
export function calicoPod(
  name: string,
  ready: boolean,
  ...events: readonly (readonly [number, string])[]
): EvidenceItem[] {
  const pod = {
    namespace: 'kube-system',
    name: `calico-node-${name}`,
    nodeName: name,
    phase: 'Running',
    podIPs: [],
    hostNetwork: true,
    labels: { 'k8s-app': 'calico-node' },
    owners: [],
    conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
    containers: [],
    statuses: [],
    tolerations: [],
  };
  const ref = namespacedRef('Pod', 'kube-system', pod.name);
  const about = { kind: 'Pod', namespace: 'kube-system', name: pod.name };
  return [
    known('pods', { total: 1, pods: [pod] }, nodeRef(name)),
    known(
      'events',
      events.map(([seconds, message]) => ({
        type: 'Warning',
        reason: 'Unhealthy',
        message: `Readiness probe failed: calico/node is not ready: ${message}`,
        count: 9,
        firstTime: ago(seconds + 3600),
        lastTime: ago(seconds),
        about,
      })),
      ref,
    ),
  ];
}
