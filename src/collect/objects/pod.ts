/** Pods: from the API server's form to evidence. Environment values are redacted; values from Secrets are never read. */
import { z } from 'zod';
import type { Container, ContainerProbe, ContainerStatus, PodObject } from '../../core/evidence/workload.ts';
import { redactText, redactWords } from '../../core/redact.ts';
import { redactEnv } from '../redact-env.ts';
import {
  bounded,
  conditions,
  filled,
  list,
  opt,
  or,
  part,
  pruned,
  RawCondition,
  RawLabels,
  RawMeta,
  type RawOwner,
} from './raw.ts';
import {
  envSourceOf,
  mountsOf,
  otherThan,
  RawEnvFrom,
  RawSources,
  some,
  sourcesOf,
  type VolumeSource,
} from './sources.ts';

const IntOrText = z.union([z.number(), z.string()]);

const RawProbe = opt(
  z.object({
    httpGet: opt(z.object({ port: opt(IntOrText), scheme: opt(z.string()), path: opt(z.string()) })),
    tcpSocket: opt(z.object({ port: opt(IntOrText) })),
    grpc: opt(z.object({ port: opt(IntOrText) })),
    exec: opt(z.object({ command: list(z.string()) })),
    periodSeconds: opt(z.number()),
    timeoutSeconds: opt(z.number()),
    initialDelaySeconds: opt(z.number()),
    failureThreshold: opt(z.number()),
    successThreshold: opt(z.number()),
    terminationGracePeriodSeconds: opt(z.number()),
  }),
);

const KeyRef = opt(z.object({ name: opt(z.string()), key: opt(z.string()), optional: opt(z.boolean()) }));
const RawEnv = z.object({
  name: z.string(),
  value: opt(z.string()),
  valueFrom: opt(
    z.object({
      fieldRef: opt(z.object({ fieldPath: z.string() })),
      resourceFieldRef: opt(z.object({ resource: z.string() })),
      configMapKeyRef: KeyRef,
      secretKeyRef: KeyRef,
    }),
  ),
});

export const RawContainer = z.object({
  name: z.string(),
  image: opt(z.string()),
  command: list(z.string()),
  args: list(z.string()),
  ports: list(
    z.object({
      name: opt(z.string()),
      containerPort: z.number(),
      hostPort: opt(z.number()),
      protocol: opt(z.string()),
    }),
  ),
  env: list(RawEnv),
  envFrom: list(RawEnvFrom),
  volumeMounts: list(z.object({ name: z.string(), mountPath: or(z.string(), '') })),
  imagePullPolicy: opt(z.string()),
  restartPolicy: opt(z.string()),
  readinessProbe: RawProbe,
  livenessProbe: RawProbe,
  startupProbe: RawProbe,
  resources: opt(z.object({ requests: RawLabels, limits: RawLabels })),
});

const RawStateDetail = opt(
  z.object({
    reason: opt(z.string()),
    message: opt(z.string()),
    exitCode: opt(z.number()),
    signal: opt(z.number()),
    startedAt: opt(z.string()),
    finishedAt: opt(z.string()),
  }),
);
const RawState = opt(z.object({ waiting: RawStateDetail, running: RawStateDetail, terminated: RawStateDetail }));

const RawStatus = z.object({
  name: z.string(),
  ready: opt(z.boolean()),
  restartCount: opt(z.number()),
  state: RawState,
  lastState: RawState,
});

const RawVolume = z.object({
  ...RawSources,
  name: z.string(),
  persistentVolumeClaim: opt(z.object({ claimName: z.string() })),
  ephemeral: opt(z.unknown()),
});

export const RawPod = z.object({
  metadata: RawMeta,
  spec: part(
    z.object({
      nodeName: opt(z.string()),
      hostNetwork: or(z.boolean(), false),
      nodeSelector: RawLabels,
      tolerations: list(
        z.object({ key: opt(z.string()), operator: opt(z.string()), value: opt(z.string()), effect: opt(z.string()) }),
      ),
      containers: list(RawContainer),
      initContainers: list(RawContainer),
      restartPolicy: opt(z.string()),
      terminationGracePeriodSeconds: opt(z.number()),
      imagePullSecrets: list(z.object({ name: opt(z.string()) })),
      resources: opt(z.object({ limits: RawLabels })),
      schedulerName: opt(z.string()),
      volumes: list(RawVolume),
    }),
  ),
  status: part(
    z.object({
      phase: or(z.string(), 'Unknown'),
      reason: opt(z.string()),
      message: opt(z.string()),
      startTime: opt(z.string()),
      podIP: opt(z.string()),
      podIPs: list(z.object({ ip: opt(z.string()) })),
      conditions: list(RawCondition),
      containerStatuses: list(RawStatus),
      initContainerStatuses: list(RawStatus),
    }),
  ),
});

/** Gives a Pod as evidence. @throws z.ZodError where the input is no Pod. */
export function toPod(input: unknown): PodObject {
  const { metadata, spec, status } = RawPod.parse(input);
  const sources = sourcesOf(spec.volumes);
  return pruned({
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    uid: metadata.uid,
    createdAt: metadata.creationTimestamp,
    startTime: status.startTime,
    deletionTime: metadata.deletionTimestamp,
    nodeName: spec.nodeName === '' ? undefined : spec.nodeName,
    phase: status.phase,
    reason: status.reason,
    message: status.message === undefined ? undefined : bounded(redactText(status.message), 1000),
    podIPs: ipsOf(status),
    hostNetwork: spec.hostNetwork,
    labels: metadata.labels,
    owners: ownersOf(metadata.ownerReferences),
    conditions: conditions(status.conditions),
    containers: spec.containers.map((entry) => toContainer(entry, sources)),
    initContainers: some(spec.initContainers.map((entry) => toContainer(entry, sources))),
    restartPolicy: otherThan('Always', spec.restartPolicy),
    terminationGracePeriodSeconds: otherThan(30, spec.terminationGracePeriodSeconds),
    imagePullSecrets: some(spec.imagePullSecrets.flatMap(({ name }) => name ?? [])),
    sources: some(sources),
    memoryLimit: spec.resources?.limits['memory'],
    statuses: [
      ...status.initContainerStatuses.map((entry) => toStatus(entry, true)),
      ...status.containerStatuses.map((entry) => toStatus(entry, false)),
    ],
    nodeSelector: filled(spec.nodeSelector),
    tolerations: spec.tolerations.map(pruned),
    schedulerName: spec.schedulerName === 'default-scheduler' ? undefined : spec.schedulerName,
    claims: claimsOf(metadata.name, spec.volumes),
  });
}

/** A generic ephemeral volume has a claim that is named after the Pod and the volume. */
function claimsOf(pod: string, volumes: readonly z.output<typeof RawVolume>[]): string[] | undefined {
  const claims = volumes.flatMap(({ name, persistentVolumeClaim, ephemeral }) => {
    if (persistentVolumeClaim !== undefined) return [persistentVolumeClaim.claimName];
    return ephemeral === undefined ? [] : [`${pod}-${name}`];
  });
  return claims.length === 0 ? undefined : claims;
}

function ipsOf({ podIPs, podIP }: z.output<typeof RawPod>['status']): string[] {
  const ips = podIPs.flatMap(({ ip }) => (ip === undefined || ip === '' ? [] : [ip]));
  return ips.length > 0 || podIP === undefined || podIP === '' ? ips : [podIP];
}

/** True where the Pod's own Ready condition is True. */
export function podReady(pod: PodObject): boolean {
  return pod.conditions.some((condition) => condition.type === 'Ready' && condition.status === 'True');
}

/** Owners, the controller first. */
export function ownersOf(owners: readonly z.output<typeof RawOwner>[]): PodObject['owners'] {
  const sorted = [...owners].sort((a, b) => Number(b.controller ?? false) - Number(a.controller ?? false));
  return sorted.map(({ kind, name, apiVersion }) => pruned({ kind, name, apiVersion }));
}

/** Gives a container of a Pod or of a Pod template. */
export function toContainer(raw: z.output<typeof RawContainer>, sources: readonly VolumeSource[] = []): Container {
  return pruned({
    name: raw.name,
    image: raw.image ?? '',
    ports: raw.ports.map((port) => pruned({ ...port, protocol: port.protocol ?? 'TCP' })),
    env: raw.env.map(({ name, value, valueFrom }) =>
      pruned({
        name,
        value: value === undefined ? undefined : bounded(redactEnv(name, value), 500),
        from: valueFrom === undefined ? undefined : sourceOf(valueFrom),
        optional: valueFrom?.configMapKeyRef?.optional ?? valueFrom?.secretKeyRef?.optional,
      }),
    ),
    envFrom: some(raw.envFrom.flatMap(envSourceOf)),
    mounts: some(mountsOf(raw.volumeMounts, sources)),
    imagePullPolicy: raw.imagePullPolicy === 'Never' ? 'Never' : undefined,
    restartPolicy: raw.restartPolicy,
    readinessProbe: toProbe(raw.readinessProbe),
    livenessProbe: toProbe(raw.livenessProbe),
    startupProbe: toProbe(raw.startupProbe),
    requests: raw.resources?.requests ?? {},
    limits: raw.resources?.limits ?? {},
  });
}

function sourceOf(from: NonNullable<z.output<typeof RawEnv>['valueFrom']>): string {
  if (from.fieldRef !== undefined) return `field ${from.fieldRef.fieldPath}`;
  if (from.configMapKeyRef !== undefined)
    return `ConfigMap ${from.configMapKeyRef.name ?? ''} key ${from.configMapKeyRef.key ?? ''}`;
  if (from.secretKeyRef !== undefined)
    return `Secret ${from.secretKeyRef.name ?? ''} key ${from.secretKeyRef.key ?? ''}`;
  return from.resourceFieldRef === undefined ? 'elsewhere' : `resource ${from.resourceFieldRef.resource}`;
}

function toProbe(raw: z.output<typeof RawProbe>): ContainerProbe | undefined {
  if (raw === undefined) return undefined;
  const { httpGet, tcpSocket, grpc, exec, ...timing } = raw;
  if (httpGet !== undefined) return pruned({ type: 'http' as const, ...httpGet, ...timing });
  if (tcpSocket !== undefined) return pruned({ type: 'tcp' as const, ...tcpSocket, ...timing });
  if (grpc !== undefined) return pruned({ type: 'grpc' as const, ...grpc, ...timing });
  const command = redactWords(exec?.command ?? []).map((word) => bounded(word, 200));
  return pruned({ type: 'exec' as const, command, ...timing });
}

function toStatus(raw: z.output<typeof RawStatus>, init: boolean): ContainerStatus {
  return {
    name: raw.name,
    init,
    ready: raw.ready ?? false,
    restartCount: raw.restartCount ?? 0,
    state: toState(raw.state),
    lastState: toState(raw.lastState),
  };
}

function toState(raw: z.output<typeof RawState>): ContainerStatus['state'] {
  for (const state of ['terminated', 'running', 'waiting'] as const) {
    const detail = raw?.[state];
    if (detail === undefined) continue;
    const message = detail.message === undefined ? undefined : bounded(redactText(detail.message), 1000);
    return pruned({ state, ...detail, message });
  }
  return { state: 'none' };
}
