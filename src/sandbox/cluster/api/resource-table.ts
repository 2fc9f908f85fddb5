/** The built-in resources of Kubernetes v1.18 to v1.36: which group and version serves what, from and until which minor. */

/** A resource as discovery lists it, in one version of its group. */
export interface Resource {
  group: string;
  version: string;
  kind: string;
  plural: string;
  singular: string;
  namespaced: boolean;
  shortNames: string[];
  categories: string[];
  verbs: string[];
  /** Subresources that discovery names: `status`, `log`, `scale`, … */
  subresources: string[];
}

const READ_WRITE = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const FIRST_MINOR = 0;
const LAST_MINOR = 999;

interface Row extends Resource {
  since: number;
  until: number;
}

/**
 * One line per resource: `kind plural` and flags: `-` cluster-scoped, `~x` short name, `+x` subresource,
 * `@all` category, `create`/`read` in place of all verbs, `>=n` and `<=n` minors.
 */
function rows(groupVersion: string, span: string, lines: string[]): Row[] {
  const [group = '', version = ''] = groupVersion.includes('/') ? groupVersion.split('/') : ['', groupVersion];
  return lines.map((line) => {
    const [kind = '', plural = '', ...own] = line.split(' ');
    const flags = [...span.split(' '), ...own];
    const after = (prefix: string) => flags.filter((f) => f.startsWith(prefix)).map((f) => f.slice(prefix.length));
    return {
      group,
      version,
      kind,
      plural,
      singular: kind.toLowerCase(),
      namespaced: !flags.includes('-'),
      shortNames: after('~'),
      categories: after('@'),
      verbs: flags.includes('create') ? ['create'] : flags.includes('read') ? ['get', 'list'] : READ_WRITE,
      subresources: after('+'),
      since: Math.max(FIRST_MINOR, ...after('>=').map(Number)),
      until: Math.min(LAST_MINOR, ...after('<=').map(Number)),
    };
  });
}

const ALL_ROWS: Row[] = [
  ...rows('v1', '', [
    'Binding bindings create',
    'ComponentStatus componentstatuses - ~cs read',
    'ConfigMap configmaps ~cm',
    'Endpoints endpoints ~ep',
    'Event events ~ev',
    'LimitRange limitranges ~limits',
    'Namespace namespaces - ~ns +finalize +status',
    'Node nodes - ~no +proxy +status',
    'PersistentVolumeClaim persistentvolumeclaims ~pvc +status',
    'PersistentVolume persistentvolumes - ~pv +status',
    'Pod pods ~po @all +attach +binding +eviction +exec +log +portforward +proxy +status',
    'PodTemplate podtemplates',
    'ReplicationController replicationcontrollers ~rc @all +scale +status',
    'ResourceQuota resourcequotas ~quota +status',
    'Secret secrets',
    'ServiceAccount serviceaccounts ~sa +token',
    'Service services ~svc @all +proxy +status',
  ]),
  ...rows('apiregistration.k8s.io/v1', '-', ['APIService apiservices +status']),
  ...rows('apiregistration.k8s.io/v1beta1', '- <=21', ['APIService apiservices +status']),
  ...rows('extensions/v1beta1', '<=21', ['Ingress ingresses ~ing +status']),
  ...rows('apps/v1', '', [
    'ControllerRevision controllerrevisions',
    'DaemonSet daemonsets ~ds @all +status',
    'Deployment deployments ~deploy @all +scale +status',
    'ReplicaSet replicasets ~rs @all +scale +status',
    'StatefulSet statefulsets ~sts @all +scale +status',
  ]),
  ...rows('events.k8s.io/v1', '>=19', ['Event events ~ev']),
  ...rows('events.k8s.io/v1beta1', '<=24', ['Event events ~ev']),
  ...rows('authentication.k8s.io/v1', '- create', [
    'SelfSubjectReview selfsubjectreviews >=28',
    'TokenReview tokenreviews',
  ]),
  ...rows('authentication.k8s.io/v1beta1', '- create <=21', ['TokenReview tokenreviews']),
  ...rows('authorization.k8s.io/v1', 'create', [
    'LocalSubjectAccessReview localsubjectaccessreviews',
    'SelfSubjectAccessReview selfsubjectaccessreviews -',
    'SelfSubjectRulesReview selfsubjectrulesreviews -',
    'SubjectAccessReview subjectaccessreviews -',
  ]),
  ...rows('authorization.k8s.io/v1beta1', 'create <=21', [
    'LocalSubjectAccessReview localsubjectaccessreviews',
    'SelfSubjectAccessReview selfsubjectaccessreviews -',
    'SelfSubjectRulesReview selfsubjectrulesreviews -',
    'SubjectAccessReview subjectaccessreviews -',
  ]),
  ...['v2 >=23', 'v1 >=0', 'v2beta1 <=24', 'v2beta2 <=25'].flatMap((entry) => {
    const [version = '', span = ''] = entry.split(' ');
    const line = 'HorizontalPodAutoscaler horizontalpodautoscalers ~hpa @all +status';
    return rows(`autoscaling/${version}`, span, [line]);
  }),
  ...rows('batch/v1', '', ['CronJob cronjobs ~cj @all +status >=21', 'Job jobs @all +status']),
  ...rows('batch/v1beta1', '<=24', ['CronJob cronjobs ~cj @all +status']),
  ...rows('certificates.k8s.io/v1', '- >=19', [
    'CertificateSigningRequest certificatesigningrequests ~csr +approval +status',
  ]),
  ...rows('certificates.k8s.io/v1beta1', '- <=21', [
    'CertificateSigningRequest certificatesigningrequests ~csr +approval +status',
  ]),
  ...rows('networking.k8s.io/v1', '', [
    'IngressClass ingressclasses - >=19',
    'Ingress ingresses ~ing +status >=19',
    'IPAddress ipaddresses - ~ip >=33',
    'NetworkPolicy networkpolicies ~netpol',
    'ServiceCIDR servicecidrs - +status >=33',
  ]),
  ...rows('networking.k8s.io/v1beta1', '<=21', ['IngressClass ingressclasses -', 'Ingress ingresses ~ing +status']),
  ...rows('policy/v1', '>=21', ['PodDisruptionBudget poddisruptionbudgets ~pdb +status']),
  ...rows('policy/v1beta1', '<=24', [
    'PodDisruptionBudget poddisruptionbudgets ~pdb +status',
    'PodSecurityPolicy podsecuritypolicies - ~psp',
  ]),
  ...['v1 >=0', 'v1beta1 <=21'].flatMap((entry) => {
    const [version = '', span = ''] = entry.split(' ');
    return rows(`rbac.authorization.k8s.io/${version}`, span, [
      'ClusterRoleBinding clusterrolebindings -',
      'ClusterRole clusterroles -',
      'RoleBinding rolebindings',
      'Role roles',
    ]);
  }),
  ...rows('storage.k8s.io/v1', '', [
    'CSIDriver csidrivers -',
    'CSINode csinodes -',
    'CSIStorageCapacity csistoragecapacities >=24',
    'StorageClass storageclasses - ~sc',
    'VolumeAttachment volumeattachments - +status',
    'VolumeAttributesClass volumeattributesclasses - ~vac >=34',
  ]),
  ...rows('storage.k8s.io/v1beta1', '', [
    'CSIDriver csidrivers - <=21',
    'CSINode csinodes - <=21',
    'CSIStorageCapacity csistoragecapacities >=21 <=26',
    'StorageClass storageclasses - ~sc <=21',
    'VolumeAttachment volumeattachments - <=21',
  ]),
  ...['v1 >=0', 'v1beta1 <=21'].flatMap((entry) => {
    const [version = '', span = ''] = entry.split(' ');
    return rows(`admissionregistration.k8s.io/${version}`, `- ${span}`, [
      'MutatingWebhookConfiguration mutatingwebhookconfigurations',
      'ValidatingWebhookConfiguration validatingwebhookconfigurations',
    ]);
  }),
  ...rows('admissionregistration.k8s.io/v1', '- >=30', [
    'ValidatingAdmissionPolicy validatingadmissionpolicies +status',
    'ValidatingAdmissionPolicyBinding validatingadmissionpolicybindings',
  ]),
  ...rows('apiextensions.k8s.io/v1', '-', ['CustomResourceDefinition customresourcedefinitions ~crd ~crds +status']),
  ...rows('apiextensions.k8s.io/v1beta1', '- <=21', [
    'CustomResourceDefinition customresourcedefinitions ~crd ~crds +status',
  ]),
  ...rows('scheduling.k8s.io/v1', '-', ['PriorityClass priorityclasses ~pc']),
  ...rows('scheduling.k8s.io/v1beta1', '- <=21', ['PriorityClass priorityclasses ~pc']),
  ...rows('coordination.k8s.io/v1', '', ['Lease leases']),
  ...rows('coordination.k8s.io/v1beta1', '<=21', ['Lease leases']),
  ...rows('node.k8s.io/v1', '- >=20', ['RuntimeClass runtimeclasses']),
  ...rows('node.k8s.io/v1beta1', '- <=24', ['RuntimeClass runtimeclasses']),
  ...rows('discovery.k8s.io/v1', '>=21', ['EndpointSlice endpointslices']),
  ...rows('discovery.k8s.io/v1beta1', '<=24', ['EndpointSlice endpointslices']),
  ...['v1 >=29', 'v1beta3 >=26 <=31', 'v1beta2 >=23 <=28', 'v1beta1 >=20 <=25'].flatMap((entry) => {
    const [version = '', ...span] = entry.split(' ');
    return rows(`flowcontrol.apiserver.k8s.io/${version}`, `- ${span.join(' ')}`, [
      'FlowSchema flowschemas +status',
      'PriorityLevelConfiguration prioritylevelconfigurations +status',
    ]);
  }),
  ...rows('resource.k8s.io/v1', '>=34', [
    'DeviceClass deviceclasses -',
    'ResourceClaim resourceclaims +status',
    'ResourceClaimTemplate resourceclaimtemplates',
    'ResourceSlice resourceslices -',
  ]),
];

/** What a server of this minor version (18 for v1.18.2) serves by itself, in the order of its discovery. */
export function builtInResources(minor: number): Resource[] {
  return ALL_ROWS.filter((row) => row.since <= minor && minor <= row.until).map(
    ({ since: _since, until: _until, ...resource }) => resource,
  );
}

/** The groups that belong to Kubernetes itself: an object of one never creates a group in discovery. */
export const BUILT_IN_GROUPS: ReadonlySet<string> = new Set(ALL_ROWS.map((row) => row.group));
/** Whether an object is one of Kubernetes' own: a custom resource may be a `Service` too, with other rules. */
export function isBuiltInObject({ apiVersion }: { apiVersion: string }): boolean {
  const slash = apiVersion.indexOf('/');
  return BUILT_IN_GROUPS.has(slash < 0 ? '' : apiVersion.slice(0, slash));
}

/** The verbs of a resource that allows everything. */
export const ALL_VERBS: readonly string[] = READ_WRITE;
