/** What the API server assigns to Services: cluster addresses and node ports. */
import { at, count, items, text } from '../json.ts';
import type { ObjectStore } from '../object-store.ts';
import type { KubeObject } from '../types.ts';
import { invalid, type Problem } from './problems.ts';
import { NODE_PORTS } from './validate-service.ts';
import { isMap, type JsonMap, own } from './values.ts';

const DEFAULT_PREFIX = '10.96';

/** A Service with its addresses and node ports. Problems where a wanted node port belongs to another Service. */
export function allocate(
  store: ObjectStore,
  service: KubeObject,
  before: KubeObject | undefined,
): { object: KubeObject; problems: Problem[] } {
  const given = own(service, 'spec');
  if (
    service.kind !== 'Service' ||
    service.apiVersion !== 'v1' ||
    !isMap(given) ||
    text(given, 'type') === 'ExternalName'
  ) {
    return { object: service, problems: [] };
  }
  const others = store.list('v1', 'Service').filter((one) => !isSame(one, service));
  const spec = dropped(withAddress(given, before, others), before);
  if (text(spec, 'type') === 'ClusterIP' || !Array.isArray(own(spec, 'ports'))) {
    return { object: { ...service, spec }, problems: [] };
  }
  const taken = new Set(others.flatMap((one) => items(one, 'spec', 'ports').map(portKey)));
  const problems: Problem[] = [];
  const ports = items(spec, 'ports').map((port, index) => {
    if (!isMap(port)) return port;
    const wanted = count(port, 'nodePort') || previousPort(port, before);
    const keyed = { ...port, nodePort: wanted };
    if (wanted === 0) keyed.nodePort = freePort(port, taken);
    else if (taken.has(portKey(keyed))) {
      problems.push(invalid(`spec.ports[${index}].nodePort`, wanted, 'provided port is already allocated'));
    }
    taken.add(portKey(keyed));
    return keyed;
  });
  return { object: { ...service, spec: { ...spec, ports } }, problems };
}

function isSame(a: KubeObject, b: KubeObject): boolean {
  return a.metadata.name === b.metadata.name && a.metadata.namespace === b.metadata.namespace;
}

function portKey(port: unknown): string {
  return `${text(port, 'protocol') || 'TCP'}/${count(port, 'nodePort')}`;
}

/** An address that was left out stays; a new Service gets the next free one near those that exist. */
function withAddress(spec: JsonMap, before: KubeObject | undefined, others: readonly KubeObject[]): JsonMap {
  const wanted = text(spec, 'clusterIP');
  if (wanted !== '') return own(spec, 'clusterIPs') === undefined ? { ...spec, clusterIPs: [wanted] } : spec;
  const old = text(before, 'spec', 'clusterIP');
  // An update that says "" means to unset it, which validation refuses; one that leaves it out keeps it.
  if (old !== '' && !Object.hasOwn(spec, 'clusterIP')) {
    return { ...spec, clusterIP: old, clusterIPs: at(before, 'spec', 'clusterIPs') ?? [old] };
  }
  if (old !== '') return spec;
  const taken = new Set(others.map((one) => text(one, 'spec', 'clusterIP')));
  const known = [...taken].find((one) => /^\d+\.\d+\.\d+\.\d+$/.test(one));
  const prefix = known?.split('.').slice(0, 2).join('.') ?? DEFAULT_PREFIX;
  for (let host = 256; ; host++) {
    const address = `${prefix}.${(host >> 8) & 255}.${host & 255}`;
    if (!taken.has(address)) return { ...spec, clusterIP: address, clusterIPs: [address] };
  }
}

/** A Service that becomes ClusterIP loses what only external ones have, if the client just left it as it was. */
function dropped(spec: JsonMap, before: KubeObject | undefined): JsonMap {
  const old = text(before, 'spec', 'type');
  if (text(spec, 'type') !== 'ClusterIP' || (old !== 'NodePort' && old !== 'LoadBalancer')) return spec;
  const { externalTrafficPolicy: _policy, healthCheckNodePort: _health, ...rest } = spec;
  const ports = items(spec, 'ports').map((port) => {
    if (!isMap(port) || previousPort(port, before) !== count(port, 'nodePort')) return port;
    const { nodePort: _nodePort, ...others } = port;
    return others;
  });
  return { ...rest, ports };
}

function previousPort(port: JsonMap, before: KubeObject | undefined): number {
  const same = items(before, 'spec', 'ports').find(
    (one) => at(one, 'port') === port['port'] && (text(one, 'protocol') || 'TCP') === (text(port, 'protocol') || 'TCP'),
  );
  return count(same, 'nodePort');
}

function freePort(port: JsonMap, taken: ReadonlySet<string>): number {
  for (let nodePort = NODE_PORTS.first; nodePort <= NODE_PORTS.last; nodePort++) {
    if (!taken.has(portKey({ ...port, nodePort }))) return nodePort;
  }
  return 0;
}
