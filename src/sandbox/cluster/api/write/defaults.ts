/** The defaults that the API server fills in, for the kinds that fixes write. */
import { at, flag, items, text } from '../json.ts';
import { isBuiltInObject } from '../resource-table.ts';
import type { KubeObject } from '../types.ts';
import { isMap, type JsonMap, own } from './values.ts';

type Defaults = Record<string, unknown>;

const CONTAINER: Defaults = {
  terminationMessagePath: '/dev/termination-log',
  terminationMessagePolicy: 'File',
  resources: {},
};
const POD_SPEC: Defaults = {
  restartPolicy: 'Always',
  terminationGracePeriodSeconds: 30,
  dnsPolicy: 'ClusterFirst',
  securityContext: {},
  schedulerName: 'default-scheduler',
};
const ROLLING = { type: 'RollingUpdate' };
const WORKLOADS: Record<string, Defaults> = {
  Deployment: {
    replicas: 1,
    strategy: { ...ROLLING, rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } },
    revisionHistoryLimit: 10,
    progressDeadlineSeconds: 600,
  },
  DaemonSet: { updateStrategy: { ...ROLLING, rollingUpdate: { maxUnavailable: 1 } }, revisionHistoryLimit: 10 },
  StatefulSet: {
    replicas: 1,
    podManagementPolicy: 'OrderedReady',
    updateStrategy: { ...ROLLING, rollingUpdate: { partition: 0 } },
    revisionHistoryLimit: 10,
  },
  ReplicaSet: { replicas: 1 },
};

/**
 * Fills in defaults. A field that neither the new nor the stored object has stays out, so that writing one label to a
 * terse fixture does not add twenty fields elsewhere; what was stored and is now gone gets its default back.
 */
export function withDefaults(object: KubeObject, before: KubeObject | undefined): KubeObject {
  const spec = own(object, 'spec');
  if (!isMap(spec) || !isBuiltInObject(object)) return object;
  const old = before === undefined ? undefined : at(before, 'spec');
  if (object.kind === 'Pod') return { ...object, spec: podSpec(spec, old) };
  if (object.kind === 'Service') return { ...object, spec: serviceSpec(spec, old) };
  const defaults = WORKLOADS[object.kind];
  if (defaults === undefined) return object;
  const filled = fill(spec, old, rollingOf(spec, defaults));
  const template = own(filled, 'template');
  if (!isMap(template) || !isMap(own(template, 'spec'))) return { ...object, spec: filled };
  const inner = podSpec(template['spec'] as JsonMap, at(old, 'template', 'spec'));
  return { ...object, spec: { ...filled, template: { ...template, spec: inner } } };
}

/** Ports with their protocol, which is part of their key: it must be there before an applied object is compared. */
export function withProtocols(value: unknown, field = ''): unknown {
  if (Array.isArray(value)) {
    const isPort = (item: unknown): item is JsonMap =>
      field === 'ports' && isMap(item) && ('containerPort' in item || 'port' in item);
    return value.map((item) =>
      isPort(item) ? { ...item, protocol: own(item, 'protocol') ?? 'TCP' } : withProtocols(item),
    );
  }
  if (!isMap(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withProtocols(one, key)]));
}

/** A strategy of another type than RollingUpdate has no parameters to default. */
function rollingOf(spec: JsonMap, defaults: Defaults): Defaults {
  const given = Object.entries(defaults).map(([key, value]) => {
    const type = text(spec, key, 'type');
    return [key, isMap(value) && type !== '' && type !== 'RollingUpdate' ? { type } : value];
  });
  return Object.fromEntries(given) as Defaults;
}

function podSpec(spec: JsonMap, before: unknown): JsonMap {
  const hostNetwork = before === undefined && flag(spec, 'hostNetwork');
  const filled = fill(spec, before, POD_SPEC);
  for (const list of ['containers', 'initContainers']) {
    if (!Array.isArray(own(filled, list))) continue;
    filled[list] = items(filled, list).map((container) => {
      if (!isMap(container)) return container;
      const old = items(before, list).find((one) => text(one, 'name') === text(container, 'name'));
      const pull = /:(?!latest$)[^/:]+$|@/.test(text(container, 'image')) ? 'IfNotPresent' : 'Always';
      const one = fill(container, old, { ...CONTAINER, imagePullPolicy: pull });
      if (Array.isArray(own(one, 'ports')))
        one['ports'] = items(one, 'ports').map((p) => containerPort(p, hostNetwork));
      return one;
    });
  }
  return filled;
}

/** The protocol is part of the key of a port: it is always there. */
function containerPort(port: unknown, hostNetwork: boolean): unknown {
  if (!isMap(port)) return port;
  const host = hostNetwork && own(port, 'hostPort') === undefined ? { hostPort: port['containerPort'] } : {};
  return { ...port, ...host, protocol: own(port, 'protocol') ?? 'TCP' };
}

function serviceSpec(spec: JsonMap, before: unknown): JsonMap {
  const type = text(spec, 'type') || 'ClusterIP';
  const external = type === 'NodePort' || type === 'LoadBalancer';
  const filled = fill(spec, before, {
    type: 'ClusterIP',
    sessionAffinity: 'None',
    ...(external ? { externalTrafficPolicy: 'Cluster' } : {}),
  });
  if (Array.isArray(own(filled, 'ports'))) {
    filled['ports'] = items(filled, 'ports').map((port) =>
      isMap(port)
        ? {
            ...port,
            protocol: own(port, 'protocol') ?? 'TCP',
            targetPort: own(port, 'targetPort') ?? own(port, 'port'),
          }
        : port,
    );
  }
  return filled;
}

function fill(map: JsonMap, before: unknown, defaults: Defaults): JsonMap {
  const filled = { ...map };
  for (const [key, value] of Object.entries(defaults)) {
    const now = own(filled, key);
    const wasThere = !isMap(before) || own(before, key) !== undefined;
    if ((now === undefined || now === null) && wasThere) filled[key] = structuredClone(value);
    else if (isMap(now) && isMap(value))
      filled[key] = fill(now, isMap(before) ? (own(before, key) ?? {}) : before, value);
  }
  return filled;
}
