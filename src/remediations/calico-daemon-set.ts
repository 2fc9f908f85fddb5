/** calico-node's DaemonSet and its Pods: environment, how they are replaced, and what a change of the template does to each. */
import { z } from 'zod';
import type { ApiObject } from '../core/api-object.ts';
import type { Facts } from '../core/facts.ts';
import { isSilent } from './nodes.ts';

const Env = z.looseObject({ name: z.string(), value: z.string().nullish(), valueFrom: z.unknown().optional() });
const Template = z.looseObject({
  nodeSelector: z.record(z.string(), z.string()).nullish(),
  containers: z.array(z.looseObject({ name: z.string(), image: z.string().optional(), env: z.array(Env).nullish() })),
});
const DaemonSet = z.looseObject({
  spec: z.looseObject({
    template: z.looseObject({ spec: Template }),
    updateStrategy: z
      .looseObject({
        type: z.string().optional(),
        rollingUpdate: z.looseObject({ maxUnavailable: z.union([z.number(), z.string()]).optional() }).nullish(),
      })
      .nullish(),
  }),
});

/** A DaemonSet as plans need it. */
export interface DaemonSetView {
  readonly image: string;
  readonly env: ReadonlyMap<string, z.infer<typeof Env>>;
  readonly nodeSelector: Readonly<Record<string, string>>;
  readonly onDelete: boolean;
  /** As it is written: `1` or `10%`. */
  readonly maxUnavailable: number | string;
}

/** Reads a DaemonSet's container; undefined where it has not that form. */
export function viewOf(object: ApiObject, container: string): DaemonSetView | undefined {
  const parsed = DaemonSet.safeParse(object);
  if (!parsed.success) return undefined;
  const { template, updateStrategy } = parsed.data.spec;
  const found = template.spec.containers.find((one) => one.name === container);
  if (found === undefined) return undefined;
  return {
    image: found.image ?? '',
    env: new Map((found.env ?? []).map((entry) => [entry.name, entry])),
    nodeSelector: template.spec.nodeSelector ?? {},
    onDelete: updateStrategy?.type === 'OnDelete',
    maxUnavailable: updateStrategy?.rollingUpdate?.maxUnavailable ?? 1,
  };
}

const Pod = z.looseObject({
  spec: z.looseObject({ nodeName: z.string().optional() }),
  status: z
    .looseObject({
      conditions: z.array(z.looseObject({ type: z.string(), status: z.string() })).nullish(),
      containerStatuses: z
        .array(
          z.looseObject({
            name: z.string(),
            restartCount: z.number().optional(),
            state: z
              .looseObject({
                running: z.unknown().optional(),
                waiting: z.looseObject({ reason: z.string().optional() }),
              })
              .partial()
              .nullish(),
          }),
        )
        .nullish(),
    })
    .nullish(),
});

/** One Pod of a DaemonSet. */
export interface PodView {
  readonly object: ApiObject;
  readonly node: string | undefined;
  readonly ready: boolean;
  readonly running: boolean;
  readonly waiting: string | undefined;
  readonly restarts: number;
  readonly leaving: boolean;
}

/** Reads a Pod of a DaemonSet; undefined where it has not that form. */
export function podOf(object: ApiObject): PodView | undefined {
  const parsed = Pod.safeParse(object);
  if (!parsed.success) return undefined;
  const { spec, status } = parsed.data;
  const containers = status?.containerStatuses ?? [];
  const deleted = object.metadata.deletionTimestamp;
  return {
    object,
    node: spec.nodeName,
    ready: (status?.conditions ?? []).some((one) => one.type === 'Ready' && one.status === 'True'),
    running: containers.length > 0 && containers.every((one) => one.state?.running !== undefined),
    waiting: containers.map((one) => one.state?.waiting?.reason).find((reason) => reason !== undefined),
    restarts: Math.max(0, ...containers.map((one) => one.restartCount ?? 0)),
    leaving: deleted !== undefined && deleted !== null,
  };
}

/** What a change of the template does to the Pods (DaemonSet controller; facts §6 R01): nodes, sorted. */
export interface Replacement {
  /** All of them at once: their Pods are not available now. */
  readonly atOnce: readonly string[];
  /** One batch after the other. */
  readonly serial: readonly string[];
  /** Never, as long as no kubelet answers. */
  readonly stuck: readonly string[];
}

/** Gives how the Pods on each node are replaced. */
export function replacementOf(facts: Facts, pods: readonly PodView[]): Replacement {
  const living = pods.flatMap(({ node, ...pod }) => (node === undefined ? [] : [{ ...pod, node }]));
  const names = (list: readonly { node: string }[]) => [...new Set(list.map((pod) => pod.node))].sort();
  const stuck = living.filter((pod) => isSilent(facts, pod.node));
  const others = living.filter((pod) => !stuck.includes(pod));
  return {
    atOnce: names(others.filter((pod) => !pod.ready)),
    serial: names(others.filter((pod) => pod.ready)),
    stuck: names(stuck),
  };
}

/** Seconds until every Pod is replaced: `each` for one batch, and one batch for those that go at once. */
export function secondsFor({ atOnce, serial, stuck }: Replacement, max: number | string, each: number): number {
  const total = atOnce.length + serial.length + stuck.length;
  const size = typeof max === 'number' ? max : Math.ceil((total * Number.parseFloat(max)) / 100);
  const batches = Math.ceil(serial.length / Math.max(1, Number.isNaN(size) ? 1 : size));
  return (batches + (atOnce.length > 0 ? 1 : 0)) * each;
}
