/** The Pods of the incident: the listings of lines 90-110 and 349-363, describe's of lines 178-180 and 474-526. */
import type { ClusterModel, SimNode, SimPod } from '../../cluster/simulate/model.ts';
import {
  appPod,
  calicoControllersPod,
  calicoNodePod,
  corednsPod,
  kubeProxyPod,
  staticPod,
} from '../../cluster/simulate/standard-pods.ts';
import { K8SCEPHNODE, K8SMASTER2, K8SMATER1 } from './nodes.ts';
import { T } from './times.ts';

type Basics = Pick<ClusterModel, 'kubernetes' | 'proxy' | 'calico'>;

/** Name and start of calico-node's Pods, which differ between stages. */
export interface CalicoPods {
  mater1: { name: string; created: string; started: string; restarts: number };
  master2: { name: string; created: string; started: string; restarts: number };
  cephnode: boolean;
}

const master2 = { node: K8SMASTER2, created: T.systemPods, containerStarted: T.calicoMaster2 };
const mater1 = { node: K8SMATER1, created: T.systemPods, containerStarted: T.calicoMater1 };

/** All Pods of a stage. */
export function pods(model: Basics, calico: CalicoPods): SimPod[] {
  return [...kubeSystem(model, calico), ...applications(calico.cephnode)];
}

function kubeSystem(model: Basics, calico: CalicoPods): SimPod[] {
  const controllers = calicoControllersPod(model, {
    name: 'calico-kube-controllers-5fc5dbfc47-4wkpw',
    node: K8SMATER1,
    created: T.controllersStart,
    ip: '10.109.169.8',
    restarts: 3,
    containerStarted: T.controllersStarted,
    last: {
      startedAt: T.controllersLastStarted,
      finishedAt: T.controllersLastFinished,
      exitCode: 255,
      reason: 'Error',
    },
  });
  const container = controllers.containers[0];
  if (container !== undefined) {
    container.containerID = 'docker://71a86218c0119198ee2966d56117e54668c6b64c40f3a9cdad57b41efb35cc13';
    container.imageID =
      'docker-pullable://calico/kube-controllers@sha256:0fa9d599e2147a5ee6d951c7f18f59144a6459c2346864a4b31c6ab38668a393';
  }
  controllers.tokenSecret = 'calico-kube-controllers-token-578zn';
  controllers.annotations = {
    'cni.projectcalico.org/podIP': '10.109.169.8/32',
    'scheduler.alpha.kubernetes.io/critical-pod': '',
  };
  const node = (of: CalicoPods['mater1'], on: SimNode): SimPod => ({
    ...calicoNodePod(model, {
      name: of.name,
      node: on,
      created: of.created,
      restarts: of.restarts,
      containerStarted: of.started,
    }),
    tokenSecret: 'calico-node-token-5cbcz',
  });
  const ceph = { node: K8SCEPHNODE, created: T.cephCreated };
  return [
    controllers,
    node(calico.master2, K8SMASTER2),
    ...(calico.cephnode ? [calicoNodePod(model, { ...ceph, name: 'calico-node-z85db', ready: false })] : []),
    node(calico.mater1, K8SMATER1),
    corednsPod(model, { ...mater1, name: 'coredns-7ff77c879f-brsgl', ip: '10.109.169.7', restarts: 3 }),
    corednsPod(model, { ...master2, name: 'coredns-7ff77c879f-kl8wl', ip: '10.109.209.195', restarts: 1 }),
    staticPod(model, 'etcd', { ...master2, restarts: 12 }),
    staticPod(model, 'etcd', { ...mater1, restarts: 6 }),
    staticPod(model, 'kube-apiserver', { ...master2, restarts: 16 }),
    staticPod(model, 'kube-apiserver', { ...mater1, restarts: 6 }),
    staticPod(model, 'kube-controller-manager', { ...master2, restarts: 27 }),
    staticPod(model, 'kube-controller-manager', { ...mater1, restarts: 28 }),
    ...(calico.cephnode ? [kubeProxyPod(model, { ...ceph, name: 'kube-proxy-4n5z8', restarts: 1 })] : []),
    kubeProxyPod(model, { ...master2, name: 'kube-proxy-74mvh', restarts: 3 }),
    kubeProxyPod(model, { ...mater1, name: 'kube-proxy-gxgc9', restarts: 7 }),
    staticPod(model, 'kube-scheduler', { ...master2, restarts: 24 }),
    staticPod(model, 'kube-scheduler', { ...mater1, restarts: 25 }),
  ];
}

const any = (port: number): { address: string; port: number } => ({ address: '0.0.0.0', port });
const JENKINS = {
  name: 'jenkins',
  image: 'jenkins/jenkins:lts',
  process: 'java',
  ports: [
    { name: 'web', containerPort: 8080 },
    { name: 'agent', containerPort: 50000 },
  ],
  listens: [any(8080), any(50000)],
};
const part = (name: string, image: string, port?: number, restarts?: number): Parameters<typeof appPod>[1][number] => ({
  name,
  image,
  process: name.split('-')[0] ?? name,
  ports: port === undefined ? [] : [{ name: 'web', containerPort: port }],
  listens: port === undefined ? [] : [any(port)],
  ...(restarts === undefined ? {} : { restarts }),
});

function applications(cephnode: boolean): SimPod[] {
  const taint = cephnode
    ? "1 node(s) had taint {node.kubernetes.io/unreachable: }, that the pod didn't tolerate, "
    : '';
  const jenkins = appPod(
    {
      namespace: 'ci',
      name: 'jenkins-dc995bb85-7w6t8',
      node: K8SMASTER2,
      ip: '10.109.209.196',
      created: T.jenkins,
      restarts: 1,
      containerStarted: T.calicoMaster2,
      labels: { 'k8s-app': 'jenkins', 'pod-template-hash': 'dc995bb85' },
      owner: { kind: 'ReplicaSet', name: 'jenkins-dc995bb85' },
    },
    [JENKINS],
  );
  const waiting = appPod(
    {
      namespace: 'ci2',
      name: 'jenkins-768d45bcb9-bhcmq',
      created: T.jenkins2,
      ready: false,
      labels: { 'k8s-app': 'jenkins', 'pod-template-hash': '768d45bcb9' },
      owner: { kind: 'ReplicaSet', name: 'jenkins-768d45bcb9' },
    },
    [{ ...JENKINS, requests: { memory: '16Gi' } }],
  );
  const message = `0/${cephnode ? 3 : 2} nodes are available: ${taint}2 Insufficient memory.`;
  waiting.pending = { reason: 'Unschedulable', message };
  return [jenkins, waiting, ...monitoring(cephnode)];
}

function monitoring(cephnode: boolean): SimPod[] {
  const namespace = 'default';
  const replica = (name: string, node: SimNode, ip: string, container: ReturnType<typeof part>): SimPod => {
    const set = name.slice(0, name.lastIndexOf('-'));
    const labels = {
      app: set.slice(0, set.lastIndexOf('-')),
      'pod-template-hash': set.slice(set.lastIndexOf('-') + 1),
    };
    return appPod(
      { namespace, name, node, ip, created: T.prometheus, labels, owner: { kind: 'ReplicaSet', name: set } },
      [container],
    );
  };
  const stateful = (name: string, node: SimNode, ip: string, containers: ReturnType<typeof part>[]): SimPod =>
    appPod(
      {
        namespace,
        name,
        node,
        ip,
        created: T.prometheus,
        labels: { app: name.split('-')[0] ?? name },
        owner: { kind: 'StatefulSet', name: name.slice(0, -2) },
      },
      containers,
    );
  const exporter = (suffix: string, node: SimNode): SimPod =>
    appPod(
      {
        namespace,
        name: `prometheus-operator-release-prometheus-node-exporter-${suffix}`,
        node,
        created: T.prometheus,
        labels: {
          app: 'prometheus-node-exporter',
          'controller-revision-hash': '77f6b64d9c',
          'pod-template-generation': '1',
        },
        owner: { kind: 'DaemonSet', name: 'prometheus-operator-release-prometheus-node-exporter' },
      },
      [part('node-exporter', 'quay.io/prometheus/node-exporter:v0.18.1', 9100)],
    );
  const out = [
    stateful('alertmanager-prometheus-operator-releas-alertmanager-0', K8SMATER1, '10.109.169.12', [
      part('alertmanager', 'quay.io/prometheus/alertmanager:v0.20.0', 9093),
      part('config-reloader', 'jimmidyson/configmap-reload:v0.3.0'),
    ]),
    replica(
      'prometheus-operator-releas-operator-6bc9b8c695-fcrqz',
      K8SMATER1,
      '10.109.169.11',
      part('prometheus-operator', 'quay.io/coreos/prometheus-operator:v0.38.1', 8080),
    ),
    replica(
      'prometheus-operator-release-grafana-98b9f4ccf-vvqv6',
      K8SMASTER2,
      '10.109.209.199',
      part('grafana', 'grafana/grafana:6.7.1', 3000),
    ),
    replica(
      'prometheus-operator-release-kube-state-metrics-5d9989d9b7-z7x4t',
      K8SMATER1,
      '10.109.169.10',
      part('kube-state-metrics', 'quay.io/coreos/kube-state-metrics:v1.9.5', 8080),
    ),
    exporter('hd8lw', K8SMASTER2),
    exporter('nvwm9', K8SMATER1),
    stateful('prometheus-prometheus-operator-releas-prometheus-0', K8SMASTER2, '10.109.209.201', [
      part('prometheus', 'quay.io/prometheus/prometheus:v2.16.0', 9090, 1),
      part('prometheus-config-reloader', 'quay.io/coreos/prometheus-config-reloader:v0.38.1'),
      part('rules-configmap-reloader', 'jimmidyson/configmap-reload:v0.3.0'),
    ]),
    elastic(),
  ];
  const grafana = out[2];
  grafana?.containers.push({
    ...part('grafana-sc-dashboard', 'kiwigrid/k8s-sidecar:0.1.99'),
    restarts: 0,
    startedAt: T.prometheus,
  });
  const operator = out[1];
  operator?.containers.push({
    ...part('tls-proxy', 'squareup/ghostunnel:v1.5.2', 8443),
    restarts: 0,
    startedAt: T.prometheus,
  });
  if (cephnode) {
    // Made by the DaemonSet after the kubelet had died: bound to the node, never started.
    const { ip: _, ...never } = exporter('9dk8c', K8SCEPHNODE);
    out.push({ ...never, phase: 'Pending', ready: false });
  }
  return out;
}

function elastic(): SimPod {
  return appPod(
    {
      namespace: 'es',
      name: 'p8s-elastic-exporter-58756f7f9b-5tfts',
      node: K8SMASTER2,
      ip: '10.109.209.198',
      created: T.elastic,
      labels: { app: 'p8s-elastic-exporter', 'pod-template-hash': '58756f7f9b' },
      owner: { kind: 'ReplicaSet', name: 'p8s-elastic-exporter-58756f7f9b' },
    },
    [part('elastic-exporter', 'justwatch/elasticsearch_exporter:1.1.0', 9108)],
  );
}
