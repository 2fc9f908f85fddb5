/** What a client's write changes in the model at once; all else is the controllers' work. */
import { at, entries, items, text } from '../cluster/api/json.ts';
import type { KubeObject, WriteChange } from '../cluster/api/types.ts';
import type { ClusterModel, SimPod, SimPort, SimService } from '../cluster/simulate/model.ts';
import { signLater } from './certificates.ts';
import { editPod, type Life } from './life.ts';
import { removePod } from './pod-life.ts';
import { labelsOf } from './templates.ts';

/** Takes over what a client wrote. */
export function takeWrite(life: Life, change: WriteChange): void {
  const { object, type } = change;
  if (object.kind === 'Pod') takePod(life, object, type === 'DELETED');
  if (object.kind === 'Service') takeService(life, object, type === 'DELETED');
  if (object.kind === 'CertificateSigningRequest') signLater(life, object);
  if (object.kind === 'Node') takeNode(life, object, type === 'DELETED');
}

function takePod(life: Life, pod: KubeObject, gone: boolean): void {
  const uid = pod.metadata.uid ?? '';
  if (gone) {
    removePod(life, uid);
    return;
  }
  const end = pod.metadata.deletionTimestamp ?? undefined;
  editPod(life, uid, (one): SimPod => {
    const labels = labelsOf(pod.metadata.labels);
    if (end === undefined) return { ...one, labels };
    const grace = Number(pod.metadata['deletionGracePeriodSeconds'] ?? 0);
    const at = new Date(Date.parse(end) - life.shiftMs).toISOString();
    return { ...one, labels, terminating: { at, graceSeconds: grace } };
  });
}

function takeNode(life: Life, object: KubeObject, gone: boolean): void {
  const { name } = object.metadata;
  life.edit((model): ClusterModel => {
    if (gone) return { ...model, nodes: model.nodes.filter((node) => node.name !== name) };
    const unschedulable = at(object, 'spec', 'unschedulable') === true;
    return {
      ...model,
      nodes: model.nodes.map((node) => {
        if (node.name !== name) return node;
        const others = (node.taints ?? []).filter((taint) => taint.key !== CORDONED);
        if (unschedulable === others.length < (node.taints ?? []).length) return node;
        const taint = { key: CORDONED, effect: 'NoSchedule', timeAdded: `${life.now().slice(0, 19)}Z` };
        return { ...node, taints: unschedulable ? [...others, taint] : others };
      }),
    };
  });
}

const CORDONED = 'node.kubernetes.io/unschedulable';

function takeService(life: Life, object: KubeObject, gone: boolean): void {
  const { namespace = 'default', name } = object.metadata;
  life.edit((model): ClusterModel => {
    const others = model.services.filter((one) => one.namespace !== namespace || one.name !== name);
    if (gone) return { ...model, services: others };
    const known = model.services.find((one) => one.namespace === namespace && one.name === name);
    const service = serviceOf(object, known?.created ?? life.now());
    const services =
      known === undefined ? [...others, service] : model.services.map((one) => (one === known ? service : one));
    return { ...model, services };
  });
}

function serviceOf(object: KubeObject, created: string): SimService {
  const { spec } = object as KubeObject & { spec?: Record<string, unknown> };
  const selector = labelsOf(at(spec, 'selector'));
  const local = text(spec, 'externalTrafficPolicy') === 'Local';
  return {
    namespace: object.metadata.namespace ?? 'default',
    name: object.metadata.name,
    type: text(spec, 'type') === 'ClusterIP' ? 'ClusterIP' : 'NodePort',
    clusterIP: text(spec, 'clusterIP') || 'None',
    ...(entries(selector).length === 0 ? {} : { selector }),
    ports: items(spec, 'ports').map(portOf),
    externalTrafficPolicy: local ? 'Local' : 'Cluster',
    labels: labelsOf(object.metadata.labels),
    created,
  };
}

function portOf(port: unknown): SimPort {
  const [number, target, node] = [at(port, 'port'), at(port, 'targetPort'), at(port, 'nodePort')];
  return {
    ...(text(port, 'name') === '' ? {} : { name: text(port, 'name') }),
    port: Number(number),
    targetPort: typeof target === 'string' || typeof target === 'number' ? target : Number(number),
    ...(typeof node === 'number' ? { nodePort: node } : {}),
  };
}
