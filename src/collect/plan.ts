/** Which question needs what: one table. Rows are parts of a diagnosis, columns are questions. */
import type { Question } from '../core/question.ts';

/** What a question is about, as far as reading goes. */
export type QuestionClass =
  | 'service'
  | 'node'
  | 'calico'
  | 'control-plane'
  | 'cluster'
  | 'workload'
  | 'namespace'
  | 'storage';

/** Which nodes' agents are asked: all of them, the target with a few peers, the control plane's, or those of the Pods found. */
export type AskedNodes = 'all' | 'target' | 'control-plane' | 'pods';

export interface Plan {
  readonly class: QuestionClass;
  /** The list of Services, and which of them have no endpoints. */
  readonly services: boolean;
  readonly servicesWithoutEndpoints: boolean;
  /** The Service asked about: endpoints, Pods, events. */
  readonly target: boolean;
  /** Calico's and kube-proxy's own objects and Pods. */
  readonly calico: boolean;
  readonly kubeProxy: boolean;
  readonly controlPlane: boolean;
  /** Pods on nodes that are not Ready, and those nodes' events. */
  readonly unreadyNodes: boolean;
  /** A workload with its owners, Pods, events and logs. */
  readonly workload: boolean;
  /** A claim or a volume, and the Pods that use it. */
  readonly storage: boolean;
  readonly askedNodes: AskedNodes;
}

type Row = Omit<Plan, 'class'>;
const no: Row = {
  services: false,
  servicesWithoutEndpoints: false,
  target: false,
  calico: false,
  kubeProxy: false,
  controlPlane: false,
  unreadyNodes: false,
  workload: false,
  storage: false,
  askedNodes: 'all',
};

const PLANS: Readonly<Record<QuestionClass, Row>> = {
  service: {
    ...no,
    services: true,
    servicesWithoutEndpoints: true,
    target: true,
    calico: true,
    kubeProxy: true,
    controlPlane: true,
    unreadyNodes: true,
  },
  node: { ...no, calico: true, kubeProxy: true, unreadyNodes: true, askedNodes: 'target' },
  calico: { ...no, calico: true, controlPlane: true, unreadyNodes: true },
  // calico-kube-controllers is often the first to say that etcd is slow.
  'control-plane': { ...no, calico: true, controlPlane: true, unreadyNodes: true, askedNodes: 'control-plane' },
  cluster: {
    ...no,
    services: true,
    servicesWithoutEndpoints: true,
    calico: true,
    kubeProxy: true,
    controlPlane: true,
    unreadyNodes: true,
  },
  workload: { ...no, workload: true, unreadyNodes: false, askedNodes: 'pods' },
  namespace: { ...no, workload: true, askedNodes: 'pods' },
  storage: { ...no, storage: true, askedNodes: 'pods' },
};

/** Gives the class of a question by its target. */
export function questionClass(question: Question): QuestionClass {
  const { kind, name } = question.target;
  if (kind === 'NodePort' || kind === 'Service') return 'service';
  if (kind === 'Node') return 'node';
  if (kind === 'Namespace') return 'namespace';
  if (kind === 'PersistentVolumeClaim' || kind === 'PersistentVolume') return 'storage';
  if (kind !== 'Component') return 'workload';
  return name === 'calico' || name === 'control-plane' ? name : 'cluster';
}

/** Gives what a question needs. */
export function planFor(question: Question): Plan {
  const key = questionClass(question);
  return { class: key, ...PLANS[key] };
}
