/** A small, made-up cluster for the API server's own tests: two nodes, one of them silent, and a bit of everything. */
import type { KubeObject } from '../../../src/sandbox/cluster/api/server.ts';

/** The moment in which the fixture lives; tests shift it to the present. */
export const RECORDED_AT = Date.parse('2024-03-10T12:00:00Z');

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** An RFC 3339 time so long before the recorded moment. */
export function ago(ms: number): string {
  return new Date(RECORDED_AT - ms).toISOString().replace('.000Z', 'Z');
}

function node(name: string, address: string, ready: 'True' | 'Unknown', labels: Record<string, string>): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      uid: `uid-${name}`,
      creationTimestamp: ago(28 * DAY + HOUR),
      labels: { 'kubernetes.io/hostname': name, ...labels },
    },
    spec: { podCIDR: '10.1.0.0/24' },
    status: {
      addresses: [
        { type: 'InternalIP', address },
        { type: 'Hostname', address: name },
      ],
      capacity: { cpu: '4', memory: '8000000Ki', pods: '110' },
      allocatable: { cpu: '4', memory: '7900000Ki', pods: '110' },
      conditions: [
        {
          type: 'Ready',
          status: ready,
          reason: ready === 'True' ? 'KubeletReady' : 'NodeStatusUnknown',
          message: ready === 'True' ? 'kubelet is posting ready status' : 'Kubelet stopped posting node status.',
          lastHeartbeatTime: ago(MINUTE),
          lastTransitionTime: ago(3 * HOUR),
        },
      ],
      nodeInfo: {
        kubeletVersion: 'v1.18.2',
        kubeProxyVersion: 'v1.18.2',
        osImage: 'Ubuntu 18.04.4 LTS',
        kernelVersion: '4.15.0-99-generic',
        containerRuntimeVersion: 'docker://19.3.8',
        architecture: 'amd64',
        operatingSystem: 'linux',
        bootID: 'b',
        machineID: 'm',
        systemUUID: 's',
      },
    },
  };
}

/** A running Pod with one container. */
export function pod(namespace: string, name: string, nodeName: string, extra: Partial<KubeObject> = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      namespace,
      name,
      uid: `uid-${name}`,
      creationTimestamp: ago(3 * HOUR + 12 * MINUTE),
      labels: { app: name.split('-')[0] ?? name },
    },
    spec: { nodeName, containers: [{ name: 'main', image: 'example/main:1' }], restartPolicy: 'Always' },
    status: {
      phase: 'Running',
      podIP: '10.1.0.7',
      podIPs: [{ ip: '10.1.0.7' }],
      conditions: [{ type: 'Ready', status: 'True' }],
      containerStatuses: [
        {
          name: 'main',
          image: 'example/main:1',
          imageID: '',
          ready: true,
          restartCount: 0,
          state: { running: { startedAt: ago(3 * HOUR) } },
          lastState: {},
        },
      ],
    },
    ...extra,
  };
}

/** The whole fixture, fresh on each call, with more objects if given. */
export function smallCluster(more: KubeObject[] = []): KubeObject[] {
  return [
    node('alpha', '192.0.2.11', 'True', { 'node-role.kubernetes.io/master': '', zone: 'a' }),
    node('beta', '192.0.2.12', 'Unknown', { zone: 'b' }),
    ...['default', 'shop', 'kube-node-lease'].map((name) => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, creationTimestamp: ago(28 * DAY) },
      status: { phase: 'Active' },
    })),
    pod('shop', 'web-1', 'alpha'),
    pod('shop', 'web-2', 'beta'),
    pod('default', 'tool-1', 'alpha'),
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { namespace: 'shop', name: 'web', uid: 'uid-svc-web', creationTimestamp: ago(12 * DAY) },
      spec: {
        type: 'NodePort',
        clusterIP: '10.96.0.20',
        clusterIPs: ['10.96.0.20'],
        selector: { app: 'web' },
        ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 8080, nodePort: 30080 }],
      },
      status: { loadBalancer: {} },
    },
    {
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { namespace: 'shop', name: 'web', creationTimestamp: ago(12 * DAY) },
      subsets: [{ addresses: [{ ip: '10.1.0.7', nodeName: 'alpha' }], ports: [{ name: 'http', port: 8080 }] }],
    },
    {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { namespace: 'kube-node-lease', name: 'alpha', creationTimestamp: ago(28 * DAY) },
      spec: { holderIdentity: 'alpha', leaseDurationSeconds: 40, renewTime: ago(5 * SECOND).replace('Z', '.123456Z') },
    },
    {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { namespace: 'shop', name: 'web-2.1', creationTimestamp: ago(20 * MINUTE) },
      involvedObject: { kind: 'Pod', namespace: 'shop', name: 'web-2', uid: 'uid-web-2', apiVersion: 'v1' },
      reason: 'NodeNotReady',
      message: 'Node is not ready',
      type: 'Warning',
      source: { component: 'node-controller' },
      firstTimestamp: ago(20 * MINUTE),
      lastTimestamp: ago(20 * MINUTE),
      count: 1,
    },
    {
      apiVersion: 'crd.projectcalico.org/v1',
      kind: 'IPPool',
      metadata: { name: 'default-ipv4-ippool', creationTimestamp: ago(28 * DAY) },
      spec: { cidr: '10.1.0.0/16', ipipMode: 'Always' },
    },
    ...more,
  ];
}

/** A workload with one container and the defaults that a real server would have filled in. */
export function workload(kind: 'Deployment' | 'DaemonSet', name: string): KubeObject {
  const rolling = (rollingUpdate: object) => ({ type: 'RollingUpdate', rollingUpdate });
  const own =
    kind === 'Deployment'
      ? { replicas: 2, strategy: rolling({ maxSurge: '25%', maxUnavailable: '25%' }), progressDeadlineSeconds: 600 }
      : { updateStrategy: rolling({ maxUnavailable: 1 }) };
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: {
      namespace: 'shop',
      name,
      uid: `uid-${name}`,
      generation: 1,
      creationTimestamp: ago(DAY),
      labels: { app: name },
    },
    spec: {
      ...own,
      revisionHistoryLimit: 10,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: {
          containers: [
            {
              name: 'main',
              image: 'example/main:1',
              env: [{ name: 'MODE', value: 'a' }],
              imagePullPolicy: 'IfNotPresent',
            },
          ],
          restartPolicy: 'Always',
        },
      },
    },
    status: { observedGeneration: 1 },
  };
}

/** A request of a kubelet for its serving certificate, not yet decided. */
export function kubeletCsr(name: string): KubeObject {
  return {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name, uid: `uid-${name}`, creationTimestamp: ago(MINUTE) },
    spec: {
      request: 'QUJD',
      signerName: 'kubernetes.io/kubelet-serving',
      usages: ['digital signature', 'server auth'],
      username: 'system:node:alpha',
      groups: ['system:nodes'],
    },
    status: {},
  };
}
