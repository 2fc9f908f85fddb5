/** Services and their endpoints: from the API server's form to evidence. */
import { z } from 'zod';
import type { Endpoint, ServiceObject } from '../../core/evidence/cluster.ts';
import { keep, list, opt, pruned, RawLabels, RawMeta } from './raw.ts';

const RawService = z.object({
  metadata: RawMeta,
  spec: z.object({
    type: opt(z.string()),
    clusterIP: opt(z.string()),
    clusterIPs: list(z.string()),
    externalIPs: list(z.string()),
    selector: RawLabels,
    ports: list(
      z.object({
        name: opt(z.string()),
        protocol: opt(z.string()),
        port: z.number(),
        targetPort: opt(z.union([z.number(), z.string()])),
        nodePort: opt(z.number()),
      }),
    ),
    externalTrafficPolicy: opt(z.string()),
    internalTrafficPolicy: opt(z.string()),
    sessionAffinity: opt(z.string()),
    publishNotReadyAddresses: opt(z.boolean()),
    ipFamilies: list(z.string()),
    externalName: opt(z.string()),
  }),
});

/** Annotations that say who owns the Service, or hand it to another proxy. */
const ANNOTATIONS = [
  'meta.helm.sh/',
  'argocd.argoproj.io/',
  'kustomize.toolkit.fluxcd.io/',
  'service.kubernetes.io/',
  'service.cilium.io/',
  'metallb.',
];

/** Gives a Service as evidence. @throws z.ZodError where the input is no Service. */
export function toService(input: unknown): ServiceObject {
  const { metadata, spec } = RawService.parse(input);
  const ips = spec.clusterIPs.length > 0 ? spec.clusterIPs : [spec.clusterIP ?? ''];
  const annotations = keep(metadata.annotations, ANNOTATIONS);
  return pruned({
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    createdAt: metadata.creationTimestamp,
    type: spec.type ?? 'ClusterIP',
    clusterIPs: ips.filter((ip) => ip !== '' && ip !== 'None'),
    externalIPs: spec.externalIPs.length > 0 ? spec.externalIPs : undefined,
    selector: Object.keys(spec.selector).length > 0 ? spec.selector : undefined,
    ports: spec.ports.map((port) =>
      pruned({ ...port, protocol: port.protocol ?? 'TCP', targetPort: port.targetPort ?? port.port }),
    ),
    externalTrafficPolicy: spec.externalTrafficPolicy,
    internalTrafficPolicy: spec.internalTrafficPolicy,
    sessionAffinity: spec.sessionAffinity,
    publishNotReadyAddresses: spec.publishNotReadyAddresses,
    ipFamilies: spec.ipFamilies.length > 0 ? spec.ipFamilies : undefined,
    externalName: spec.externalName,
    labels: metadata.labels,
    annotations: Object.keys(annotations).length > 0 ? annotations : undefined,
  });
}

const RawTarget = opt(z.object({ kind: opt(z.string()), namespace: opt(z.string()), name: opt(z.string()) }));
const RawPort = z.object({ name: opt(z.string()), port: opt(z.number()), protocol: opt(z.string()) });

const RawEndpoints = z.object({
  metadata: RawMeta,
  subsets: list(
    z.object({
      addresses: list(z.object({ ip: z.string(), nodeName: opt(z.string()), targetRef: RawTarget })),
      notReadyAddresses: list(z.object({ ip: z.string(), nodeName: opt(z.string()), targetRef: RawTarget })),
      ports: list(RawPort),
    }),
  ),
});

const RawSlice = z.object({
  metadata: RawMeta,
  endpoints: list(
    z.object({
      addresses: list(z.string()),
      conditions: opt(z.object({ ready: opt(z.boolean()), serving: opt(z.boolean()), terminating: opt(z.boolean()) })),
      nodeName: opt(z.string()),
      topology: RawLabels,
      targetRef: RawTarget,
    }),
  ),
  ports: list(RawPort),
});

/** Endpoints of one object, and the Service that it belongs to. */
export interface ServiceEndpoints {
  readonly namespace: string;
  readonly service: string;
  readonly endpoints: Endpoint[];
}

/** Gives the endpoints of an Endpoints object. @throws z.ZodError where the input is none. */
export function fromEndpoints(input: unknown): ServiceEndpoints {
  const { metadata, subsets } = RawEndpoints.parse(input);
  const endpoints = subsets.flatMap((subset) => {
    const ports = portsOf(subset.ports);
    const made = (ready: boolean) => (address: (typeof subset.addresses)[number]) =>
      pruned({
        ip: address.ip,
        nodeName: address.nodeName,
        ready,
        serving: ready,
        terminating: false,
        target: targetOf(address.targetRef),
        ports,
      });
    return [...subset.addresses.map(made(true)), ...subset.notReadyAddresses.map(made(false))];
  });
  return { namespace: metadata.namespace ?? '', service: metadata.name, endpoints };
}

/** Gives the endpoints of an EndpointSlice, v1 or v1beta1 (which has the node's name in `topology`). A condition left out means yes for ready. */
export function fromSlice(input: unknown): ServiceEndpoints {
  const { metadata, endpoints, ports } = RawSlice.parse(input);
  return {
    namespace: metadata.namespace ?? '',
    service: metadata.labels['kubernetes.io/service-name'] ?? '',
    endpoints: endpoints.flatMap((entry) => {
      const ready = entry.conditions?.ready ?? true;
      return entry.addresses.map((ip) =>
        pruned({
          ip,
          nodeName: entry.nodeName ?? entry.topology['kubernetes.io/hostname'],
          ready,
          serving: entry.conditions?.serving ?? ready,
          terminating: entry.conditions?.terminating ?? false,
          target: targetOf(entry.targetRef),
          ports: portsOf(ports),
        }),
      );
    }),
  };
}

function portsOf(ports: readonly z.output<typeof RawPort>[]): Endpoint['ports'] {
  return ports.flatMap(({ name, port, protocol }) =>
    port === undefined ? [] : [pruned({ name: name === '' ? undefined : name, port, protocol: protocol ?? 'TCP' })],
  );
}

function targetOf(raw: z.output<typeof RawTarget>): Endpoint['target'] {
  if (raw?.name === undefined) return undefined;
  return pruned({ kind: raw.kind ?? 'Pod', namespace: raw.namespace, name: raw.name });
}
