/** How the lists and maps of built-in types merge: the keys of Kubernetes' Go tags and OpenAPI markers, as one table. */

/** What is special about one field. Without a rule, maps merge key by key and lists are replaced as a whole. */
export interface FieldRule {
  /** The type of the value, or of a list's items. */
  type?: string;
  /** `patchMergeKey` of a strategic merge; '' for a list of primitives that is merged. */
  mergeKey?: string;
  /** `patchStrategy: replace`, for a map. */
  replace?: true;
  /** `x-kubernetes-list-map-keys`; [] for `x-kubernetes-list-type: set`. Without it a list is atomic. */
  listKeys?: string[];
  /** `x-kubernetes-map-type: atomic`. */
  atomic?: true;
}

type Type = Record<string, FieldRule>;

const sub = (type: string): FieldRule => ({ type });
/** A list whose items are told apart by one field, in both kinds of merge. */
const byKey = (mergeKey: string, type?: string, listKeys = [mergeKey]): FieldRule => ({
  mergeKey,
  listKeys,
  ...(type === undefined ? {} : { type }),
});
const SET: FieldRule = { mergeKey: '', listKeys: [] };
const ATOMIC: FieldRule = { atomic: true };
const CONDITIONS = { conditions: byKey('type') };

const TYPES: Record<string, Type> = {
  ObjectMeta: { finalizers: SET, ownerReferences: { ...byKey('uid'), type: 'Atomic' }, managedFields: {} },
  PodTemplate: { metadata: sub('ObjectMeta'), spec: sub('PodSpec') },
  PodSpec: {
    containers: byKey('name', 'Container'),
    initContainers: byKey('name', 'Container'),
    ephemeralContainers: byKey('name', 'Container'),
    volumes: byKey('name'),
    imagePullSecrets: byKey('name'),
    hostAliases: byKey('ip'),
    topologySpreadConstraints: byKey('topologyKey', 'Spread', ['topologyKey', 'whenUnsatisfiable']),
    schedulingGates: byKey('name'),
    resourceClaims: byKey('name'),
    nodeSelector: ATOMIC,
  },
  Spread: { labelSelector: ATOMIC },
  Container: {
    ports: byKey('containerPort', undefined, ['containerPort', 'protocol']),
    env: byKey('name', 'EnvVar'),
    volumeMounts: byKey('mountPath'),
    volumeDevices: byKey('devicePath'),
    resources: sub('Resources'),
  },
  Resources: { claims: { listKeys: ['name'] } },
  EnvVar: { valueFrom: sub('EnvSource') },
  EnvSource: { fieldRef: ATOMIC, configMapKeyRef: ATOMIC, secretKeyRef: ATOMIC, resourceFieldRef: ATOMIC },
  Pod: { metadata: sub('ObjectMeta'), spec: sub('PodSpec'), status: sub('PodStatus') },
  PodStatus: { ...CONDITIONS, podIPs: byKey('ip'), hostIPs: { mergeKey: 'ip' } },
  Service: { metadata: sub('ObjectMeta'), spec: sub('ServiceSpec'), status: sub('Conditioned') },
  ServiceSpec: { ports: byKey('port', undefined, ['port', 'protocol']), selector: ATOMIC },
  Conditioned: CONDITIONS,
  Workload: { metadata: sub('ObjectMeta'), spec: sub('WorkloadSpec'), status: sub('Conditioned') },
  WorkloadSpec: { selector: ATOMIC, template: sub('PodTemplate') },
  CronJob: { metadata: sub('ObjectMeta'), spec: sub('CronJobSpec') },
  CronJobSpec: { jobTemplate: sub('JobTemplate') },
  JobTemplate: { metadata: sub('ObjectMeta'), spec: sub('WorkloadSpec') },
  Node: { metadata: sub('ObjectMeta'), spec: sub('NodeSpec'), status: sub('NodeStatus') },
  NodeSpec: { podCIDRs: SET },
  NodeStatus: { ...CONDITIONS, addresses: byKey('type') },
  ServiceAccount: { metadata: sub('ObjectMeta'), secrets: byKey('name'), imagePullSecrets: { mergeKey: 'name' } },
  CertificateSigningRequest: { metadata: sub('ObjectMeta'), status: sub('CsrStatus') },
  CsrStatus: { conditions: { listKeys: ['type'] } },
  PodDisruptionBudget: { metadata: sub('ObjectMeta'), spec: sub('BudgetSpec'), status: sub('Conditioned') },
  BudgetSpec: { selector: { replace: true, atomic: true } },
  NetworkPolicy: { metadata: sub('ObjectMeta'), spec: sub('PolicySpec') },
  PolicySpec: { podSelector: ATOMIC },
  Webhooks: { metadata: sub('ObjectMeta'), webhooks: byKey('name') },
  Binding: { metadata: sub('ObjectMeta'), roleRef: ATOMIC },
  ClusterRole: { metadata: sub('ObjectMeta'), aggregationRule: ATOMIC },
  Plain: { metadata: sub('ObjectMeta'), status: sub('Conditioned') },
};

const TYPE_OF_KIND: Record<string, string> = {
  Pod: 'Pod',
  Service: 'Service',
  Deployment: 'Workload',
  DaemonSet: 'Workload',
  StatefulSet: 'Workload',
  ReplicaSet: 'Workload',
  Job: 'Workload',
  CronJob: 'CronJob',
  ReplicationController: 'Workload',
  Node: 'Node',
  ServiceAccount: 'ServiceAccount',
  CertificateSigningRequest: 'CertificateSigningRequest',
  PodDisruptionBudget: 'PodDisruptionBudget',
  NetworkPolicy: 'NetworkPolicy',
  MutatingWebhookConfiguration: 'Webhooks',
  ValidatingWebhookConfiguration: 'Webhooks',
  RoleBinding: 'Binding',
  ClusterRoleBinding: 'Binding',
  ClusterRole: 'ClusterRole',
};

/** The rules of a kind's own fields. Kinds of custom resources have those of `metadata` only. */
export function rulesOfKind(kind: string, builtIn: boolean): FieldRule {
  return { type: builtIn ? (TYPE_OF_KIND[kind] ?? 'Plain') : 'Custom' };
}

/** The rule of a field inside a value that has the given rule. */
export function ruleOfField(parent: FieldRule, field: string): FieldRule {
  if (parent.type === 'Custom') return field === 'metadata' ? sub('ObjectMeta') : {};
  const type = parent.type === undefined ? undefined : TYPES[parent.type];
  return (type !== undefined && Object.hasOwn(type, field) ? type[field] : undefined) ?? {};
}

/** The rule of an item of a list that has the given rule. */
export function ruleOfItem(list: FieldRule): FieldRule {
  if (list.type === 'Atomic') return { atomic: true };
  return list.type === undefined ? {} : { type: list.type };
}
