/** Kubernetes objects as the API server sends them, as far as collectors read them: lenient, null where Go leaves null. */
import { z } from 'zod';

/** An optional field that Go may also send as null. */
export function opt<T extends z.ZodType>(schema: T) {
  return schema.nullish().transform((value): z.output<T> | undefined => value ?? undefined);
}

/** A list that Go sends as null when it is empty, or leaves out. */
export function list<T extends z.ZodType>(schema: T) {
  return z
    .array(schema)
    .nullish()
    .transform((value): z.output<T>[] => value ?? []);
}

/** A field with a value of its own where it is null or left out. */
export function or<T extends z.ZodType>(schema: T, otherwise: z.output<T>) {
  return schema.nullish().transform((value): z.output<T> => value ?? otherwise);
}

/** A part of an object that counts as empty where it is null or left out. */
export function part<T extends z.ZodType>(schema: T) {
  return z.preprocess((value) => value ?? {}, schema);
}

/** Undefined for a map without entries. */
export function filled<T extends object>(map: T): T | undefined {
  return Object.keys(map).length > 0 ? map : undefined;
}

/** A map of texts that may be null or left out. */
export const RawLabels = z
  .record(z.string(), z.string())
  .nullish()
  .transform((value) => value ?? {});

export const RawOwner = z.object({
  kind: z.string(),
  name: z.string(),
  apiVersion: opt(z.string()),
  controller: opt(z.boolean()),
});

export const RawMeta = z.object({
  name: z.string(),
  namespace: opt(z.string()),
  uid: opt(z.string()),
  creationTimestamp: opt(z.string()),
  deletionTimestamp: opt(z.string()),
  generation: opt(z.number()),
  labels: RawLabels,
  annotations: RawLabels,
  ownerReferences: list(RawOwner),
});
export type RawMeta = z.output<typeof RawMeta>;

const RawNamed = z.object({ metadata: RawMeta });

/** Gives the metadata of any object. @throws z.ZodError where it has none. */
export function toMeta(input: unknown): RawMeta {
  return RawNamed.parse(input).metadata;
}

export const RawCondition = z.object({
  type: z.string(),
  status: z.string(),
  reason: opt(z.string()),
  message: opt(z.string()),
  lastHeartbeatTime: opt(z.string()),
  lastTransitionTime: opt(z.string()),
});

/** One page of any list; the items are parsed by the kind's own schema. */
export const RawList = z.object({
  metadata: opt(z.object({ continue: opt(z.string()), remainingItemCount: opt(z.number()) })),
  items: list(z.unknown()),
});

/** An object without the keys whose value is undefined: evidence holds no `undefined`, in memory as on disk. */
export function pruned<T extends object>(value: T): Pruned<T> {
  const out: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(value)) if (field !== undefined) out[key] = field;
  return out as Pruned<T>;
}
type Pruned<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** The labels whose key fits one of the prefixes; the rest is other people's business and may be large. */
export function keep(labels: Readonly<Record<string, string>>, prefixes: readonly string[]): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [key, value] of Object.entries(labels))
    if (prefixes.some((prefix) => key.startsWith(prefix))) out[key] = bounded(value, 1000);
  return out;
}

/** Cuts a text at `limit` characters. */
export function bounded(text: string, limit: number): string {
  return text.length > limit ? `${text.slice(0, limit - 1)}…` : text;
}

/** Conditions, pruned and with bounded messages. */
export function conditions(raw: readonly z.output<typeof RawCondition>[]) {
  return raw.map((entry) =>
    pruned({ ...entry, message: entry.message === undefined ? undefined : bounded(entry.message, 2000) }),
  );
}
