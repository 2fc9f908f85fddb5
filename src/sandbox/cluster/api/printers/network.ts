/** Services, their endpoints, and network objects as kubectl shows them. */
import { at, entries, items, present, scalar, text } from '../json.ts';
import type { KubeObject } from '../types.ts';
import { age, column, formatLabels, type Printer, shortList } from './printer.ts';

const MAX_SHOWN = 3;

/** The printer of Services. */
export const servicePrinter: Printer = {
  columns: [
    column('Name'),
    column('Type'),
    column('Cluster-IP'),
    column('External-IP'),
    column('Port(s)'),
    column('Age'),
    column('Selector', 'wide'),
  ],
  cells: (service, context) => [
    service.metadata.name,
    text(service, 'spec', 'type') || 'ClusterIP',
    text(service, 'spec', 'clusterIPs', 0) || text(service, 'spec', 'clusterIP') || '<none>',
    externalAddress(service),
    items(service, 'spec', 'ports').map(portText).join(',') || '<none>',
    age(service, context),
    formatLabels(entries(service, 'spec', 'selector')),
  ],
};

function portText(port: unknown): string {
  const protocol = text(port, 'protocol') || 'TCP';
  const nodePort = at(port, 'nodePort');
  const number = scalar(port, 'port');
  return typeof nodePort === 'number' && nodePort > 0 ? `${number}:${nodePort}/${protocol}` : `${number}/${protocol}`;
}

function externalAddress(service: KubeObject): string {
  const type = text(service, 'spec', 'type');
  const external = items(service, 'spec', 'externalIPs').map(String);
  if (type === 'ExternalName') return text(service, 'spec', 'externalName');
  if (type !== 'LoadBalancer') return external.join(',') || '<none>';
  return [...loadBalancerAddresses(service), ...external].join(',') || '<pending>';
}

function loadBalancerAddresses(object: KubeObject): string[] {
  const ingress = items(object, 'status', 'loadBalancer', 'ingress');
  const addresses = ingress.map((one) => text(one, 'ip') || text(one, 'hostname')).filter((one) => one !== '');
  return [...new Set(addresses)].sort();
}

/** The printer of Endpoints: only ready addresses count. */
export const endpointsPrinter: Printer = {
  columns: [column('Name'), column('Endpoints'), column('Age')],
  cells: (endpoints, context) => [endpoints.metadata.name, readyEndpoints(endpoints), age(endpoints, context)],
};

function readyEndpoints(endpoints: KubeObject): string {
  const subsets = items(endpoints, 'subsets');
  if (subsets.length === 0) return '<none>';
  const list = subsets.flatMap((subset) => {
    const addresses = items(subset, 'addresses').map((address) => text(address, 'ip'));
    const ports = items(subset, 'ports');
    if (ports.length === 0) return addresses;
    return ports.flatMap((port) =>
      addresses.map((ip) => `${ip.includes(':') ? `[${ip}]` : ip}:${scalar(port, 'port')}`),
    );
  });
  return shortList(list, MAX_SHOWN);
}

/** The printer of EndpointSlices. */
export const endpointSlicePrinter: Printer = {
  columns: [column('Name'), column('AddressType'), column('Ports'), column('Endpoints'), column('Age')],
  cells: (slice, context) => {
    const ports = items(slice, 'ports').map((port) => scalar(port, 'port') || '*');
    const addresses = items(slice, 'endpoints').flatMap((endpoint) => items(endpoint, 'addresses').map(String));
    return [
      slice.metadata.name,
      text(slice, 'addressType'),
      shortList(ports, MAX_SHOWN) || '<unset>',
      shortList(addresses, MAX_SHOWN) || '<unset>',
      age(slice, context),
    ];
  },
};

/** The printer of NetworkPolicies (those of Kubernetes). */
export const networkPolicyPrinter: Printer = {
  columns: [column('Name'), column('Pod-Selector'), column('Age')],
  cells: (policy, context) => [
    policy.metadata.name,
    selectorText(at(policy, 'spec', 'podSelector')),
    age(policy, context),
  ],
};

/** A LabelSelector as text: `a=b,c in (d,e)`, `<none>` where it selects everything. */
export function selectorText(selector: unknown): string {
  const labels = entries(selector, 'matchLabels').map(([key, value]) => `${key}=${String(value)}`);
  const expressions = items(selector, 'matchExpressions').map((expression) => {
    const key = text(expression, 'key');
    const values = items(expression, 'values').map(String).sort().join(',');
    switch (text(expression, 'operator')) {
      case 'In':
        return `${key} in (${values})`;
      case 'NotIn':
        return `${key} notin (${values})`;
      case 'DoesNotExist':
        return `!${key}`;
      default:
        return key;
    }
  });
  return [...labels, ...expressions].sort().join(',') || '<none>';
}

/** The printer of Ingresses. */
export const ingressPrinter: Printer = {
  columns: [column('Name'), column('Class'), column('Hosts'), column('Address'), column('Ports'), column('Age')],
  cells: (ingress, context) => {
    const hosts = items(ingress, 'spec', 'rules').map((rule) => text(rule, 'host'));
    const named = hosts.filter((host) => host !== '');
    return [
      ingress.metadata.name,
      text(ingress, 'spec', 'ingressClassName') || '<none>',
      shortList(named, MAX_SHOWN) || '*',
      loadBalancerAddresses(ingress).join(','),
      present(ingress, 'spec', 'tls', 0) ? '80, 443' : '80',
      age(ingress, context),
    ];
  },
};
