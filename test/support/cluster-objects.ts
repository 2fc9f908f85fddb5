/** A small cluster as objects: three nodes, Calico by manifest, one NodePort Service with one endpoint, its control plane. */
import type { Obj } from './memory-cluster.ts';

export const NOW = Date.parse('2026-03-01T12:00:00Z');
export const clock = { now: () => NOW };

/** Gives a time some seconds before NOW. */
export function ago(seconds: number): string {
  return new Date(NOW - seconds * 1000).toISOString();
}

export function node(name: string, ip: string, calico = `${ip}/24`, ready = true): Obj {
  return {
    kind: 'Node',
    metadata: {
      name,
      annotations: { 'projectcalico.org/IPv4Address': calico, 'other.example/x': 'y' },
      labels: { a: 'b' },
    },
    spec: { podCIDR: '10.20.0.0/24' },
    status: {
      addresses: [
        { type: 'InternalIP', address: ip },
        { type: 'Hostname', address: name },
      ],
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'Unknown', reason: 'x', message: 'y' }],
      nodeInfo: { kubeletVersion: 'v1.29.3', containerRuntimeVersion: 'containerd://1.7.13' },
    },
  };
}

export function lease(name: string, namespace = 'kube-node-lease', seconds = 5): Obj {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name, namespace },
    spec: { holderIdentity: name, leaseDurationSeconds: 40, renewTime: ago(seconds), leaseTransitions: 3 },
  };
}

export function service(namespace: string, name: string, nodePort: number, selector?: Record<string, string>): Obj {
  return {
    kind: 'Service',
    metadata: { name, namespace },
    spec: {
      type: 'NodePort',
      clusterIP: '10.30.0.10',
      selector: selector ?? { app: name },
      ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 8080, nodePort }],
    },
  };
}

export function pod(namespace: string, name: string, labels: Record<string, string>, on?: string, ready = true): Obj {
  return {
    kind: 'Pod',
    metadata: { name, namespace, labels, uid: `uid-${name}` },
    spec: {
      ...(on === undefined ? {} : { nodeName: on }),
      containers: [
        {
          name: labels['k8s-app'] ?? labels['component'] ?? 'app',
          image: 'registry.example/app:1.2.3',
          env: [
            { name: 'DB_PASSWORD', value: 'hunter2' },
            { name: 'MODE', value: 'fast' },
            { name: 'KEY', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
          ],
        },
      ],
    },
    status: {
      phase: on === undefined ? 'Pending' : 'Running',
      podIPs: on === undefined ? null : [{ ip: '10.20.1.5' }],
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
      containerStatuses: [
        { name: 'app', ready, restartCount: 2, state: { running: { startedAt: ago(600) } }, lastState: {} },
      ],
    },
  };
}

export function endpoints(namespace: string, name: string, ip: string | undefined, nodeName: string): Obj {
  const addresses = ip === undefined ? [] : [{ ip, nodeName, targetRef: { kind: 'Pod', namespace, name: 'web-1' } }];
  return {
    kind: 'Endpoints',
    metadata: { name, namespace },
    subsets: ip === undefined ? null : [{ addresses, ports: [{ name: 'http', port: 8080, protocol: 'TCP' }] }],
  };
}

export function slice(namespace: string, service: string, ip: string, nodeName: string): Obj {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `${service}-abc`, namespace, labels: { 'kubernetes.io/service-name': service } },
    endpoints: [
      { addresses: [ip], nodeName, conditions: { ready: true }, targetRef: { kind: 'Pod', namespace, name: 'web-1' } },
    ],
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
  };
}

export function event(about: { kind: string; namespace?: string; name: string }, message: string): Obj {
  const namespace = about.namespace ?? 'default';
  return {
    kind: 'Event',
    metadata: { name: `${about.name}.1`, namespace },
    type: 'Warning',
    reason: 'Unhealthy',
    message,
    count: 7,
    firstTimestamp: ago(3600),
    lastTimestamp: ago(10),
    involvedObject: about,
    source: { component: 'kubelet' },
  };
}

export function daemonSet(namespace: string, name: string, env: unknown[] = []): Obj {
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name, namespace, labels: { 'k8s-app': name } },
    spec: {
      selector: { matchLabels: { 'k8s-app': name } },
      template: { spec: { containers: [{ name, image: `docker.io/calico/node:v3.26.1`, env }] } },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } },
    },
    status: { desiredNumberScheduled: 3, numberReady: 1, numberAvailable: 1, updatedNumberScheduled: 3 },
  };
}

function apiServers(): Obj[] {
  const ports = [{ name: 'https', port: 6443, protocol: 'TCP' }];
  const labels = { 'kubernetes.io/service-name': 'kubernetes' };
  return [
    {
      kind: 'Endpoints',
      metadata: { name: 'kubernetes', namespace: 'default' },
      subsets: [{ addresses: [{ ip: '192.0.2.1' }], ports }],
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: 'kubernetes', namespace: 'default', labels },
      endpoints: [{ addresses: ['192.0.2.1'], conditions: { ready: true } }],
      ports,
    },
  ];
}

/** The whole cluster. Node n2 has Calico's address in another network; n3 is not Ready. */
export function smallCluster(): Obj[] {
  const calico = { 'k8s-app': 'calico-node' };
  const env = [
    { name: 'IP', value: 'autodetect' },
    {
      name: 'CALICO_NETWORKING_BACKEND',
      valueFrom: { configMapKeyRef: { name: 'calico-config', key: 'calico_backend' } },
    },
  ];
  return [
    node('n1', '192.0.2.1'),
    node('n2', '192.0.2.2', '198.51.100.2/24'),
    node('n3', '192.0.2.3', '192.0.2.3/24', false),
    ...['n1', 'n2', 'n3'].map((name) => lease(name)),
    lease('kube-controller-manager', 'kube-system'),
    lease('kube-scheduler', 'kube-system'),
    { kind: 'Namespace', metadata: { name: 'default' } },
    { kind: 'Namespace', metadata: { name: 'shop' } },
    service('shop', 'web', 30080),
    service('shop', 'lonely', 30082),
    service('other', 'twin', 30090),
    service('shop', 'twin', 30091),
    pod('shop', 'web-1', { app: 'web' }, 'n1'),
    pod('shop', 'lonely-1', { app: 'lonely' }, undefined, false),
    endpoints('shop', 'web', '10.20.1.5', 'n1'),
    endpoints('shop', 'lonely', undefined, ''),
    ...apiServers(),
    slice('shop', 'web', '10.20.1.5', 'n1'),
    daemonSet('kube-system', 'calico-node', env),
    daemonSet('kube-system', 'kube-proxy'),
    ...['n1', 'n2', 'n3'].map((name) => pod('kube-system', `calico-node-${name}`, calico, name, name === 'n1')),
    ...['n1', 'n2', 'n3'].map((name) => pod('kube-system', `kube-proxy-${name}`, { 'k8s-app': 'kube-proxy' }, name)),
    pod('kube-system', 'etcd-n1', { component: 'etcd', tier: 'control-plane' }, 'n1'),
    event(
      { kind: 'Pod', namespace: 'kube-system', name: 'calico-node-n2' },
      'calico/node is not ready: token=abcdefghijk',
    ),
    {
      kind: 'ConfigMap',
      metadata: { name: 'kubeadm-config', namespace: 'kube-system' },
      data: { ClusterConfiguration: 'networking:\n  podSubnet: 10.20.0.0/16\n  serviceSubnet: "10.30.0.0/16"\n' },
    },
    {
      kind: 'ConfigMap',
      metadata: { name: 'kube-proxy', namespace: 'kube-system' },
      data: {
        'config.conf': 'mode: "ipvs"\nnodePortAddresses: null\nclusterCIDR: 10.20.0.0/16\niptables:\n  mode: no\n',
      },
    },
    {
      apiVersion: 'crd.projectcalico.org/v1',
      kind: 'IPPool',
      metadata: { name: 'default-ipv4-ippool' },
      spec: { cidr: '10.20.0.0/16', ipipMode: 'Always', natOutgoing: true },
    },
    {
      apiVersion: 'crd.projectcalico.org/v1',
      kind: 'BlockAffinity',
      metadata: { name: 'n1-10-20-1-0-26' },
      spec: { node: 'n1', cidr: '10.20.1.0/26', state: 'confirmed', deleted: 'false' },
    },
  ];
}

/** The API groups of that cluster. */
export const GROUPS = {
  apps: ['v1'],
  'coordination.k8s.io': ['v1'],
  'discovery.k8s.io': ['v1'],
  'crd.projectcalico.org': ['v1'],
};
