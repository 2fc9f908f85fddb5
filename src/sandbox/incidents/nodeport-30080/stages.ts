/** The four stages of the incident as models: the outage, the sick node's inside, after the upgrade, after the repair. */
import type { Calico, ClusterModel, SimEvent, SimNode, SimService } from '../../cluster/simulate/model.ts';
import { controllerLog } from './log.ts';
import { K8SCEPHNODE, K8SMASTER2, K8SMATER1, LANS } from './nodes.ts';
import { type CalicoPods, pods } from './pods.ts';
import { beijing, NOW, T } from './times.ts';

export type StageNumber = 1 | 2 | 3 | 4;

const CALICO: Calico = {
  version: '3.9.5',
  install: 'manifest',
  namespace: 'kube-system',
  env: { IP: 'autodetect' },
  pool: '10.96.0.0/12',
  encapsulation: 'ipip',
  meshEnabled: true,
  asNumber: 64_512,
  controllersVersion: '3.9.5',
  established: T.systemPods,
};

const BEFORE: CalicoPods = {
  mater1: { name: 'calico-node-zhjt9', created: T.systemPods, started: T.calicoMater1, restarts: 3 },
  master2: { name: 'calico-node-96bpx', created: T.systemPods, started: T.calicoMaster2, restarts: 1 },
  cephnode: true,
};
const UPGRADED: CalicoPods = {
  mater1: { name: 'calico-node-t8wqk', created: T.upgrade, started: T.upgrade, restarts: 0 },
  master2: { name: 'calico-node-2xvlr', created: T.upgrade, started: T.upgrade, restarts: 0 },
  cephnode: false,
};
const REPAIRED: CalicoPods = {
  mater1: { name: 'calico-node-qm5cz', created: T.repair, started: T.established, restarts: 0 },
  master2: { name: 'calico-node-7h4nd', created: T.repair, started: T.repair, restarts: 0 },
  cephnode: false,
};

/** The model of a stage. */
export function stageModel(stage: StageNumber): ClusterModel {
  const now = NOW[stage];
  const calico = stage < 3 ? CALICO : { ...CALICO, version: '3.14.0', env: stage === 3 ? CALICO.env : REPAIRED_ENV };
  const calicoPods = stage < 3 ? BEFORE : stage === 3 ? UPGRADED : REPAIRED;
  const basics = {
    kubernetes: 'v1.18.2',
    proxy: { mode: 'ipvs' as const, nodePortAddresses: [], namespace: 'kube-system' },
    calico,
  };
  return {
    name: `nodeport-30080 stage ${stage}`,
    now,
    serviceCidr: '10.96.0.0/12',
    controlPlaneEndpoint: '172.17.73.63:6443',
    ...basics,
    lans: LANS,
    nodes: nodes(stage),
    services: SERVICES,
    pods: pods(basics, calicoPods),
    events: events(stage),
    leaders: leaders(now),
    extraObjects: [],
    logs: { 'kube-system/calico-kube-controllers-5fc5dbfc47-4wkpw/calico-kube-controllers': controllerLog(now) },
  };
}

/** `can-reach` exists in v3.14.0; the gateway is no node's address and lies on the network that all nodes share. */
const REPAIRED_ENV = { IP: 'autodetect', IP_AUTODETECTION_METHOD: 'can-reach=172.17.72.1' };

function nodes(stage: StageNumber): SimNode[] {
  if (stage < 3) return [{ ...K8SCEPHNODE, agent: stage === 2 }, K8SMASTER2, K8SMATER1];
  const started = stage === 3 ? [T.upgrade, T.upgrade] : [T.repair, T.established];
  return [
    { ...K8SMASTER2, calicoStarted: started[0] ?? T.upgrade },
    { ...K8SMATER1, calicoStarted: started[1] ?? T.upgrade },
  ];
}

const SERVICES: SimService[] = [
  {
    namespace: 'default',
    name: 'kubernetes',
    type: 'ClusterIP',
    clusterIP: '10.96.0.1',
    ports: [{ name: 'https', port: 443, targetPort: 6443 }],
    labels: { component: 'apiserver', provider: 'kubernetes' },
    created: T.mastersCreated,
  },
  {
    namespace: 'kube-system',
    name: 'kube-dns',
    type: 'ClusterIP',
    clusterIP: '10.96.0.10',
    selector: { 'k8s-app': 'kube-dns' },
    ports: [
      { name: 'dns-tcp', port: 53, targetPort: 53 },
      { name: 'metrics', port: 9153, targetPort: 9153 },
    ],
    labels: { 'k8s-app': 'kube-dns', 'kubernetes.io/cluster-service': 'true', 'kubernetes.io/name': 'KubeDNS' },
    created: T.mastersCreated,
  },
  {
    namespace: 'ci',
    name: 'jenkins-svc',
    type: 'NodePort',
    clusterIP: '10.99.214.53',
    selector: { 'k8s-app': 'jenkins' },
    ports: [
      { name: 'web', port: 80, targetPort: 8080, nodePort: 30080 },
      { name: 'agent', port: 50000, targetPort: 50000, nodePort: 30945 },
    ],
    created: T.jenkins,
  },
  {
    namespace: 'ci2',
    name: 'jenkins-svc',
    type: 'NodePort',
    clusterIP: '10.104.88.17',
    selector: { 'k8s-app': 'jenkins' },
    ports: [{ name: 'web', port: 80, targetPort: 8080, nodePort: 30082 }],
    created: T.jenkins2,
  },
];

/** Line 394, to the letter: the text was written when k8scephnode had gone, by a Pod that has gone in stage 3; events stay an hour. */
export const READINESS =
  '(combined from similar events): Readiness probe failed: calico/node is not ready: BIRD is not ready: BGP not established with 10.0.0.662020-05-27 03:45:40.461 [INFO][17547] health.go 156: Number of node(s) with BGP peering established = 0';

function events(stage: StageNumber): SimEvent[] {
  const unscheduled: SimEvent = {
    namespace: 'ci2',
    about: { kind: 'Pod', name: 'jenkins-768d45bcb9-bhcmq' },
    type: 'Warning',
    reason: 'FailedScheduling',
    message:
      stage < 3
        ? "0/3 nodes are available: 1 node(s) had taint {node.kubernetes.io/unreachable: }, that the pod didn't tolerate, 2 Insufficient memory."
        : '0/2 nodes are available: 2 Insufficient memory.',
    count: 5821,
    first: T.jenkins2,
    last: new Date(Date.parse(NOW[stage]) - 41_000).toISOString(),
    component: 'default-scheduler',
  };
  if (stage < 3) return [unscheduled];
  if (stage === 3) {
    return [
      unscheduled,
      {
        namespace: 'kube-system',
        about: { kind: 'Pod', name: 'calico-node-96bpx' },
        type: 'Warning',
        reason: 'Unhealthy',
        message: READINESS,
        count: 52_551,
        first: beijing('2020-05-21 09:45:50'),
        last: '2020-05-27T03:45:40.461Z',
        component: 'kubelet',
        host: 'k8smaster2',
      },
    ];
  }
  return [
    unscheduled,
    {
      namespace: 'kube-system',
      about: { kind: 'Pod', name: 'calico-kube-controllers-5fc5dbfc47-4wkpw' },
      type: 'Warning',
      reason: 'Unhealthy',
      message: 'Readiness probe failed: Error verifying datastore: etcdserver: request timed out',
      count: 7,
      first: beijing('2020-05-25 14:40:12'),
      last: '2020-05-27T08:19:48.000Z',
      component: 'kubelet',
      host: 'k8smater1',
    },
  ];
}

function leaders(now: string): ClusterModel['leaders'] {
  const acquired = stageAcquired(now);
  const renewed = new Date(Date.parse(now) - 1000).toISOString();
  return [
    { component: 'kube-controller-manager', holder: 'k8smater1', acquired, renewed, transitions: 53 },
    { component: 'kube-scheduler', holder: 'k8smaster2', acquired, renewed, transitions: 47 },
  ];
}

/** The last change of leader that is known of before this moment: when etcd timed out. */
function stageAcquired(now: string): string {
  return now > '2020-05-27T08:20:05.000Z' ? '2020-05-27T08:20:05.000Z' : '2020-05-26T12:56:31.000Z';
}
