/** Namespaces, the settings that kubeadm and Calico keep in ConfigMaps, leader records, and events. */
import type { KubeObject } from '../api/types.ts';
import { atLeast, digest } from './address.ts';
import { nodeOf } from './lookups.ts';
import { type ClusterModel, isRunning, type Leader, type SimEvent } from './model.ts';
import { micros, object, seconds } from './object.ts';
import { podUid } from './sockets.ts';
import type { World } from './world.ts';

/** Everything that is neither Node, Service, Pod nor Calico's. */
export function systemObjects(world: World): KubeObject[] {
  const { model } = world;
  const events = [...model.events, ...readinessEvents(world)];
  return [
    ...namespaces(model),
    ...configMaps(model),
    ...model.leaders.flatMap((leader) => leaderObjects(model, leader)),
    ...events.map(eventObject),
    ...(atLeast(model.kubernetes, '1.33.0') ? [serviceCidr(model)] : []),
  ];
}

function oldest(model: ClusterModel): string {
  return model.nodes.map((node) => node.created).sort()[0] ?? model.now;
}

function namespaces(model: ClusterModel): KubeObject[] {
  const first = new Map<string, string>();
  for (const name of ['default', 'kube-system', 'kube-public', 'kube-node-lease']) first.set(name, oldest(model));
  for (const { namespace, created } of [...model.pods, ...model.services]) {
    const known = first.get(namespace);
    if (known === undefined || created < known) first.set(namespace, created);
  }
  return [...first].map(([name, created]) => {
    const labels = atLeast(model.kubernetes, '1.21.0') ? { labels: { 'kubernetes.io/metadata.name': name } } : {};
    return object(
      'v1',
      'Namespace',
      { name, created, ...labels },
      { spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } },
    );
  });
}

function serviceCidr(model: ClusterModel): KubeObject {
  return object(
    'networking.k8s.io/v1',
    'ServiceCIDR',
    { name: 'kubernetes', created: oldest(model) },
    {
      spec: { cidrs: [model.serviceCidr] },
      status: {
        conditions: [
          {
            type: 'Ready',
            status: 'True',
            reason: '',
            message: 'Kubernetes Service CIDR is ready',
            lastTransitionTime: seconds(oldest(model)),
          },
        ],
      },
    },
  );
}

function configMaps(model: ClusterModel): KubeObject[] {
  const created = oldest(model);
  const map = (name: string, namespace: string, data: Record<string, string>): KubeObject =>
    object('v1', 'ConfigMap', { name, namespace, created }, { data });
  const out = [
    map('kubeadm-config', 'kube-system', { ClusterConfiguration: kubeadm(model), ...clusterStatus(model) }),
    map('kube-proxy', model.proxy.namespace, {
      'config.conf': kubeProxy(model),
      'kubeconfig.conf': `apiVersion: v1\nkind: Config\nclusters:\n- cluster:\n    server: https://${model.controlPlaneEndpoint}\n  name: default\n`,
    }),
  ];
  if (model.calico.install === 'manifest') {
    out.push(
      map('calico-config', model.calico.namespace, {
        calico_backend: 'bird',
        typha_service_name: 'none',
        veth_mtu: '1440',
      }),
    );
  }
  return out;
}

function kubeadm(model: ClusterModel): string {
  const version = atLeast(model.kubernetes, '1.31.0')
    ? 'v1beta4'
    : atLeast(model.kubernetes, '1.22.0')
      ? 'v1beta3'
      : 'v1beta2';
  return `apiServer: {}
apiVersion: kubeadm.k8s.io/${version}
certificatesDir: /etc/kubernetes/pki
clusterName: kubernetes
controlPlaneEndpoint: ${model.controlPlaneEndpoint}
controllerManager: {}
etcd:
  local:
    dataDir: /var/lib/etcd
kind: ClusterConfiguration
kubernetesVersion: ${model.kubernetes}
networking:
  dnsDomain: cluster.local
  podSubnet: ${model.calico.pool}
  serviceSubnet: ${model.serviceCidr}
scheduler: {}
`;
}

function clusterStatus(model: ClusterModel): Record<string, string> {
  if (atLeast(model.kubernetes, '1.22.0')) return {};
  const masters = model.nodes.filter((node) => node.controlPlane);
  const rows = masters
    .map((node) => `  ${node.name}:\n    advertiseAddress: ${node.internalIp}\n    bindPort: 6443\n`)
    .join('');
  return { ClusterStatus: `apiEndpoints:\n${rows}apiVersion: kubeadm.k8s.io/v1beta2\nkind: ClusterStatus\n` };
}

function kubeProxy(model: ClusterModel): string {
  const addresses = model.proxy.nodePortAddresses;
  const list = addresses.length === 0 ? 'null' : `\n${addresses.map((one) => `- ${one}`).join('\n')}`;
  return `apiVersion: kubeproxy.config.k8s.io/v1alpha1
bindAddress: 0.0.0.0
clusterCIDR: ${model.calico.pool}
configSyncPeriod: 0s
healthzBindAddress: ""
iptables:
  masqueradeAll: false
  syncPeriod: 0s
ipvs:
  scheduler: ""
  strictARP: false
  syncPeriod: 0s
kind: KubeProxyConfiguration
metricsBindAddress: ""
mode: "${model.proxy.mode}"
nodePortAddresses: ${list}
`;
}

/** v1.17 to v1.19 wrote both the annotation on an Endpoints and the Lease, later versions the Lease alone. */
function leaderObjects(model: ClusterModel, leader: Leader): KubeObject[] {
  const holder = `${leader.holder}_${object('v1', 'Leader', { name: leader.component + leader.holder }, {}).metadata.uid}`;
  const meta = { name: leader.component, namespace: 'kube-system', created: oldest(model) };
  const lease = object('coordination.k8s.io/v1', 'Lease', meta, {
    spec: {
      acquireTime: micros(leader.acquired),
      holderIdentity: holder,
      leaseDurationSeconds: 15,
      leaseTransitions: leader.transitions,
      renewTime: micros(leader.renewed),
    },
  });
  if (atLeast(model.kubernetes, '1.20.0')) return [lease];
  const record = JSON.stringify({
    holderIdentity: holder,
    leaseDurationSeconds: 15,
    acquireTime: seconds(leader.acquired),
    renewTime: seconds(leader.renewed),
    leaderTransitions: leader.transitions,
  });
  return [
    lease,
    object('v1', 'Endpoints', { ...meta, annotations: { 'control-plane.alpha.kubernetes.io/leader': record } }, {}),
  ];
}

function eventObject(event: SimEvent): KubeObject {
  const key = `${event.about.kind}/${event.about.name}/${event.reason}/${event.message}`;
  const named = event.about.kind === 'Node' ? undefined : event.namespace;
  const uid =
    event.about.kind === 'Pod' ? podUid({ namespace: event.namespace, name: event.about.name }) : event.about.name;
  return object(
    'v1',
    'Event',
    { name: `${event.about.name}.${digest(key).slice(0, 16)}`, namespace: event.namespace, created: event.first },
    {
      involvedObject: {
        kind: event.about.kind,
        name: event.about.name,
        uid,
        apiVersion: 'v1',
        ...(named === undefined ? {} : { namespace: named }),
      },
      reason: event.reason,
      message: event.message,
      source: { component: event.component, ...(event.host === undefined ? {} : { host: event.host }) },
      firstTimestamp: seconds(event.first),
      lastTimestamp: seconds(event.last),
      count: event.count,
      type: event.type,
      eventTime: null,
      reportingComponent: '',
      reportingInstance: '',
    },
  );
}

/** The probe runs every ten seconds; differing texts of one reason are counted on one event. */
function readinessEvents(world: World): SimEvent[] {
  const { model } = world;
  return model.pods.flatMap((pod) => {
    if (pod.role !== 'calico-node' || pod.node === undefined || pod.phase !== 'Running') return [];
    if (!pod.containers.every(isRunning)) return [];
    const node = nodeOf(model, pod.node);
    const why = world.calicoNotReady(node);
    if (why === undefined || node.kubelet.state !== 'running' || !node.containersRun) return [];
    const started = Date.parse(node.calicoStarted);
    const last = new Date(Date.parse(model.now) - 4000).toISOString();
    return [
      {
        namespace: pod.namespace,
        about: { kind: 'Pod', name: pod.name },
        type: 'Warning' as const,
        reason: 'Unhealthy',
        message: readinessText(model, why, last),
        count: Math.max(1, Math.floor((Date.parse(last) - started) / 10_000)),
        first: new Date(started + 8000).toISOString(),
        last,
        component: 'kubelet',
        host: node.name,
      },
    ];
  });
}

/** Older versions glue a log line to the end of the message, later ones print it before. */
export function readinessText(model: ClusterModel, why: string, time: string): string {
  const stamp = `${time.slice(0, 10)} ${time.slice(11, 23)}`;
  const peering = why.includes('BGP not established');
  if (!peering) return `Readiness probe failed: ${why}`;
  if (!atLeast(model.calico.version, '3.10.0')) {
    const glued = `${stamp} [INFO][17547] health.go 156: Number of node(s) with BGP peering established = 0`;
    return `(combined from similar events): Readiness probe failed: ${why}${glued}`;
  }
  const head = `${stamp} [INFO][17547] confd/health.go 180: Number of node(s) with BGP peering established = 0`;
  return `(combined from similar events): Readiness probe failed: ${head}\n${why}`;
}
