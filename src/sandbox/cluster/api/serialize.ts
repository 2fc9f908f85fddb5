/** JSON text of objects, made once per stored revision, with all RFC 3339 times shifted. */
import type { KubeObject } from './types.ts';

/** A whole JSON string that is a time; one inside a longer string (an annotation that holds JSON) is left alone. */
const TIME = /"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)"(?!\s*:)/g;

/** Serialises; one per server, because the shift is part of the cached text. */
export interface Serializer {
  /** The whole object as the given version. */
  whole(object: KubeObject, apiVersion: string): string;
  /** As an item of a list: built-in kinds leave apiVersion and kind to the list. */
  bare(object: KubeObject): string;
  /** As PartialObjectMetadata. */
  metadata(object: KubeObject): string;
  /** Any other value (a Table's cells are never shifted, so it is not used for them). */
  shiftTime(timestamp: string): string;
  /** JSON text of a client, with its times brought back to those of the store. */
  unshift(json: string): string;
}

/** `shiftMs` is added to every time. */
export function createSerializer(shiftMs: number): Serializer {
  const bodies = new WeakMap<KubeObject, string>();
  const metadatas = new WeakMap<KubeObject, string>();
  const bare = (object: KubeObject): string => {
    const cached = bodies.get(object);
    if (cached !== undefined) return cached;
    const { apiVersion: _apiVersion, kind: _kind, ...rest } = object;
    const body = shifted(JSON.stringify(rest), shiftMs);
    bodies.set(object, body);
    return body;
  };
  return {
    bare,
    whole: (object, apiVersion) =>
      `{"kind":${JSON.stringify(object.kind)},"apiVersion":${JSON.stringify(apiVersion)},${bare(object).slice(1)}`,
    metadata: (object) => {
      const cached = metadatas.get(object);
      if (cached !== undefined) return cached;
      const head = '{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":';
      const body = shifted(`${head}${JSON.stringify(object.metadata)}}`, shiftMs);
      metadatas.set(object, body);
      return body;
    },
    unshift: (json) => shifted(json, -shiftMs),
    shiftTime: (timestamp) => JSON.parse(shifted(JSON.stringify(timestamp), shiftMs)) as string,
  };
}

/** Shifts every time in a JSON text; keeps its fraction, digits and zone as they were written. */
function shifted(json: string, shiftMs: number): string {
  if (shiftMs === 0) return json;
  return json.replace(TIME, (whole, seconds: string, fraction: string | undefined, zone: string) => {
    const wall = Date.parse(`${seconds}Z`);
    if (Number.isNaN(wall)) return whole;
    return withFraction(wall, fraction ?? '', zone, shiftMs);
  });
}

function withFraction(wallMs: number, fraction: string, zone: string, shiftMs: number): string {
  // The fraction may have nine digits, more than a Date keeps: it is added as nanoseconds and written back as long.
  const digits = Math.max(fraction.length - 1, 0);
  const nanos =
    BigInt(wallMs + Math.trunc(shiftMs)) * 1_000_000n + BigInt(fraction.slice(1).padEnd(9, '0').slice(0, 9) || '0');
  const moment = nanos / 1_000_000_000n;
  const rest = String(nanos % 1_000_000_000n).padStart(9, '0');
  const text = new Date(Number(moment) * 1000).toISOString().slice(0, 19);
  return `"${text}${digits === 0 ? '' : `.${rest.slice(0, digits).padEnd(digits, '0')}`}${zone}"`;
}
