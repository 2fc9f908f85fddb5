/** Who owns an object: operator, Helm, Argo CD, Flux, kustomize, OLM, k3s, a controller; and whether an edit would last. */
import type { ApiObject } from '../core/api-object.ts';

export type OwnerKind =
  | 'operator'
  | 'helm'
  | 'argo-cd'
  | 'flux'
  | 'kustomize'
  | 'olm'
  | 'helm-chart-config'
  | 'controller';

/** Who has the say over an object. */
export interface Owner {
  readonly kind: OwnerKind;
  /** What a person has to change: `Installation default`, `release jenkins in ci`, `application argocd/shop`. */
  readonly name: string;
  /** True where the owner puts an edit back by itself, soon; unknown counts as true. */
  readonly reverts: boolean;
  /** Fills the texts of owner-texts.ts. */
  readonly data: { readonly owner: string; readonly object: string };
}

type Found = Omit<Owner, 'data'>;

/**
 * Gives the owner of an object, from its metadata (facts §2.5, §6 rule 5). `parents`: objects that are known above it:
 * the ReplicaSet of a Pod, the Deployment of a ReplicaSet, Argo CD's Application, Flux' Kustomization, a HelmChart of k3s.
 * An owner that is seen nowhere is not guessed: a plain `kubectl apply` is no owner.
 */
export function ownerOf(object: ApiObject, parents: readonly ApiObject[] = []): Owner | undefined {
  const found =
    gitOps(object, parents) ??
    byReference(object, parents) ??
    olmLabel(object) ??
    chart(object, parents) ??
    built(object);
  return found === undefined ? undefined : { ...found, data: { owner: found.name, object: objectText(object) } };
}

/** Gives the controller of an object: the one ownerReference that says so. */
export function controllerOf(object: ApiObject) {
  return (object.metadata.ownerReferences ?? []).find((owner) => owner.controller === true);
}

/** `Deployment shop/web`, for sentences. */
export function objectText({ kind, metadata }: ApiObject): string {
  return `${kind} ${metadata.namespace === undefined ? '' : `${metadata.namespace}/`}${metadata.name}`;
}

function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
}

function labelOf({ metadata }: ApiObject, key: string): string | undefined {
  return own(metadata.labels, key);
}

function noteOf({ metadata }: ApiObject, key: string): string | undefined {
  return own(metadata.annotations, key);
}

function own(map: Readonly<Record<string, string>> | null | undefined, key: string): string | undefined {
  const value = map !== undefined && map !== null && Object.hasOwn(map, key) ? map[key] : undefined;
  return value === '' ? undefined : value;
}

/** A field deep in an object of unknown form. */
function at(object: ApiObject | undefined, ...path: readonly string[]): unknown {
  let value: unknown = object;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

/** Argo CD and Flux stand above everything else: what they see changed they put back. */
function gitOps(object: ApiObject, parents: readonly ApiObject[]): Found | undefined {
  return argoCd(object, parents) ?? flux(object, parents);
}

function argoCd(object: ApiObject, parents: readonly ApiObject[]): Found | undefined {
  const tracked = trackedBy(object);
  const instance = labelOf(object, 'argocd.argoproj.io/instance');
  const managed = tracked === undefined && instance === undefined && isManagedBy(object, 'argocd-controller');
  const app = tracked ?? instance ?? (managed ? '' : undefined);
  if (app === undefined) return undefined;
  const name = app.slice(app.indexOf('_') + 1);
  const parent = parents.find((one) => one.kind === 'Application' && one.metadata.name === name);
  // Without the Application nobody can know whether it heals itself: it counts as if it did.
  const heals = parent === undefined || at(parent, 'spec', 'syncPolicy', 'automated', 'selfHeal') === true;
  return { kind: 'argo-cd', name: app === '' ? 'application' : `application ${app.replace('_', '/')}`, reverts: heals };
}

/** `app:group/kind:namespace/name`. Copied annotations (of a Service on its Endpoints) name another object: not tracked. */
function trackedBy(object: ApiObject): string | undefined {
  const [app, kind, place] = noteOf(object, 'argocd.argoproj.io/tracking-id')?.split(':') ?? [];
  if (app === undefined || kind === undefined || place === undefined) return undefined;
  const { name } = object.metadata;
  return kind === `${groupOf(object.apiVersion)}/${object.kind}` && place.endsWith(`/${name}`) ? app : undefined;
}

function flux(object: ApiObject, parents: readonly ApiObject[]): Found | undefined {
  for (const [prefix, kind, manager] of [
    ['kustomize.toolkit.fluxcd.io', 'Kustomization', 'kustomize-controller'],
    ['helm.toolkit.fluxcd.io', 'HelmRelease', 'helm-controller'],
  ] as const) {
    const name = labelOf(object, `${prefix}/name`);
    if (name === undefined && !isManagedBy(object, manager)) continue;
    const namespace = labelOf(object, `${prefix}/namespace`);
    const parent = parents.find((one) => one.kind === kind && one.metadata.name === name);
    const off = noteOf(object, `${prefix}/reconcile`) === 'disabled' || at(parent, 'spec', 'suspend') === true;
    // A HelmRelease puts edits back only where it looks for drift, which is off by default.
    const drift = at(parent, 'spec', 'driftDetection', 'mode');
    const looks = kind === 'Kustomization' || parent === undefined || drift === 'enabled';
    const place = namespace === undefined ? '' : `${namespace}/`;
    return { kind: 'flux', name: name === undefined ? kind : `${kind} ${place}${name}`, reverts: !off && looks };
  }
  return undefined;
}

/** Server-side apply under that name: only the one who owns fields by it. */
function isManagedBy({ metadata }: ApiObject, manager: string): boolean {
  return (metadata.managedFields ?? []).some((one) => one.manager === manager && one.operation === 'Apply');
}

function byReference(object: ApiObject, parents: readonly ApiObject[]): Found | undefined {
  const references = object.metadata.ownerReferences ?? [];
  const csv = references.find((one) => one.kind === 'ClusterServiceVersion');
  if (csv !== undefined) return { kind: 'olm', name: `ClusterServiceVersion ${csv.name}`, reverts: true };
  const controller = controllerOf(object);
  if (controller === undefined) return undefined;
  // Who owns the parent has the last word: the Helm release of the Deployment of a ReplicaSet.
  const parent = parents.find((one) => one.metadata.uid === controller.uid);
  const above = parent === undefined ? undefined : ownerOf(parent, parents);
  if (above !== undefined) return above;
  const name = `${controller.kind} ${controller.name}`;
  const group = groupOf(controller.apiVersion);
  if (!group.includes('.') || group.endsWith('.k8s.io'))
    // A Pod's controller replaces Pods and edits none.
    return { kind: 'controller', name, reverts: object.kind !== 'Pod' };
  // Tigera's own way to keep its operator off one object.
  return { kind: 'operator', name, reverts: noteOf(object, 'unsupported.operator.tigera.io/ignore') === undefined };
}

function olmLabel(object: ApiObject): Found | undefined {
  const name = labelOf(object, 'olm.owner');
  if (name === undefined) return undefined;
  return {
    kind: 'olm',
    name: `${labelOf(object, 'olm.owner.kind') ?? 'ClusterServiceVersion'} ${name}`,
    reverts: true,
  };
}

/** Helm, and the charts that k3s and RKE2 install by themselves: their Helm releases are written by a HelmChart. */
function chart(object: ApiObject, parents: readonly ApiObject[]): Found | undefined {
  const wrapper = /Kind=(\w+)$/.exec(noteOf(object, 'objectset.rio.cattle.io/owner-gvk') ?? '')?.[1];
  const wrapped = noteOf(object, 'objectset.rio.cattle.io/owner-name');
  if (wrapped !== undefined)
    return { kind: 'helm-chart-config', name: `${wrapper ?? 'Addon'} ${wrapped}`, reverts: false };
  const release = noteOf(object, 'meta.helm.sh/release-name') ?? tillerRelease(object);
  const helm = labelOf(object, 'app.kubernetes.io/managed-by') === 'Helm' || tillerRelease(object) !== undefined;
  if (release === undefined || !helm) return undefined;
  const namespace = noteOf(object, 'meta.helm.sh/release-namespace') ?? object.metadata.namespace ?? '';
  const ofChart = parents.some(
    (one) => one.kind === 'HelmChart' && groupOf(one.apiVersion) === 'helm.cattle.io' && one.metadata.name === release,
  );
  if (ofChart || (release.startsWith('rke2-') && namespace === 'kube-system'))
    return { kind: 'helm-chart-config', name: `HelmChart ${release}`, reverts: false };
  return { kind: 'helm', name: `release ${release} in ${namespace}`, reverts: false };
}

/** Helm 2 marked what it made with these two labels. */
function tillerRelease(object: ApiObject): string | undefined {
  return labelOf(object, 'heritage') === 'Tiller' ? labelOf(object, 'release') : undefined;
}

function built(object: ApiObject): Found | undefined {
  const label = labelOf(object, 'app.kubernetes.io/managed-by') ?? '';
  const origin = noteOf(object, 'config.kubernetes.io/origin');
  if (!/^kustomize(-v[\w.-]+)?$/i.test(label) && origin === undefined) return undefined;
  const path = /(?:^|\n)\s*(?:path|configuredIn):\s*(\S+)/.exec(origin ?? '')?.[1];
  return { kind: 'kustomize', name: path ?? 'kustomization', reverts: false };
}
