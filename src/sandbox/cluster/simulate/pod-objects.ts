/** Pods, as their kubelets last reported them, and the workloads that own them. */
import type { KubeObject } from '../api/types.ts';
import { digest } from './address.ts';
import { nodeUnknown } from './endpoints.ts';
import { nodeOf } from './lookups.ts';
import { type ClusterModel, isRunning, type SimContainer, type SimPod } from './model.ts';
import { before, defined, object, seconds } from './object.ts';

/** Pod objects. */
export function podObjects(model: ClusterModel): KubeObject[] {
  return model.pods.map((pod) => podObject(model, pod));
}

/** The owner of a Pod one step up, by the name of its kind. */
export function podObject(model: ClusterModel, pod: SimPod): KubeObject {
  const owner = pod.owner;
  const meta = {
    name: pod.name,
    namespace: pod.namespace,
    created: pod.created,
    labels: pod.labels,
    ...(pod.uid === undefined ? {} : { uid: pod.uid }),
    ...(pod.terminating === undefined
      ? {}
      : {
          deletionTimestamp: seconds(pod.terminating.at),
          deletionGracePeriodSeconds: pod.terminating.graceSeconds,
        }),
    ...(pod.annotations === undefined ? {} : { annotations: pod.annotations }),
    ...(owner === undefined
      ? {}
      : {
          ownerReferences: [
            {
              apiVersion: owner.kind === 'Node' ? 'v1' : 'apps/v1',
              kind: owner.kind,
              name: owner.name,
              uid: ownerUid(pod),
              controller: true,
              ...(owner.kind === 'Node' ? {} : { blockOwnerDeletion: true }),
            },
          ],
        }),
  };
  const spec = pod.spec === undefined ? podSpec(pod) : defined({ ...pod.spec, nodeName: pod.node });
  return object('v1', 'Pod', meta, { spec, status: podStatus(model, pod) });
}

function ownerUid(pod: SimPod): string {
  const { kind = '', name = '' } = pod.owner ?? {};
  return uidFor(kind, kind === 'Node' ? undefined : pod.namespace, name);
}

function uidFor(kind: string, namespace: string | undefined, name: string): string {
  return object('v1', kind, { name, namespace }, {}).metadata.uid ?? '';
}

/** The spec; templates of workloads are made from it too. */
export function podSpec(pod: SimPod): Record<string, unknown> {
  const priority = pod.namespace === 'kube-system' && pod.role !== 'app';
  const selected = pod.role === 'calico-node' || pod.role === 'calico-kube-controllers';
  return defined({
    nodeName: pod.node,
    hostNetwork: pod.hostNetwork ? true : undefined,
    restartPolicy: 'Always',
    dnsPolicy: 'ClusterFirst',
    schedulerName: 'default-scheduler',
    serviceAccountName: 'default',
    ...(priority ? PRIORITIES[pod.owner?.kind === 'DaemonSet' ? 'node' : 'cluster'] : {}),
    nodeSelector: selected ? { 'beta.kubernetes.io/os': 'linux' } : undefined,
    containers: pod.containers.map((container) => containerSpec(pod, container)),
    tolerations: tolerations(pod),
    volumes:
      pod.tokenSecret === undefined
        ? undefined
        : [{ name: pod.tokenSecret, secret: { secretName: pod.tokenSecret, defaultMode: 420 } }],
  });
}

/** Where Pods look for the token of their service account. */
const TOKEN_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
/** As the manifests of kubeadm v1.18 and Calico have them. */
const PRIORITIES = {
  node: { priority: 2_000_001_000, priorityClassName: 'system-node-critical' },
  cluster: { priority: 2_000_000_000, priorityClassName: 'system-cluster-critical' },
} as const;

/** What the manifest takes from elsewhere. */
const CALICO_REFERENCES = [
  { name: 'NODENAME', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'spec.nodeName' } } },
  {
    name: 'CALICO_NETWORKING_BACKEND',
    valueFrom: { configMapKeyRef: { name: 'calico-config', key: 'calico_backend' } },
  },
];
const CALICO_LIVE = {
  exec: { command: ['/bin/calico-node', '-felix-live', '-bird-live'] },
  initialDelaySeconds: 10,
  periodSeconds: 10,
  timeoutSeconds: 1,
  successThreshold: 1,
  failureThreshold: 6,
};

function containerSpec(pod: SimPod, container: SimContainer): Record<string, unknown> {
  const env: Record<string, unknown>[] = Object.entries(container.env ?? {}).map(([name, value]) => ({ name, value }));
  const calico = pod.role === 'calico-node';
  if (calico) env.push(...CALICO_REFERENCES);
  return defined({
    name: container.name,
    image: container.image,
    imagePullPolicy: 'IfNotPresent',
    command: container.command,
    env: env.length === 0 ? undefined : env,
    ports:
      container.ports.length === 0
        ? undefined
        : container.ports.map((port) => ({
            ...port,
            protocol: 'TCP',
            ...(pod.hostNetwork ? { hostPort: port.containerPort } : {}),
          })),
    resources: container.requests === undefined ? {} : { requests: container.requests },
    readinessProbe: probe(container),
    livenessProbe: calico ? CALICO_LIVE : undefined,
    securityContext: calico ? { privileged: true } : undefined,
    volumeMounts:
      pod.tokenSecret === undefined ? undefined : [{ name: pod.tokenSecret, readOnly: true, mountPath: TOKEN_PATH }],
  });
}

function probe(container: SimContainer): Record<string, unknown> | undefined {
  const wanted = container.readiness;
  if (wanted === undefined) return undefined;
  return defined({
    exec: wanted.exec === undefined ? undefined : { command: wanted.exec },
    httpGet: wanted.httpGet === undefined ? undefined : { ...wanted.httpGet, scheme: 'HTTP' },
    tcpSocket: wanted.tcpPort === undefined ? undefined : { port: wanted.tcpPort },
    periodSeconds: 10,
    timeoutSeconds: 1,
    successThreshold: 1,
    failureThreshold: 3,
  });
}

/** What the manifests say themselves. */
function ownTolerations(pod: SimPod): Record<string, unknown>[] {
  const all = ['NoSchedule', 'NoExecute'].map((effect) => ({ operator: 'Exists', effect }));
  const critical = { key: 'CriticalAddonsOnly', operator: 'Exists' };
  if (pod.role === 'calico-node') return [...all, critical];
  if (pod.tolerateAll === true) return all;
  if (pod.role !== 'calico-kube-controllers' && pod.role !== 'coredns') return [];
  return [critical, { key: 'node-role.kubernetes.io/master', effect: 'NoSchedule' }];
}

function tolerations(pod: SimPod): Record<string, unknown>[] {
  const own = ownTolerations(pod);
  if (pod.owner?.kind === 'DaemonSet') {
    const daemon = (key: string, effect: string): Record<string, unknown> => ({
      key: `node.kubernetes.io/${key}`,
      operator: 'Exists',
      effect,
    });
    return [
      ...own,
      daemon('not-ready', 'NoExecute'),
      daemon('unreachable', 'NoExecute'),
      ...[
        'disk-pressure',
        'memory-pressure',
        'pid-pressure',
        'unschedulable',
        // The DaemonSet's controller adds it for Pods on the host's network.
        ...(pod.hostNetwork ? ['network-unavailable'] : []),
      ].map((key) => daemon(key, 'NoSchedule')),
    ];
  }
  const timed = (key: string): Record<string, unknown> => ({
    key: `node.kubernetes.io/${key}`,
    operator: 'Exists',
    effect: 'NoExecute',
    tolerationSeconds: 300,
  });
  return [...own, timed('not-ready'), timed('unreachable')];
}

function podStatus(model: ClusterModel, pod: SimPod): Record<string, unknown> {
  const qosClass = pod.containers.some((container) => container.requests !== undefined) ? 'Burstable' : 'BestEffort';
  if (pod.phase === 'Pending') return pendingStatus(pod, qosClass);
  const started = seconds(pod.started ?? pod.created);
  const restarted = seconds(pod.containers[0]?.startedAt ?? started);
  // The controller changes the condition only; what the containers were last seen doing stays.
  const stale = nodeUnknown(model, pod);
  const staleSince = stale ? seconds(nodeOf(model, pod.node ?? '').kubelet.unknownSince ?? started) : restarted;
  const ready = pod.ready && !stale ? 'True' : 'False';
  const condition = (type: string, status: string, time: string): Record<string, unknown> => ({
    type,
    status,
    lastProbeTime: null,
    lastTransitionTime: time,
    ...(status === 'False' && !pod.ready
      ? { reason: 'ContainersNotReady', message: `containers with unready status: [${pod.containers[0]?.name}]` }
      : {}),
  });
  return defined({
    phase: 'Running',
    hostIP: pod.node === undefined ? undefined : nodeOf(model, pod.node).internalIp,
    podIP: pod.ip,
    podIPs: pod.ip === undefined ? undefined : [{ ip: pod.ip }],
    startTime: started,
    qosClass,
    conditions: [
      condition('Initialized', 'True', started),
      condition('Ready', ready, staleSince),
      condition('ContainersReady', pod.ready ? 'True' : 'False', restarted),
      condition('PodScheduled', 'True', started),
    ],
    containerStatuses: pod.containers.map((container) => containerStatus(pod, container)),
  });
}

function pendingStatus(pod: SimPod, qosClass: string): Record<string, unknown> {
  const why = { type: 'PodScheduled', lastProbeTime: null, lastTransitionTime: seconds(pod.created) };
  const scheduled = pod.node !== undefined;
  const condition = scheduled ? { ...why, status: 'True' } : { ...why, status: 'False', ...pod.pending };
  const waits = scheduled && !pod.containers.every(isRunning);
  const containerStatuses = waits ? pod.containers.map((container) => containerStatus(pod, container)) : undefined;
  return defined({ phase: 'Pending', qosClass, conditions: [condition], containerStatuses });
}

function containerStatus(pod: SimPod, container: SimContainer): Record<string, unknown> {
  const startedAt = seconds(container.startedAt ?? pod.started ?? pod.created);
  const id = digest(`${pod.namespace}/${pod.name}/${container.name}/${container.restarts}`);
  const last = container.last;
  const repository = container.image.split(':')[0];
  return {
    name: container.name,
    image: container.image,
    imageID: container.imageID ?? `docker-pullable://${repository}@sha256:${digest(container.image)}`,
    containerID: container.containerID ?? `docker://${id}`,
    ready: pod.ready,
    started: container.waiting === undefined,
    restartCount: container.restarts,
    state: container.waiting === undefined ? { running: { startedAt } } : { waiting: container.waiting },
    lastState:
      last === undefined
        ? lastState(container, startedAt)
        : {
            terminated: {
              exitCode: last.exitCode,
              reason: last.reason,
              startedAt: seconds(last.startedAt),
              finishedAt: seconds(last.finishedAt),
            },
          },
  };
}

function lastState(container: SimContainer, startedAt: string): Record<string, unknown> {
  if (container.restarts === 0) return {};
  const finishedAt = seconds(before(startedAt, 300));
  return { terminated: { exitCode: 255, reason: 'Error', startedAt: seconds(before(finishedAt, 86_400)), finishedAt } };
}
