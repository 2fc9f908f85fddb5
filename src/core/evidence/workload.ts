/** Evidence from the API server about Pods, their controllers, events and logs. */
import { z } from 'zod';
import { Condition, Time } from './cluster.ts';

const Labels = z.record(z.string(), z.string());

const Handler = z.object({
  type: z.enum(['http', 'tcp', 'exec', 'grpc']),
  port: z.union([z.number(), z.string()]).optional(),
  scheme: z.string().optional(),
  path: z.string().optional(),
  command: z.array(z.string()).optional(),
  periodSeconds: z.number().optional(),
  timeoutSeconds: z.number().optional(),
  initialDelaySeconds: z.number().optional(),
  failureThreshold: z.number().optional(),
  successThreshold: z.number().optional(),
  terminationGracePeriodSeconds: z.number().optional(),
});
/** A livenessProbe, readinessProbe or startupProbe. */
export type ContainerProbe = z.infer<typeof Handler>;

/** A Secret or ConfigMap that a Pod takes something from: its name, never what is in it. */
const Source = z.object({ kind: z.enum(['Secret', 'ConfigMap']), name: z.string(), optional: z.boolean().optional() });

/** `env` holds plain values only (redacted); values from Secrets and ConfigMaps are named, never read. */
export const Container = z.object({
  name: z.string(),
  image: z.string(),
  ports: z.array(
    z.object({
      name: z.string().optional(),
      containerPort: z.number(),
      hostPort: z.number().optional(),
      protocol: z.string(),
    }),
  ),
  env: z.array(
    z.object({
      name: z.string(),
      value: z.string().optional(),
      from: z.string().optional(),
      optional: z.boolean().optional(),
    }),
  ),
  envFrom: z.array(Source).optional(),
  /** Where the volumes of `PodObject.sources` are mounted. */
  mounts: z.array(z.object({ volume: z.string(), path: z.string() })).optional(),
  /** Kept where it is `Never`. */
  imagePullPolicy: z.string().optional(),
  /** `Always` for an init container that goes on running beside the others. */
  restartPolicy: z.string().optional(),
  readinessProbe: Handler.optional(),
  livenessProbe: Handler.optional(),
  startupProbe: Handler.optional(),
  requests: Labels,
  limits: Labels,
});
export type Container = z.infer<typeof Container>;

const State = z.object({
  state: z.enum(['waiting', 'running', 'terminated', 'none']),
  reason: z.string().optional(),
  message: z.string().optional(),
  exitCode: z.number().optional(),
  signal: z.number().optional(),
  startedAt: Time.optional(),
  finishedAt: Time.optional(),
});

export const ContainerStatus = z.object({
  name: z.string(),
  init: z.boolean(),
  ready: z.boolean(),
  restartCount: z.number(),
  state: State,
  lastState: State,
});
export type ContainerStatus = z.infer<typeof ContainerStatus>;

const Owner = z.object({ kind: z.string(), name: z.string(), apiVersion: z.string().optional() });
const Toleration = z.object({
  key: z.string().optional(),
  operator: z.string().optional(),
  value: z.string().optional(),
  effect: z.string().optional(),
});

/** A Pod, cut to what rules read. Its status is only as fresh as its node's lease. */
export const PodObject = z.object({
  namespace: z.string(),
  name: z.string(),
  uid: z.string().optional(),
  createdAt: Time.optional(),
  startTime: Time.optional(),
  deletionTime: Time.optional(),
  nodeName: z.string().optional(),
  phase: z.string(),
  reason: z.string().optional(),
  /** Why it is as it is, where the whole Pod was ended (Evicted). */
  message: z.string().optional(),
  podIPs: z.array(z.string()),
  hostNetwork: z.boolean(),
  labels: Labels,
  owners: z.array(Owner),
  conditions: z.array(Condition),
  containers: z.array(Container),
  initContainers: z.array(Container).optional(),
  statuses: z.array(ContainerStatus),
  /** Left out where it is `Always`; the grace period where it is 30 s. */
  restartPolicy: z.string().optional(),
  terminationGracePeriodSeconds: z.number().optional(),
  /** Names only. */
  imagePullSecrets: z.array(z.string()).optional(),
  /** Volumes that are made of Secrets and ConfigMaps. */
  sources: z.array(Source.extend({ volume: z.string() })).optional(),
  /** Limit of the Pod as a whole (v1.32+). */
  memoryLimit: z.string().optional(),
  nodeSelector: Labels.optional(),
  tolerations: z.array(Toleration),
  /** Absent where it is the default scheduler. */
  schedulerName: z.string().optional(),
  /** Names of the PersistentVolumeClaims that it mounts. */
  claims: z.array(z.string()).optional(),
});
export type PodObject = z.infer<typeof PodObject>;

/** Pods that belong to the item's object: a Service's selector, a workload's selector, a Node's, or a whole Namespace. */
export const Pods = z.object({ total: z.number(), pods: z.array(PodObject) });

/** A controller of Pods and how far it has come. Object: the workload. */
export const Workload = z.object({
  kind: z.string(),
  namespace: z.string(),
  name: z.string(),
  createdAt: Time.optional(),
  labels: Labels,
  annotations: Labels,
  owners: z.array(Owner),
  selector: Labels,
  desired: z.number(),
  ready: z.number(),
  available: z.number(),
  updated: z.number(),
  generation: z.number().optional(),
  observedGeneration: z.number().optional(),
  maxUnavailable: z.string().optional(),
  updateStrategy: z.string().optional(),
  conditions: z.array(Condition),
  containers: z.array(Container),
});
export type Workload = z.infer<typeof Workload>;

/** An event about the item's object. Events vanish after an hour by default: their absence proves nothing. */
export const EventObject = z.object({
  type: z.string(),
  reason: z.string(),
  message: z.string(),
  count: z.number(),
  firstTime: Time.optional(),
  lastTime: Time.optional(),
  about: z.object({
    kind: z.string(),
    namespace: z.string().optional(),
    name: z.string(),
    /** `spec.containers{web}`: the container that it is about. */
    fieldPath: z.string().optional(),
  }),
  source: z.string().optional(),
  host: z.string().optional(),
});
export type EventObject = z.infer<typeof EventObject>;
export const Events = z.array(EventObject);

/** The last lines of one container's log, redacted. Part: the container's name, with `/previous` for its former life. */
export const PodLog = z.object({ lines: z.array(z.string()), truncated: z.boolean() });
