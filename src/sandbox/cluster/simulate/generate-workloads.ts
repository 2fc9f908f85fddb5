/** What runs in a generated cluster: the system's Pods and a few applications behind NodePorts. */
import { addressAt } from './address.ts';
import { APP_PORTS, APPS, NAMESPACES } from './generate-choices.ts';
import type { ClusterModel, SimNode, SimPod, SimService } from './model.ts';
import type { Random } from './random.ts';
import {
  appPod,
  calicoControllersPod,
  calicoNodePod,
  corednsPod,
  kubeProxyPod,
  podIp,
  staticPod,
} from './standard-pods.ts';

/** The one Service that the question is about, and where its Pods are. */
export interface Subject {
  service: SimService;
  nodePort: number;
  pods: SimPod[];
}

/** Fills a cluster that has only nodes, and gives the Service to ask about. */
export function populate(r: Random, model: ClusterModel): Subject {
  const { nodes } = model;
  const next = new Map(nodes.map((node) => [node.name, 1]));
  const ip = (node: SimNode): string => {
    const n = next.get(node.name) ?? 1;
    next.set(node.name, n + 1);
    return podIp(node, n);
  };
  const base = { created: '2026-01-04T08:00:00.000Z' };
  for (const node of nodes) {
    const facts = { node, ...base, containerStarted: node.calicoStarted };
    model.pods.push(
      calicoNodePod(model, { ...facts, name: `calico-node-${r.suffix(5)}` }),
      kubeProxyPod(model, { ...facts, name: `kube-proxy-${r.suffix(5)}` }),
    );
    if (!node.controlPlane) continue;
    for (const role of ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const) {
      model.pods.push(staticPod(model, role, { ...facts, restarts: r.int(0, 2) }));
    }
  }
  const first = r.pick(nodes);
  model.pods.push(
    calicoControllersPod(model, {
      ...base,
      node: first,
      ip: ip(first),
      name: `calico-kube-controllers-${r.suffix(10)}-${r.suffix(5)}`,
    }),
  );
  for (const node of r.some(nodes, 2)) {
    model.pods.push(corednsPod(model, { ...base, node, ip: ip(node), name: `coredns-7ff77c879f-${r.suffix(5)}` }));
  }
  for (const component of ['kube-controller-manager', 'kube-scheduler']) {
    const holder = nodes[0]?.name ?? '';
    model.leaders.push({
      component,
      holder,
      acquired: base.created,
      renewed: new Date(Date.parse(model.now) - 1200).toISOString(),
      transitions: r.int(0, 3),
    });
  }
  addSystemServices(model);
  const ports = new Set<number>();
  while (ports.size < 4) ports.add(r.int(30_000, 32_767));
  const apps = r.some(APPS, r.int(2, 4));
  const subjects = apps.map((app, index) => addApp({ r, model, ip }, app, [...ports][index] ?? 30_000, index));
  const subject = subjects[0];
  if (subject === undefined) throw new Error('A generated cluster has at least one application.');
  return subject;
}

function addSystemServices(model: ClusterModel): void {
  const created = '2026-01-04T07:40:00.000Z';
  model.services.push(
    {
      namespace: 'default',
      name: 'kubernetes',
      type: 'ClusterIP',
      clusterIP: addressAt(model.serviceCidr, 1),
      ports: [{ name: 'https', port: 443, targetPort: 6443 }],
      labels: { component: 'apiserver', provider: 'kubernetes' },
      created,
    },
    {
      namespace: 'kube-system',
      name: 'kube-dns',
      type: 'ClusterIP',
      clusterIP: addressAt(model.serviceCidr, 10),
      selector: { 'k8s-app': 'kube-dns' },
      ports: [{ name: 'dns-tcp', port: 53, targetPort: 53 }],
      labels: { 'k8s-app': 'kube-dns' },
      created,
    },
  );
}

interface Planting {
  r: Random;
  model: ClusterModel;
  ip: (node: SimNode) => string;
}

/** A Deployment on one or two nodes, never on all, with a Service of type NodePort. */
function addApp({ r, model, ip }: Planting, app: string, nodePort: number, index: number): Subject {
  const namespace = r.pick(NAMESPACES);
  const port = r.pick(APP_PORTS);
  const named = r.chance(0.5);
  const labels = r.chance(0.5) ? { app } : { 'app.kubernetes.io/name': app };
  const hash = r.suffix(10);
  const hosts = r.some(model.nodes, Math.min(r.int(1, 2), model.nodes.length - 1));
  const pods = hosts.map((node) =>
    appPod(
      {
        namespace,
        name: `${app}-${hash}-${r.suffix(5)}`,
        node,
        ip: ip(node),
        created: '2026-02-11T12:00:00.000Z',
        containerStarted: node.calicoStarted,
        labels: { ...labels, 'pod-template-hash': hash },
        owner: { kind: 'ReplicaSet', name: `${app}-${hash}` },
      },
      [
        {
          name: app,
          image: `registry.example/${app}:1.${r.int(0, 30)}`,
          process: app,
          ports: [{ name: 'http', containerPort: port }],
          listens: [{ address: '0.0.0.0', port }],
          requests: { cpu: '50m', memory: '64Mi' },
        },
      ],
    ),
  );
  const service: SimService = {
    namespace,
    name: r.chance(0.5) ? app : `${app}-svc`,
    type: 'NodePort',
    clusterIP: addressAt(model.serviceCidr, 300 + index * 41 + r.int(0, 30)),
    selector: labels,
    ports: [{ name: 'http', port: r.pick([80, port]), targetPort: named ? 'http' : port, nodePort }],
    created: '2026-02-11T12:00:00.000Z',
  };
  model.pods.push(...pods);
  model.services.push(service);
  return { service, nodePort, pods };
}
