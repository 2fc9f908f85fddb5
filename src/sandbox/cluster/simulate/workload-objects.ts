/** Deployments, ReplicaSets, DaemonSets and StatefulSets, worked back from the Pods that they own. */
import type { KubeObject } from '../api/types.ts';
import { nodeOf } from './lookups.ts';
import type { ClusterModel, SimPod } from './model.ts';
import { object } from './object.ts';
import { podSpec } from './pod-objects.ts';

const GENERATED = [
  'pod-template-hash',
  'controller-revision-hash',
  'pod-template-generation',
  'statefulset.kubernetes.io/pod-name',
];

/** One object for each owner, with the counts that its controller would report. */
export function workloadObjects(model: ClusterModel): KubeObject[] {
  const groups = new Map<string, SimPod[]>();
  for (const pod of model.pods) {
    if (pod.owner === undefined || pod.owner.kind === 'Node') continue;
    const key = `${pod.owner.kind}/${pod.namespace}/${pod.owner.name}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [pod]);
    else group.push(pod);
  }
  return [...groups.values()].flatMap((pods) => objectsFor(model, pods));
}

function objectsFor(model: ClusterModel, pods: SimPod[]): KubeObject[] {
  const first = pods[0];
  const owner = first?.owner;
  if (first === undefined || owner === undefined) return [];
  const created = pods.map((pod) => pod.created).sort()[0] ?? first.created;
  const labels = withoutGenerated(first.labels);
  const ready = pods.filter((pod) => pod.ready && !stale(model, pod)).length;
  const template = { metadata: { creationTimestamp: null, labels }, spec: templateSpec(first) };
  const meta = { namespace: first.namespace, created, labels, generation: 1 };
  if (owner.kind === 'DaemonSet') {
    const status = {
      currentNumberScheduled: pods.length,
      desiredNumberScheduled: pods.length,
      numberAvailable: ready,
      numberMisscheduled: 0,
      numberReady: ready,
      numberUnavailable: pods.length - ready,
      updatedNumberScheduled: pods.length,
      observedGeneration: 1,
    };
    const updateStrategy = { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } };
    const spec = { selector: { matchLabels: labels }, template, updateStrategy, revisionHistoryLimit: 10 };
    const operator = first.role === 'calico-node' && model.calico.install === 'operator';
    const ownerReferences = operator
      ? {
          ownerReferences: [
            {
              apiVersion: 'operator.tigera.io/v1',
              kind: 'Installation',
              name: 'default',
              uid: 'b6a7a5a2-77e0-4b1f-9b0c-1e5a3f0c9d11',
              controller: true,
              blockOwnerDeletion: true,
            },
          ],
        }
      : {};
    return [object('apps/v1', 'DaemonSet', { name: owner.name, ...meta, ...ownerReferences }, { spec, status })];
  }
  const counts = {
    replicas: pods.length,
    observedGeneration: 1,
    ...(ready === 0 ? {} : { readyReplicas: ready, availableReplicas: ready }),
  };
  const spec = { replicas: pods.length, selector: { matchLabels: labels }, template };
  if (owner.kind === 'StatefulSet') {
    const status = { ...counts, currentReplicas: pods.length, updatedReplicas: pods.length };
    return [
      object(
        'apps/v1',
        'StatefulSet',
        { name: owner.name, ...meta },
        { spec: { ...spec, serviceName: owner.name }, status },
      ),
    ];
  }
  return replicaSetAndDeployment(owner.name, { ...meta, created }, spec, counts, pods.length - ready);
}

function replicaSetAndDeployment(
  name: string,
  meta: { namespace: string; created: string; labels: Record<string, string>; generation: number },
  spec: { replicas: number; selector: { matchLabels: Record<string, string> }; template: Record<string, unknown> },
  counts: Record<string, number>,
  unavailable: number,
): KubeObject[] {
  const deployment = name.slice(0, name.lastIndexOf('-'));
  const hash = name.slice(name.lastIndexOf('-') + 1);
  const labels = { ...meta.labels, 'pod-template-hash': hash };
  const revision = { 'deployment.kubernetes.io/revision': '1' };
  const available = unavailable === 0;
  const time = `${meta.created.slice(0, 19)}Z`;
  const conditions = [
    {
      type: 'Available',
      status: available ? 'True' : 'False',
      reason: available ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
      message: available ? 'Deployment has minimum availability.' : 'Deployment does not have minimum availability.',
      lastTransitionTime: time,
      lastUpdateTime: time,
    },
    {
      type: 'Progressing',
      status: available ? 'True' : 'False',
      reason: available ? 'NewReplicaSetAvailable' : 'ProgressDeadlineExceeded',
      message: available
        ? `ReplicaSet "${name}" has successfully progressed.`
        : `ReplicaSet "${name}" has timed out progressing.`,
      lastTransitionTime: time,
      lastUpdateTime: time,
    },
  ];
  const top = object(
    'apps/v1',
    'Deployment',
    { name: deployment, ...meta, annotations: revision },
    {
      spec: {
        ...spec,
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
        progressDeadlineSeconds: 600,
      },
      status: {
        ...counts,
        updatedReplicas: spec.replicas,
        ...(unavailable === 0 ? {} : { unavailableReplicas: unavailable }),
        conditions,
      },
    },
  );
  const owner = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    name: deployment,
    uid: top.metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
  const set = object(
    'apps/v1',
    'ReplicaSet',
    { name, ...meta, labels, annotations: revision, ownerReferences: [owner] },
    {
      spec: { ...spec, selector: { matchLabels: labels } },
      status: { ...counts, fullyLabeledReplicas: spec.replicas },
    },
  );
  return [top, set];
}

function stale(model: ClusterModel, pod: SimPod): boolean {
  return pod.node !== undefined && nodeOf(model, pod.node).kubelet.unknownSince !== undefined;
}

function withoutGenerated(labels: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).filter(([key]) => !GENERATED.includes(key)));
}

function templateSpec(pod: SimPod): Record<string, unknown> {
  const { nodeName: _, ...spec } = podSpec(pod);
  return spec;
}
