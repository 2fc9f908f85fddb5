/** The Pods that every kubeadm cluster with Calico has, with the images and probes of the model's versions. */
import { addressAt, atLeast } from './address.ts';
import type { Calico, ClusterModel, PodRole, SimContainer, SimNode, SimPod } from './model.ts';

/** What differs between Pods of the same kind. */
export interface PodFacts {
  name: string;
  node: SimNode;
  created: string;
  started?: string;
  restarts?: number;
  containerStarted?: string;
  last?: SimContainer['last'];
  ready?: boolean;
  ip?: string;
}

type Basics = Pick<ClusterModel, 'kubernetes' | 'proxy' | 'calico'>;

function pod(
  role: PodRole,
  namespace: string,
  facts: PodFacts,
  labels: Record<string, string>,
  container: Omit<SimContainer, 'restarts'>,
): SimPod {
  const hostNetwork = facts.ip === undefined;
  return {
    namespace,
    name: facts.name,
    role,
    node: facts.node.name,
    ip: facts.ip ?? facts.node.internalIp,
    hostNetwork,
    labels,
    created: facts.created,
    started: facts.started ?? facts.created,
    ready: facts.ready ?? true,
    phase: 'Running',
    containers: [
      {
        ...container,
        restarts: facts.restarts ?? 0,
        startedAt: facts.containerStarted ?? facts.started ?? facts.created,
        ...(facts.last === undefined ? {} : { last: facts.last }),
      },
    ],
  };
}

/** calico-node on one node. Its readiness is worked out when the cluster is rendered. */
export function calicoNodePod(model: Basics, facts: PodFacts): SimPod {
  const { calico } = model;
  const made = pod(
    'calico-node',
    calico.namespace,
    facts,
    { 'k8s-app': 'calico-node', 'controller-revision-hash': '5f8d8c9b6d', 'pod-template-generation': '1' },
    {
      name: 'calico-node',
      image: `${registry(calico)}calico/node:v${calico.version}`,
      process: 'calico-node',
      env: {
        DATASTORE_TYPE: 'kubernetes',
        WAIT_FOR_DATASTORE: 'true',
        CLUSTER_TYPE: calico.install === 'operator' ? 'k8s,operator,bgp,kubeadm' : 'k8s,bgp',
        FELIX_IPV6SUPPORT: 'false',
        FELIX_HEALTHENABLED: 'true',
        ...(calico.install === 'manifest' ? poolEnv(calico) : {}),
        ...calico.env,
      },
      ports: [],
      listens: [],
      requests: { cpu: '250m' },
      readiness: { exec: ['/bin/calico-node', '-felix-ready', '-bird-ready'] },
    },
  );
  return { ...made, owner: { kind: 'DaemonSet', name: 'calico-node' }, tolerateAll: true };
}

function registry(calico: Calico): string {
  return atLeast(calico.version, '3.29.0') ? 'quay.io/' : atLeast(calico.version, '3.17.0') ? 'docker.io/' : '';
}

function poolEnv(calico: Calico): Record<string, string> {
  return {
    CALICO_IPV4POOL_IPIP: calico.encapsulation === 'ipip' ? 'Always' : 'Never',
    CALICO_IPV4POOL_VXLAN: calico.encapsulation === 'vxlan' ? 'Always' : 'Never',
    CALICO_IPV4POOL_CIDR: calico.pool,
  };
}

/** kube-proxy on one node. */
export function kubeProxyPod(model: Basics, facts: PodFacts): SimPod {
  const made = pod(
    'kube-proxy',
    model.proxy.namespace,
    facts,
    { 'k8s-app': 'kube-proxy', 'controller-revision-hash': '665f6d68c5', 'pod-template-generation': '1' },
    {
      name: 'kube-proxy',
      image: `${images(model)}/kube-proxy:${model.kubernetes}`,
      process: 'kube-proxy',
      command: [
        '/usr/local/bin/kube-proxy',
        '--config=/var/lib/kube-proxy/config.conf',
        '--hostname-override=$(NODE_NAME)',
      ],
      ports: [],
      listens: [],
    },
  );
  return { ...made, owner: { kind: 'DaemonSet', name: 'kube-proxy' }, tolerateAll: true };
}

function images(model: Pick<ClusterModel, 'kubernetes'>): string {
  return atLeast(model.kubernetes, '1.25.0') ? 'registry.k8s.io' : 'k8s.gcr.io';
}

/** A static Pod of the control plane. */
export function staticPod(
  model: Basics,
  role: 'etcd' | 'kube-apiserver' | 'kube-controller-manager' | 'kube-scheduler',
  facts: Omit<PodFacts, 'name'>,
): SimPod {
  const etcd = role === 'etcd';
  const image = etcd
    ? `${images(model)}/etcd:${atLeast(model.kubernetes, '1.22.0') ? '3.5.6-0' : '3.4.3-0'}`
    : `${images(model)}/${role}:${model.kubernetes}`;
  const named = { ...facts, name: `${role}-${facts.node.name}` };
  const made = pod(
    role,
    'kube-system',
    named,
    { component: role, tier: 'control-plane' },
    {
      name: role,
      image,
      process: role,
      command: [role],
      ports: [],
      listens: [],
      ...(etcd ? {} : { requests: { cpu: role === 'kube-scheduler' ? '100m' : '200m' } }),
    },
  );
  return { ...made, owner: { kind: 'Node', name: facts.node.name }, tolerateAll: true };
}

/** A Pod of coredns. */
export function corednsPod(model: Basics, facts: PodFacts & { ip: string }): SimPod {
  const hash = facts.name.split('-')[1] ?? '7ff77c879f';
  const made = pod(
    'coredns',
    'kube-system',
    facts,
    { 'k8s-app': 'kube-dns', 'pod-template-hash': hash },
    {
      name: 'coredns',
      image: `${images(model)}/coredns:1.6.7`,
      process: 'coredns',
      ports: [
        { name: 'dns-tcp', containerPort: 53 },
        { name: 'metrics', containerPort: 9153 },
      ],
      listens: [53, 9153, 8080, 8181].map((port) => ({ address: '0.0.0.0', port })),
      requests: { cpu: '100m', memory: '70Mi' },
      readiness: { httpGet: { path: '/ready', port: 8181 } },
    },
  );
  return { ...made, owner: { kind: 'ReplicaSet', name: facts.name.split('-').slice(0, 2).join('-') } };
}

/** Calico's controllers, which look at the datastore and at nothing on the data path. */
export function calicoControllersPod(model: Basics, facts: PodFacts & { ip: string }): SimPod {
  const version = model.calico.controllersVersion ?? model.calico.version;
  const hash = facts.name.split('-')[3] ?? '';
  const made = pod(
    'calico-kube-controllers',
    model.calico.namespace,
    facts,
    { 'k8s-app': 'calico-kube-controllers', 'pod-template-hash': hash },
    {
      name: 'calico-kube-controllers',
      image: `${registry({ ...model.calico, version })}calico/kube-controllers:v${version}`,
      process: 'kube-controllers',
      env: { ENABLED_CONTROLLERS: 'node', DATASTORE_TYPE: 'kubernetes' },
      ports: [],
      listens: [],
      readiness: { exec: ['/usr/bin/check-status', '-r'] },
    },
  );
  return { ...made, owner: { kind: 'ReplicaSet', name: facts.name.split('-').slice(0, 4).join('-') } };
}

/** An application's Pod. */
export function appPod(
  facts: Omit<PodFacts, 'node'> & {
    node?: SimNode;
    namespace: string;
    labels: Record<string, string>;
    owner: NonNullable<SimPod['owner']>;
  },
  containers: (Omit<SimContainer, 'restarts' | 'startedAt' | 'last'> & Partial<Pick<SimContainer, 'restarts'>>)[],
): SimPod {
  const { namespace, labels, owner, node, ip, ready } = facts;
  return {
    namespace,
    name: facts.name,
    role: 'app',
    ...(node === undefined ? {} : { node: node.name, ip: ip ?? node.internalIp }),
    hostNetwork: node !== undefined && ip === undefined,
    labels,
    owner,
    created: facts.created,
    started: facts.started ?? facts.created,
    ready: ready ?? true,
    phase: node === undefined ? 'Pending' : 'Running',
    containers: containers.map((container) => ({
      restarts: facts.restarts ?? 0,
      ...container,
      startedAt: facts.containerStarted ?? facts.started ?? facts.created,
      ...(facts.last === undefined ? {} : { last: facts.last }),
    })),
  };
}

/** The n-th address of a node's block; 0 is the tunnel's. */
export function podIp(node: SimNode, n: number): string {
  return addressAt(node.block, n);
}
