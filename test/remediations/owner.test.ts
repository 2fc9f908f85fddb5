/** Who owns an object, by metadata as it is found in clusters. */
import { describe, expect, it } from 'vitest';
import { ApiObject } from '../../src/core/api-object.ts';
import { controllerOf, ownerOf } from '../../src/remediations/owner.ts';
import { ownerNotes, refusedByOwner } from '../../src/remediations/owner-texts.ts';
import { yamlText } from '../../src/remediations/yaml-text.ts';

type Meta = Record<string, unknown>;
const made = (kind: string, metadata: Meta, more: Meta = {}, apiVersion = kind === 'Service' ? 'v1' : 'apps/v1') =>
  ApiObject.parse({
    apiVersion,
    kind,
    metadata: { name: 'web', namespace: 'shop', uid: `uid-${kind}`, resourceVersion: '1', ...metadata },
    ...more,
  });
const controlled = (apiVersion: string, kind: string, name: string) => ({
  ownerReferences: [{ apiVersion, kind, name, uid: `uid-${kind}`, controller: true, blockOwnerDeletion: true }],
});
const HELM = {
  labels: { 'app.kubernetes.io/managed-by': 'Helm', 'helm.sh/chart': 'jenkins-5.1.0' },
  annotations: { 'meta.helm.sh/release-name': 'jenkins', 'meta.helm.sh/release-namespace': 'ci' },
};

const CASES: [what: string, object: ApiObject, owner: string | undefined][] = [
  [
    'nothing but kubectl apply',
    made('Service', { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}' } }),
    undefined,
  ],
  [
    'calico-node of the Tigera operator',
    made('DaemonSet', controlled('operator.tigera.io/v1', 'Installation', 'default')),
    'operator: Installation default, reverts',
  ],
  [
    'the same with the annotation that keeps the operator off',
    made('DaemonSet', {
      ...controlled('operator.tigera.io/v1', 'Installation', 'default'),
      annotations: { 'unsupported.operator.tigera.io/ignore': 'true' },
    }),
    'operator: Installation default',
  ],
  ['Helm 3', made('Service', HELM), 'helm: release jenkins in ci'],
  [
    'the Helm label without a release: `helm template | kubectl apply`',
    made('Service', { labels: HELM.labels }),
    undefined,
  ],
  [
    'Helm 2',
    made('Service', { labels: { heritage: 'Tiller', release: 'old', chart: 'x-1' } }),
    'helm: release old in shop',
  ],
  [
    'Argo CD by tracking id',
    made('Deployment', { annotations: { 'argocd.argoproj.io/tracking-id': 'shop:apps/Deployment:shop/web' } }),
    'argo-cd: application shop, reverts',
  ],
  [
    'Argo CD by tracking id of an application in its own namespace',
    made('Service', { annotations: { 'argocd.argoproj.io/tracking-id': 'team-a_shop:/Service:shop/web' } }),
    'argo-cd: application team-a/shop, reverts',
  ],
  [
    'a tracking id that was copied from another object',
    made('Service', { annotations: { 'argocd.argoproj.io/tracking-id': 'shop:/Service:shop/other' } }),
    undefined,
  ],
  [
    'Argo CD by label',
    made('Service', { labels: { 'argocd.argoproj.io/instance': 'shop' } }),
    'argo-cd: application shop, reverts',
  ],
  [
    'Argo CD by the manager of its server-side apply',
    made('Service', { managedFields: [{ manager: 'argocd-controller', operation: 'Apply' }] }),
    'argo-cd: application, reverts',
  ],
  [
    'Argo CD that deploys a Helm chart',
    made('Service', { ...HELM, annotations: { 'argocd.argoproj.io/tracking-id': 'ci:/Service:shop/web' } }),
    'argo-cd: application ci, reverts',
  ],
  [
    'Flux Kustomization',
    made('Deployment', {
      labels: { 'kustomize.toolkit.fluxcd.io/name': 'apps', 'kustomize.toolkit.fluxcd.io/namespace': 'flux-system' },
    }),
    'flux: Kustomization flux-system/apps, reverts',
  ],
  [
    'Flux Kustomization told to leave this object',
    made('Deployment', {
      labels: { 'kustomize.toolkit.fluxcd.io/name': 'apps', 'kustomize.toolkit.fluxcd.io/namespace': 'flux-system' },
      annotations: { 'kustomize.toolkit.fluxcd.io/reconcile': 'disabled' },
    }),
    'flux: Kustomization flux-system/apps',
  ],
  [
    'Flux HelmRelease',
    made('Deployment', {
      ...HELM,
      labels: { ...HELM.labels, 'helm.toolkit.fluxcd.io/name': 'ci', 'helm.toolkit.fluxcd.io/namespace': 'ci' },
    }),
    'flux: HelmRelease ci/ci, reverts',
  ],
  [
    'kustomize by label',
    made('Service', { labels: { 'app.kubernetes.io/managed-by': 'kustomize-v5.3.0' } }),
    'kustomize: kustomization',
  ],
  [
    'kustomize by origin',
    made('Service', {
      annotations: { 'config.kubernetes.io/origin': 'path: base/service.yaml\nrepo: https://example.org/x\n' },
    }),
    'kustomize: base/service.yaml',
  ],
  [
    'OLM',
    made('Deployment', {
      labels: {
        'olm.owner': 'etcdoperator.v0.9.4',
        'olm.owner.kind': 'ClusterServiceVersion',
        'olm.owner.namespace': 'operators',
      },
      ...controlled('operators.coreos.com/v1alpha1', 'ClusterServiceVersion', 'etcdoperator.v0.9.4'),
    }),
    'olm: ClusterServiceVersion etcdoperator.v0.9.4, reverts',
  ],
  [
    'an Addon of k3s',
    made('Deployment', {
      annotations: {
        'objectset.rio.cattle.io/id': '',
        'objectset.rio.cattle.io/owner-gvk': 'k3s.cattle.io/v1, Kind=Addon',
        'objectset.rio.cattle.io/owner-name': 'coredns',
        'objectset.rio.cattle.io/owner-namespace': 'kube-system',
      },
      labels: { 'objectset.rio.cattle.io/hash': 'bce283298811743a0386ab510f2f67ef74240c57' },
    }),
    'helm-chart-config: Addon coredns',
  ],
  [
    "a chart of RKE2's own",
    made('DaemonSet', {
      labels: { 'app.kubernetes.io/managed-by': 'Helm' },
      annotations: { 'meta.helm.sh/release-name': 'rke2-canal', 'meta.helm.sh/release-namespace': 'kube-system' },
    }),
    'helm-chart-config: HelmChart rke2-canal',
  ],
  [
    'a ReplicaSet of a Deployment',
    made('ReplicaSet', controlled('apps/v1', 'Deployment', 'web')),
    'controller: Deployment web, reverts',
  ],
  [
    'a Pod of a ReplicaSet',
    made('Pod', controlled('apps/v1', 'ReplicaSet', 'web-1'), {}, 'v1'),
    'controller: ReplicaSet web-1',
  ],
  [
    'a workload of another custom resource',
    made('ReplicaSet', controlled('argoproj.io/v1alpha1', 'Rollout', 'web')),
    'operator: Rollout web, reverts',
  ],
  [
    'an owner for garbage collection alone',
    made('Service', { ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'x', uid: 'u' }] }),
    undefined,
  ],
  ['a label of the prototype', made('Service', { labels: { constructor: 'x' } }), undefined],
];

const text = (owner: ReturnType<typeof ownerOf>) =>
  owner === undefined ? undefined : `${owner.kind}: ${owner.name}${owner.reverts ? ', reverts' : ''}`;

describe('ownerOf', () => {
  it.each(CASES)('%s', (_, object, owner) => {
    expect(text(ownerOf(object))).toBe(owner);
  });

  it.each([
    ['heals itself', { syncPolicy: { automated: { selfHeal: true } } }, true],
    ['syncs without healing', { syncPolicy: { automated: {} } }, false],
    ['is synced by hand', {}, false],
  ])('an Argo CD application that %s', (_, spec, reverts) => {
    const app = made('Application', { name: 'shop', namespace: 'argocd' }, { spec }, 'argoproj.io/v1alpha1');
    const object = made('Service', { labels: { 'argocd.argoproj.io/instance': 'shop' } });
    expect(ownerOf(object, [app])?.reverts).toBe(reverts);
  });

  it.each([
    ['Kustomization', {}, true],
    ['Kustomization', { suspend: true }, false],
    ['HelmRelease', {}, false],
    ['HelmRelease', { driftDetection: { mode: 'enabled' } }, true],
  ])('a %s of Flux with %o', (kind, spec, reverts) => {
    const prefix = kind === 'HelmRelease' ? 'helm' : 'kustomize';
    const parent = made(kind, { name: 'apps' }, { spec }, `${prefix}.toolkit.fluxcd.io/v1`);
    const object = made('Service', { labels: { [`${prefix}.toolkit.fluxcd.io/name`]: 'apps' } });
    expect(ownerOf(object, [parent])?.reverts).toBe(reverts);
  });

  it('climbs through the parents that are given: who owns the Deployment has the last word', () => {
    const deployment = made('Deployment', HELM);
    const set = made('ReplicaSet', controlled('apps/v1', 'Deployment', 'web'));
    const pod = made('Pod', controlled('apps/v1', 'ReplicaSet', 'web-1'), {}, 'v1');
    expect(text(ownerOf(pod, [set, deployment]))).toBe('helm: release jenkins in ci');
    expect(controllerOf(pod)?.name).toBe('web-1');
  });

  it('a release that a HelmChart of k3s makes', () => {
    const chart = made('HelmChart', { name: 'jenkins', namespace: 'kube-system' }, {}, 'helm.cattle.io/v1');
    expect(text(ownerOf(made('Service', HELM), [chart]))).toBe('helm-chart-config: HelmChart jenkins');
  });
});

describe('what is said of an owner', () => {
  it('refuses what would be put back, and gives the change to commit', () => {
    const object = made('Service', { labels: { 'argocd.argoproj.io/instance': 'shop' } });
    expect(refusedByOwner(object, { spec: { externalTrafficPolicy: 'Cluster' } })).toEqual({
      status: 'refused',
      why: { text: 'reverts-argo-cd', data: { owner: 'application shop', object: 'Service shop/web' } },
      manual: [
        {
          text: 'commit-patch',
          data: { object: 'Service shop/web' },
          command:
            'apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  namespace: shop\nspec:\n  externalTrafficPolicy: Cluster',
        },
      ],
    });
  });

  it('lets through what lasts for a while, and says for how long', () => {
    expect(refusedByOwner(made('Service', HELM), {})).toBeUndefined();
    expect(ownerNotes(made('Service', HELM)).map((line) => line.text)).toEqual(['lasts-helm']);
    const applied = made('Service', { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}' } });
    expect(ownerNotes(applied).map((line) => line.text)).toEqual(['lasts-apply']);
    expect(ownerNotes(made('Service', {}))).toEqual([]);
  });

  it('writes YAML that reads back as the same', async () => {
    const { parse } = await import('yaml');
    const odd = {
      a: 'yes',
      b: '1',
      c: '',
      d: 'x: y # z',
      'e f': [{ g: 1, h: [true, null] }, [], {}],
      i: 'line\nbreak',
      j: '0x10',
      k: '~',
      l: '- m',
      n: undefined,
    };
    expect(parse(yamlText(odd))).toEqual(JSON.parse(JSON.stringify(odd)));
  });
});
