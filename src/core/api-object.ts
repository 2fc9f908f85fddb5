/** Objects of the API server as plans and writes know them: where they are, what they hold, and their decisive state. */
import { z } from 'zod';

/** One object of the API, by its REST path. */
export const ApiTarget = z.object({
  group: z.string().max(253),
  version: z.string().max(63),
  /** The plural: `daemonsets`. */
  resource: z.string().max(63),
  kind: z.string().max(63),
  namespace: z.string().max(253).optional(),
  name: z.string().min(1).max(253),
});
export type ApiTarget = z.infer<typeof ApiTarget>;

/** What must still be so just before a write: the same object, and its decisive part unchanged (see object-state.ts). */
export const ObjectState = z.object({
  uid: z.string().max(100),
  /** `digestOf(decisivePart(object))`. */
  digest: z.string().regex(/^[0-9a-f]{64}$/),
});
export type ObjectState = z.infer<typeof ObjectState>;

/** An object as it was read for planning; `absent` is a fact too (404), `unreadable` is not known. */
export type ObjectRead =
  | { readonly status: 'read'; readonly object: ApiObject }
  | { readonly status: 'absent' }
  | { readonly status: 'unreadable'; readonly reason: string };

/** An API object with the metadata that plans need; the rest as it came. */
export const ApiObject = z.looseObject({
  apiVersion: z.string().max(253),
  kind: z.string().max(63),
  metadata: z.looseObject({
    name: z.string().max(253),
    namespace: z.string().max(253).optional(),
    uid: z.string().max(100),
    resourceVersion: z.string().max(100),
    generation: z.number().optional(),
    deletionTimestamp: z.string().max(40).nullish(),
    labels: z.record(z.string(), z.string()).nullish(),
    annotations: z.record(z.string(), z.string()).nullish(),
    ownerReferences: z
      .array(
        z.looseObject({
          apiVersion: z.string(),
          kind: z.string(),
          name: z.string(),
          uid: z.string(),
          controller: z.boolean().optional(),
        }),
      )
      .nullish(),
    managedFields: z
      .array(
        z.looseObject({
          manager: z.string().optional(),
          operation: z.string().optional(),
          time: z.string().optional(),
          subresource: z.string().optional(),
        }),
      )
      .nullish(),
  }),
});
export type ApiObject = z.infer<typeof ApiObject>;

/** Gives the key under which an object is found: group, resource, namespace, name. */
export function targetKey(target: ApiTarget): string {
  return [target.group, target.resource, target.namespace ?? '', target.name].join('/');
}

/** Gives the REST path of an object or, without `name`, of a collection. */
export function apiPath(
  target: Pick<ApiTarget, 'group' | 'version' | 'resource' | 'namespace'> & { readonly name?: string },
  subresource?: string,
): string {
  const base = target.group === '' ? `/api/${target.version}` : `/apis/${target.group}/${target.version}`;
  const inNamespace = target.namespace === undefined ? '' : `/namespaces/${target.namespace}`;
  const name = target.name === undefined ? '' : `/${target.name}`;
  return `${base}${inNamespace}/${target.resource}${name}${subresource === undefined ? '' : `/${subresource}`}`;
}
