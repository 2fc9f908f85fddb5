/** Conversions between versions that differ in more than their name: events, EndpointSlices; and which group stores a kind. */
import { at, entries, items, text } from './json.ts';
import type { KubeObject } from './types.ts';

/** The group whose collection holds a kind: both kinds of Event are one, so are both Ingresses. */
export function storageGroup(group: string, kind: string): string {
  if (group === 'events.k8s.io' && kind === 'Event') return '';
  if (group === 'extensions' && kind === 'Ingress') return 'networking.k8s.io';
  return group;
}

/** The form in which an object is stored. */
export function toStorage(object: KubeObject): KubeObject {
  return object.kind === 'Event' && object.apiVersion.startsWith('events.k8s.io/') ? toCoreEvent(object) : object;
}

const cache = new WeakMap<KubeObject, Map<string, KubeObject>>();

/** A stored object as the given version serves it; the same object where nothing but the name differs. */
export function asVersion(object: KubeObject, apiVersion: string): KubeObject {
  const convert = converterFor(object, apiVersion);
  if (convert === undefined) return object;
  const known = cache.get(object) ?? new Map<string, KubeObject>();
  cache.set(object, known);
  const converted = known.get(apiVersion) ?? { ...convert(object), apiVersion };
  known.set(apiVersion, converted);
  return converted;
}

function converterFor(object: KubeObject, apiVersion: string): ((object: KubeObject) => KubeObject) | undefined {
  if (object.kind === 'Event' && apiVersion.startsWith('events.k8s.io/')) return toNewEvent;
  if (object.kind !== 'EndpointSlice' || object.apiVersion === apiVersion) return undefined;
  if (apiVersion === 'discovery.k8s.io/v1') return toSliceV1;
  return apiVersion === 'discovery.k8s.io/v1beta1' ? toSliceV1beta1 : undefined;
}

function toCoreEvent(event: KubeObject): KubeObject {
  const { regarding, note, deprecatedSource, deprecatedFirstTimestamp, deprecatedLastTimestamp, ...kept } = event;
  const { deprecatedCount, reportingController, ...rest } = kept;
  return defined({
    ...rest,
    apiVersion: 'v1',
    kind: 'Event',
    metadata: event.metadata,
    involvedObject: regarding ?? {},
    message: note,
    source: deprecatedSource ?? {},
    firstTimestamp: deprecatedFirstTimestamp ?? null,
    lastTimestamp: deprecatedLastTimestamp ?? null,
    count: deprecatedCount,
    reportingComponent: reportingController ?? '',
  });
}

function toNewEvent(event: KubeObject): KubeObject {
  const { involvedObject, message, source, firstTimestamp, lastTimestamp, count, reportingComponent, ...rest } = event;
  return defined({
    ...rest,
    metadata: event.metadata,
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    eventTime: rest['eventTime'] ?? null,
    regarding: involvedObject,
    note: message,
    deprecatedSource: source,
    deprecatedFirstTimestamp: firstTimestamp ?? null,
    deprecatedLastTimestamp: lastTimestamp ?? null,
    deprecatedCount: count,
    reportingController: reportingComponent,
  });
}

function toSliceV1(slice: KubeObject): KubeObject {
  return withEndpoints(slice, (endpoint) => {
    const { topology, ...rest } = endpoint;
    const nodeName = endpoint['nodeName'] ?? at(topology, 'kubernetes.io/hostname');
    const zone = at(topology, 'topology.kubernetes.io/zone');
    const others = entries(topology).filter(([key]) => !TOPOLOGY_FIELDS.has(key));
    return {
      ...rest,
      ...(others.length > 0 ? { deprecatedTopology: Object.fromEntries(others) } : {}),
      ...(nodeName === undefined ? {} : { nodeName }),
      ...(zone === undefined ? {} : { zone }),
    };
  });
}

const TOPOLOGY_FIELDS = new Set(['kubernetes.io/hostname', 'topology.kubernetes.io/zone']);

function toSliceV1beta1(slice: KubeObject): KubeObject {
  return withEndpoints(slice, (endpoint) => {
    const { deprecatedTopology, zone, ...rest } = endpoint;
    const nodeName = text(endpoint, 'nodeName');
    const topology = {
      ...Object.fromEntries(entries(deprecatedTopology)),
      ...(nodeName === '' ? {} : { 'kubernetes.io/hostname': nodeName }),
      ...(zone === undefined ? {} : { 'topology.kubernetes.io/zone': zone }),
    };
    return Object.keys(topology).length === 0 ? rest : { ...rest, topology };
  });
}

function withEndpoints(
  slice: KubeObject,
  change: (endpoint: Record<string, unknown>) => Record<string, unknown>,
): KubeObject {
  const endpoints = items(slice, 'endpoints').map((endpoint) => change(Object.fromEntries(entries(endpoint))));
  return { ...slice, endpoints };
}

function defined(object: KubeObject): KubeObject {
  for (const key of Object.keys(object)) if (object[key] === undefined) delete object[key];
  return object;
}
