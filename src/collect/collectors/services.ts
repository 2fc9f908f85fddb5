/** Services: one list, the one asked about, and those with a NodePort but no ready endpoint. */

import { UserError } from '../../core/errors.ts';
import type { Endpoint, ServiceObject } from '../../core/evidence/cluster.ts';
import { nearest } from '../../core/nearest.ts';
import { compareText, namespacedRef } from '../../core/object-ref.ts';
import type { Context, FoundTarget } from '../context.ts';
import { getOrUndefined, listAll } from '../lists.ts';
import { pruned } from '../objects/raw.ts';
import { fromEndpoints, fromSlice, type ServiceEndpoints, toService } from '../objects/service.ts';
import { ambiguous } from './ambiguous.ts';

/** How many Services are kept as evidence, of those that others need only for comparison. */
const KEPT = 500;
const SAMPLED_IPS = 50;
/** Above this number of Services the endpoints of all of them are not listed. */
const SMALL = 500;

/** Reads all Services once; keeps those with a NodePort and those of the namespace asked about. */
export async function readServices(context: Context): Promise<readonly ServiceObject[] | undefined> {
  const { cluster, gather, signal, question } = context;
  let all: readonly ServiceObject[] | undefined;
  await gather.read({ kind: 'services', command: 'kubectl get services -A -o wide' }, async () => {
    const { total, items } = await listAll(
      cluster,
      { path: '/api/v1/services', parse: toService, pageSize: 1000 },
      signal,
    );
    all = items;
    const { namespace, nodePort, name } = question.target;
    const near = (service: ServiceObject) =>
      Math.min(...service.ports.map((port) => Math.abs((port.nodePort ?? 1e6) - (nodePort ?? 0))));
    const asked = items.filter((service) => service.name === name || near(service) === 0);
    const within = items.filter((service) => service.namespace === namespace).slice(0, KEPT);
    const others = items.filter((service) => service.ports.some((port) => port.nodePort !== undefined));
    if (others.length > KEPT) others.sort((a, b) => near(a) - near(b));
    const services = [...new Set([...asked, ...within, ...others.slice(0, KEPT)])];
    const ips = items.flatMap((service) => service.clusterIPs);
    const step = Math.max(1, Math.floor(ips.length / SAMPLED_IPS));
    return { total, services, clusterIPs: ips.filter((_, i) => i % step === 0).slice(0, SAMPLED_IPS) };
  });
  return all;
}

/**
 * Finds the Service behind a NodePort or a name. An unknown NodePort is an answer and not an error: nothing is filled in.
 * @throws UserError `name-ambiguous` or `service-not-found`, with what could have been meant.
 */
export async function resolveService(context: Context): Promise<FoundTarget> {
  const { question } = context;
  const { target } = question;
  if (target.kind !== 'NodePort' && target.kind !== 'Service') return { question };
  const services = await context.shared.services;
  if (services === undefined) return await readNamed(context);
  if (target.kind === 'NodePort') {
    const matches = services.flatMap((service) =>
      service.ports
        .filter((port) => port.nodePort === target.nodePort)
        .map((port) => ({ service, port, exact: port.protocol === (target.protocol ?? 'TCP') })),
    );
    const found = matches.find((match) => match.exact) ?? matches[0];
    if (found === undefined) return { question };
    const { namespace, name } = found.service;
    return {
      service: found.service,
      question: { ...question, target: { ...target, namespace, name, port: found.port.port } },
    };
  }
  const named = services.filter((service) => service.name === target.name);
  const here = named.filter((service) => target.namespace === undefined || service.namespace === target.namespace);
  const [service, ...more] = here;
  if (service === undefined) throw notFound(target.name ?? '', target.namespace, services);
  if (more.length > 0)
    throw ambiguous('Service', target.name ?? '', here.map((entry) => entry.namespace).sort(compareText));
  return { service, question: { ...question, target: { ...target, namespace: service.namespace } } };
}

/** Without the list, a Service of a known namespace can still be read by name. */
async function readNamed({ question, cluster, signal }: Context): Promise<FoundTarget> {
  const { namespace, name } = question.target;
  if (namespace === undefined || name === undefined) return { question };
  try {
    const raw = await getOrUndefined(cluster, `/api/v1/namespaces/${namespace}/services/${name}`, signal);
    return raw === undefined ? { question } : { question, service: toService(raw) };
  } catch {
    return { question };
  }
}

function notFound(name: string, namespace: string | undefined, services: readonly ServiceObject[]): UserError {
  const full = (service: ServiceObject) => `${service.namespace}/${service.name}`;
  const same = services.filter((service) => service.name === name).map(full);
  const near = nearest(
    name,
    services.map((service) => service.name),
  );
  const elsewhere = services.filter((service) => near.includes(service.name)).map(full);
  const candidates = [...new Set([...same, ...elsewhere])].slice(0, 5);
  const where = namespace === undefined ? 'in any namespace' : `in namespace ${namespace}`;
  const hint =
    candidates.length === 0 ? 'kubectl get services -A lists them.' : `Did you mean ${candidates.join(', ')}?`;
  return new UserError('service-not-found', `There is no Service ${name} ${where}. ${hint}`, {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    candidates: candidates.join(', '),
  });
}

/** Reads the endpoints of the Service asked about. */
export async function readEndpoints(context: Context): Promise<readonly Endpoint[]> {
  const { service } = await context.shared.target;
  if (service === undefined || !context.plan.target) return [];
  return await readEndpointsOf(context, service.namespace, service.name);
}

/** Reads where the API servers are: the endpoints of `default/kubernetes`, which they write themselves. */
export async function readApiServers(context: Context): Promise<readonly Endpoint[]> {
  return context.plan.controlPlane ? await readEndpointsOf(context, 'default', 'kubernetes') : [];
}

/** Reads the endpoints of one Service; discovery decides between EndpointSlices and Endpoints. */
export async function readEndpointsOf(context: Context, namespace: string, name: string): Promise<readonly Endpoint[]> {
  const source = await endpointSource(context);
  const selector = `kubernetes.io/service-name=${name}`;
  const command =
    source === 'Endpoints'
      ? `kubectl -n ${namespace} get endpoints ${name}`
      : `kubectl -n ${namespace} get endpointslices -l ${selector}`;
  const object = namespacedRef('Service', namespace, name);
  const value = await context.gather.read({ kind: 'endpoints', object, command }, async () => {
    if (source === 'Endpoints') {
      const path = `/api/v1/namespaces/${namespace}/endpoints/${name}`;
      const raw = await getOrUndefined(context.cluster, path, context.signal);
      return {
        source,
        objects: raw === undefined ? 0 : 1,
        endpoints: raw === undefined ? [] : fromEndpoints(raw).endpoints,
      };
    }
    const path = `/apis/discovery.k8s.io/${source}/namespaces/${namespace}/endpointslices`;
    const spec = { path, parse: fromSlice, query: { labelSelector: selector } };
    const { items } = await listAll(context.cluster, spec, context.signal);
    return { source: 'EndpointSlice' as const, objects: items.length, endpoints: merged(items) };
  });
  return value?.endpoints ?? [];
}

/** `v1` or `v1beta1` of EndpointSlice, or Endpoints. Slices of v1.18 and older exist but kube-proxy does not use them there. */
async function endpointSource({ shared }: Context): Promise<'v1' | 'v1beta1' | 'Endpoints'> {
  const [groups, minor] = await Promise.all([shared.groups, shared.minor]);
  const versions = groups?.get('discovery.k8s.io');
  if (versions?.includes('v1') === true) return 'v1';
  if (versions?.includes('v1beta1') === true && (minor ?? 0) >= 19) return 'v1beta1';
  if (groups !== undefined) return 'Endpoints';
  return (minor ?? 0) >= 21 ? 'v1' : 'Endpoints';
}

/** One endpoint may stand in several slices, with other ports in each. */
function merged(slices: readonly ServiceEndpoints[]): Endpoint[] {
  const byKey = new Map<string, Endpoint>();
  for (const endpoint of slices.flatMap((slice) => slice.endpoints)) {
    const key = `${endpoint.ip} ${endpoint.target?.name ?? ''} ${endpoint.ready}`;
    const known = byKey.get(key);
    byKey.set(key, known === undefined ? endpoint : { ...known, ports: [...known.ports, ...endpoint.ports] });
  }
  return [...byKey.values()];
}

/** On small clusters: the Services that have a NodePort and no ready endpoint, by one list of endpoints. */
export async function collectServicesWithoutEndpoints(context: Context): Promise<readonly ServiceObject[]> {
  const services = await context.shared.services;
  if (services === undefined || services.length > SMALL) return [];
  const source = await endpointSource(context);
  const slices = source !== 'Endpoints';
  const path = slices ? `/apis/discovery.k8s.io/${source}/endpointslices` : '/api/v1/endpoints';
  const command = `kubectl get ${slices ? 'endpointslices' : 'endpoints'} -A`;
  let bare: ServiceObject[] = [];
  await context.gather.read({ kind: 'services-without-endpoints', command }, async () => {
    const spec = { path, parse: slices ? fromSlice : fromEndpoints };
    const { items } = await listAll(context.cluster, spec, context.signal);
    const served = new Set(
      items
        .filter((item) => item.endpoints.some((entry) => entry.ready))
        .map((item) => `${item.namespace}/${item.service}`),
    );
    bare = services.filter(
      (service) =>
        service.ports.some((port) => port.nodePort !== undefined) &&
        !served.has(`${service.namespace}/${service.name}`),
    );
    return bare.map(({ namespace, name, ports, selector }) => pruned({ namespace, name, ports, selector }));
  });
  return bare;
}
