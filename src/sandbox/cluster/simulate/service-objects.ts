/** Services with their Endpoints and EndpointSlices, in the versions that the server of the model has. */
import type { KubeObject } from '../api/types.ts';
import { atLeast, digest } from './address.ts';
import { endpointsOf, resolvePort, type SimEndpoint } from './endpoints.ts';
import type { ClusterModel, SimService } from './model.ts';
import { defined, object } from './object.ts';
import { podUid } from './sockets.ts';

/** Everything that belongs to the Services of the model. */
export function serviceObjects(model: ClusterModel): KubeObject[] {
  return model.services.flatMap((service) => {
    const endpoints = endpointsOf(model, service);
    const selectorless = service.selector === undefined && service.name !== 'kubernetes';
    const slices = atLeast(model.kubernetes, '1.18.0') ? [sliceObject(model, service, endpoints)] : [];
    return [serviceObject(model, service), ...(selectorless ? [] : [endpointsObject(service, endpoints), ...slices])];
  });
}

function serviceObject(model: ClusterModel, service: SimService): KubeObject {
  const meta = {
    name: service.name,
    namespace: service.namespace,
    created: service.created,
    labels: service.labels ?? {},
  };
  const modern = atLeast(model.kubernetes, '1.20.0') && service.clusterIP !== 'None';
  return object('v1', 'Service', meta, {
    spec: defined({
      type: service.type,
      clusterIP: service.clusterIP,
      clusterIPs: modern ? [service.clusterIP] : undefined,
      ipFamilies: modern ? ['IPv4'] : undefined,
      ipFamilyPolicy: modern ? 'SingleStack' : undefined,
      internalTrafficPolicy: atLeast(model.kubernetes, '1.22.0') ? 'Cluster' : undefined,
      selector: service.selector,
      sessionAffinity: 'None',
      externalTrafficPolicy: service.type === 'NodePort' ? (service.externalTrafficPolicy ?? 'Cluster') : undefined,
      ports: service.ports.map((port) => defined({ ...port, protocol: 'TCP' })),
    }),
    status: { loadBalancer: {} },
  });
}

function targetRef(endpoint: SimEndpoint): Record<string, unknown> {
  if (endpoint.pod === undefined) return {};
  const { namespace, name } = endpoint.pod;
  return { targetRef: { kind: 'Pod', namespace, name, uid: podUid(endpoint.pod) } };
}

function endpointsObject(service: SimService, endpoints: SimEndpoint[]): KubeObject {
  const withPorts = endpoints.filter(
    (endpoint) => portsFor(service, endpoint).length > 0 || service.ports.length === 0,
  );
  const address = (endpoint: SimEndpoint): Record<string, unknown> =>
    defined({ ip: endpoint.ip, nodeName: endpoint.node, ...targetRef(endpoint) });
  const ready = withPorts.filter((endpoint) => endpoint.ready).map(address);
  const notReady = withPorts.filter((endpoint) => !endpoint.ready).map(address);
  const first = withPorts[0];
  const subset = defined({
    addresses: ready.length === 0 ? undefined : ready,
    notReadyAddresses: notReady.length === 0 ? undefined : notReady,
    ports: first === undefined ? [] : portsFor(service, first),
  });
  const meta = {
    name: service.name,
    namespace: service.namespace,
    created: service.created,
    labels: service.labels ?? {},
  };
  return object('v1', 'Endpoints', meta, withPorts.length === 0 ? {} : { subsets: [subset] });
}

function portsFor(service: SimService, endpoint: SimEndpoint): Record<string, unknown>[] {
  return service.ports.flatMap((port) => {
    const resolved = resolvePort(port, endpoint);
    return resolved === undefined ? [] : [defined({ name: port.name, port: resolved, protocol: 'TCP' })];
  });
}

function sliceObject(model: ClusterModel, service: SimService, endpoints: SimEndpoint[]): KubeObject {
  const stable = atLeast(model.kubernetes, '1.21.0');
  const first = endpoints[0];
  const api = service.name === 'kubernetes' && service.namespace === 'default';
  const suffix = digest(`${service.namespace}/${service.name}`).slice(0, 5);
  const labels = {
    ...(api ? {} : { 'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io' }),
    'kubernetes.io/service-name': service.name,
  };
  const name = api ? service.name : `${service.name}-${suffix}`;
  return object(
    `discovery.k8s.io/${stable ? 'v1' : 'v1beta1'}`,
    'EndpointSlice',
    {
      name,
      namespace: service.namespace,
      created: service.created,
      generateName: api ? undefined : `${service.name}-`,
      labels,
    },
    {
      addressType: 'IPv4',
      endpoints: endpoints.map((endpoint) =>
        defined({
          addresses: [endpoint.ip],
          conditions: atLeast(model.kubernetes, '1.20.0')
            ? { ready: endpoint.ready, serving: endpoint.ready, terminating: false }
            : { ready: endpoint.ready },
          ...(stable
            ? { nodeName: endpoint.node }
            : { topology: endpoint.node === undefined ? undefined : { 'kubernetes.io/hostname': endpoint.node } }),
          ...targetRef(endpoint),
        }),
      ),
      ports: first === undefined ? [] : portsFor(service, first).map((port) => ({ name: '', ...port })),
    },
  );
}
