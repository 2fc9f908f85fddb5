/** Kubernetes objects with the metadata that an API server adds. */
import type { KubeObject } from '../api/types.ts';
import { uidOf } from './address.ts';

/** Builds an object; uid and resourceVersion follow from its kind and name. */
export function object(
  apiVersion: string,
  kind: string,
  meta: { name: string; namespace?: string | undefined; created?: string | undefined; [field: string]: unknown },
  rest: Record<string, unknown>,
): KubeObject {
  const { name, namespace, created, ...other } = meta;
  const uid = uidOf([kind, namespace, name].filter((part) => part !== undefined).join('/'));
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      uid,
      ...(created === undefined ? {} : { creationTimestamp: seconds(created) }),
      ...other,
    },
    ...rest,
  };
}

/** RFC 3339 without fractions, as metav1.Time is written. */
export function seconds(time: string): string {
  return `${new Date(Date.parse(time)).toISOString().slice(0, 19)}Z`;
}

/** RFC 3339 with microseconds, as metav1.MicroTime is written. */
export function micros(time: string): string {
  return `${new Date(Date.parse(time)).toISOString().slice(0, 23)}000Z`;
}

/** A time so many seconds before another. */
export function before(time: string, secondsAgo: number): string {
  return new Date(Date.parse(time) - secondsAgo * 1000).toISOString();
}

/** The entries whose value is not undefined. */
export function defined(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
