/** The server's validation, as far as fixes can break it: metadata, ports, replicas, selectors, what must not change. */
import { at, entries, items, present, text } from '../json.ts';
import { isBuiltInObject } from '../resource-table.ts';
import type { KubeObject } from '../types.ts';
import { forbiddenField, invalid, type Problem, required, unsupported } from './problems.ts';
import { validatePodSpec, validatePodUpdate } from './validate-pod.ts';
import { validateService } from './validate-service.ts';
import { sameJson } from './values.ts';

const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const NAME_RULE =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const LABEL_RULE =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const KEY = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const KEY_RULE =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
/** RBAC names may hold anything that can stand in a path. */
const PATH_NAMED = new Set(['Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding']);
const MAX_LABEL = 63;
const MAX_ANNOTATION_BYTES = 256 * 1024;

type Validator = (object: KubeObject, before: KubeObject | undefined) => Problem[];

const BY_KIND: Record<string, Validator> = {
  Pod: (pod, before) =>
    before === undefined ? validatePodSpec(at(pod, 'spec'), 'spec') : validatePodUpdate(pod, before),
  Service: (service, before) =>
    validateService(at(service, 'spec'), before === undefined ? undefined : at(before, 'spec')),
  Deployment: workload,
  DaemonSet: workload,
  StatefulSet: statefulSet,
  ReplicaSet: workload,
  Node: validateNode,
  ConfigMap: immutableData,
  Secret: immutableData,
  CertificateSigningRequest: (csr, before) => unchangedSpec(csr, before),
  ControllerRevision: (revision, before) =>
    before === undefined || sameJson(revision['data'], before['data'])
      ? []
      : [invalid('data', revision['data'], 'field is immutable')],
};

/** Everything that is wrong with a new object, or with a change of one. Empty if it may be stored. */
export function validate(object: KubeObject, before: KubeObject | undefined): Problem[] {
  const own = isBuiltInObject(object) ? BY_KIND[object.kind]?.(object, before) : undefined;
  return [...metadataProblems(object), ...finalizerProblems(object, before), ...(own ?? [])];
}

/** A non-negative whole number at a field. */
export function nonNegative(value: unknown, field: string): Problem[] {
  return typeof value === 'number' && value < 0 ? [invalid(field, value, 'must be greater than or equal to 0')] : [];
}

function metadataProblems({ kind, metadata }: KubeObject): Problem[] {
  const problems: Problem[] = [];
  if (!PATH_NAMED.has(kind) && (!NAME.test(metadata.name) || metadata.name.length > 253)) {
    problems.push(invalid('metadata.name', metadata.name, NAME_RULE));
  }
  for (const [key, value] of entries(metadata.labels)) {
    problems.push(...keyProblems(key, 'metadata.labels'));
    const shown = String(value);
    if (shown.length > MAX_LABEL)
      problems.push(invalid('metadata.labels', shown, 'must be no more than 63 characters'));
    else if (!LABEL_VALUE.test(shown)) problems.push(invalid('metadata.labels', shown, LABEL_RULE));
  }
  let bytes = 0;
  for (const [key, value] of entries(metadata.annotations)) {
    problems.push(...keyProblems(key.toLowerCase(), 'metadata.annotations'));
    bytes += Buffer.byteLength(key) + Buffer.byteLength(String(value));
  }
  if (bytes > MAX_ANNOTATION_BYTES) {
    const message = `Too long: must have at most ${MAX_ANNOTATION_BYTES} bytes`;
    problems.push({ reason: 'FieldValueTooLong', field: 'metadata.annotations', message });
  }
  return problems;
}

function finalizerProblems(object: KubeObject, before: KubeObject | undefined): Problem[] {
  if (before === undefined || (before.metadata.deletionTimestamp ?? null) === null) return [];
  const old = items(before, 'metadata', 'finalizers');
  const added = items(object, 'metadata', 'finalizers').filter((one) => !old.includes(one));
  if (added.length === 0) return [];
  const detail = `no new finalizers can be added if the object is being deleted, found new finalizers ${JSON.stringify(added)}`;
  return [forbiddenField('metadata.finalizers', detail)];
}

function keyProblems(key: string, field: string): Problem[] {
  return KEY.test(key) ? [] : [invalid(field, key, KEY_RULE)];
}

function workload(object: KubeObject, before: KubeObject | undefined): Problem[] {
  const spec = at(object, 'spec');
  const problems = [
    ...nonNegative(at(spec, 'replicas'), 'spec.replicas'),
    ...nonNegative(at(spec, 'minReadySeconds'), 'spec.minReadySeconds'),
    ...nonNegative(at(spec, 'revisionHistoryLimit'), 'spec.revisionHistoryLimit'),
    ...selectorProblems(spec, before === undefined ? undefined : at(before, 'spec')),
    ...strategyProblems(object.kind, spec),
  ];
  if (before !== undefined && sameJson(at(spec, 'template'), at(before, 'spec', 'template'))) return problems;
  const policy = text(spec, 'template', 'spec', 'restartPolicy');
  const wrongPolicy = policy === '' || policy === 'Always';
  return [
    ...problems,
    ...validatePodSpec(at(spec, 'template', 'spec'), 'spec.template.spec'),
    ...(wrongPolicy ? [] : [unsupported('spec.template.spec.restartPolicy', policy, ['Always'])]),
  ];
}

function selectorProblems(spec: unknown, before: unknown): Problem[] {
  const selector = at(spec, 'selector');
  if (before !== undefined && !sameJson(selector, at(before, 'selector'))) {
    return [invalid('spec.selector', selector, 'field is immutable')];
  }
  if (selector === undefined) return [required('spec.selector')];
  const labels = at(spec, 'template', 'metadata', 'labels');
  const fits = entries(selector, 'matchLabels').every(([key, value]) => at(labels, key) === value);
  if (fits) return [];
  return [invalid('spec.template.metadata.labels', labels, '`selector` does not match template `labels`')];
}

function strategyProblems(kind: string, spec: unknown): Problem[] {
  const field = kind === 'Deployment' ? 'strategy' : 'updateStrategy';
  const type = text(spec, field, 'type');
  const known = kind === 'Deployment' ? ['Recreate', 'RollingUpdate'] : ['OnDelete', 'RollingUpdate'];
  if (type !== '' && !known.includes(type)) return [unsupported(`spec.${field}.type`, type, known)];
  const rolling = at(spec, field, 'rollingUpdate');
  const path = `spec.${field}.rollingUpdate`;
  if (type === 'Recreate' && present(rolling)) {
    return [forbiddenField(path, "may not be specified when strategy `type` is 'Recreate'")];
  }
  const zero = (name: string) => [0, '0%', '0'].includes(at(rolling, name) as number | string);
  if (kind === 'Deployment' && zero('maxUnavailable') && zero('maxSurge')) {
    return [invalid(`${path}.maxUnavailable`, at(rolling, 'maxUnavailable'), 'may not be 0 when `maxSurge` is 0')];
  }
  return ['maxUnavailable', 'maxSurge'].flatMap((name) => nonNegative(at(rolling, name), `${path}.${name}`));
}

const STATEFUL_MUTABLE = new Set(
  ['replicas', 'template', 'updateStrategy', 'minReadySeconds'].concat([
    'persistentVolumeClaimRetentionPolicy',
    'ordinals',
    'revisionHistoryLimit',
  ]),
);

function statefulSet(object: KubeObject, before: KubeObject | undefined): Problem[] {
  const fixed = (one: KubeObject) =>
    Object.fromEntries(entries(one, 'spec').filter(([key]) => !STATEFUL_MUTABLE.has(key)));
  if (before === undefined || sameJson(fixed(object), fixed(before))) return workload(object, before);
  const detail =
    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";
  return [forbiddenField('spec', detail)];
}

const TAINT_EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

function validateNode(node: KubeObject, before: KubeObject | undefined): Problem[] {
  const problems = items(node, 'spec', 'taints').flatMap((taint, index) => {
    const effect = text(taint, 'effect');
    const field = `spec.taints[${index}]`;
    if (effect === '') return [required(`${field}.effect`)];
    return TAINT_EFFECTS.includes(effect) ? [] : [unsupported(`${field}.effect`, effect, TAINT_EFFECTS)];
  });
  const old = text(before, 'spec', 'podCIDR');
  if (old !== '' && text(node, 'spec', 'podCIDR') !== old) {
    const detail = 'node updates may not change podCIDR except from "" to valid';
    problems.push(forbiddenField('spec.podCIDRs', detail));
  }
  const oldId = text(before, 'spec', 'providerID');
  if (oldId !== '' && text(node, 'spec', 'providerID') !== oldId) {
    problems.push(forbiddenField('spec.providerID', 'node updates may not change providerID except from "" to valid'));
  }
  return problems;
}

function immutableData(object: KubeObject, before: KubeObject | undefined): Problem[] {
  if (before === undefined || at(before, 'immutable') !== true) return [];
  return ['immutable', 'data', 'binaryData', 'stringData']
    .filter((field) => !sameJson(object[field], before[field]))
    .map((field) => forbiddenField(field, 'field is immutable when `immutable` is set'));
}

function unchangedSpec(object: KubeObject, before: KubeObject | undefined): Problem[] {
  if (before === undefined || sameJson(object['spec'], before['spec'])) return [];
  return [invalid('spec', object['spec'], 'field is immutable')];
}
