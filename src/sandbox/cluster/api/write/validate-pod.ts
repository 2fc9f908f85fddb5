/** Validation of Pod specs, and of what may change in a running Pod. */
import { at, items, text } from '../json.ts';
import type { KubeObject } from '../types.ts';
import {
  duplicate,
  forbiddenField,
  invalid,
  type Problem,
  required,
  unknownReference,
  unsupported,
} from './problems.ts';
import { copyOf, isMap, type JsonMap, own, sameJson } from './values.ts';

const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const LABEL_RULE =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'];
const RESTART_POLICIES = ['Always', 'OnFailure', 'Never'];
const TOLERATION_EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];
const MAX_PORT = 65_535;

/** A port number from 1 to 65535 at a field. */
export function portProblems(value: unknown, field: string): Problem[] {
  if (typeof value !== 'number') return [required(field)];
  if (Number.isInteger(value) && value >= 1 && value <= MAX_PORT) return [];
  return [invalid(field, value, 'must be between 1 and 65535, inclusive')];
}

/** A protocol at a field. */
export function protocolProblems(value: string, field: string): Problem[] {
  return value === '' || PROTOCOLS.includes(value) ? [] : [unsupported(field, value, PROTOCOLS)];
}

/** What is wrong with the spec of a Pod or of a template. */
export function validatePodSpec(spec: unknown, field: string): Problem[] {
  const problems: Problem[] = [];
  const containers = items(spec, 'containers');
  if (containers.length === 0) problems.push(required(`${field}.containers`));
  const volumes = items(spec, 'volumes').map((volume) => text(volume, 'name'));
  const seen = new Set<string>();
  for (const list of ['initContainers', 'containers']) {
    for (const [index, container] of items(spec, list).entries()) {
      const at = `${field}.${list}[${index}]`;
      const name = text(container, 'name');
      if (seen.has(name)) problems.push(duplicate(`${at}.name`, name));
      seen.add(name);
      problems.push(...containerProblems(container, at, volumes));
    }
  }
  const policy = text(spec, 'restartPolicy');
  if (policy !== '' && !RESTART_POLICIES.includes(policy)) {
    problems.push(unsupported(`${field}.restartPolicy`, policy, RESTART_POLICIES));
  }
  return [...problems, ...tolerationProblems(spec, field)];
}

function containerProblems(container: unknown, field: string, volumes: readonly string[]): Problem[] {
  const problems: Problem[] = [];
  const name = text(container, 'name');
  if (name === '') problems.push(required(`${field}.name`));
  else if (!LABEL.test(name)) problems.push(invalid(`${field}.name`, name, LABEL_RULE));
  if (text(container, 'image') === '') problems.push(required(`${field}.image`));
  const pull = text(container, 'imagePullPolicy');
  if (pull !== '' && !PULL_POLICIES.includes(pull)) {
    problems.push(unsupported(`${field}.imagePullPolicy`, pull, PULL_POLICIES));
  }
  for (const [index, port] of items(container, 'ports').entries()) {
    const at = `${field}.ports[${index}]`;
    problems.push(...portProblems(own(isMap(port) ? port : {}, 'containerPort'), `${at}.containerPort`));
    problems.push(...protocolProblems(text(port, 'protocol'), `${at}.protocol`));
  }
  for (const [index, variable] of items(container, 'env').entries()) {
    if (text(variable, 'name') === '') problems.push(required(`${field}.env[${index}].name`));
    if (text(variable, 'value') !== '' && at(variable, 'valueFrom') !== undefined) {
      const detail = 'may not be specified when `value` is not empty';
      problems.push(invalid(`${field}.env[${index}].valueFrom`, '', detail));
    }
  }
  for (const [index, mount] of items(container, 'volumeMounts').entries()) {
    const volume = text(mount, 'name');
    if (!volumes.includes(volume)) problems.push(unknownReference(`${field}.volumeMounts[${index}].name`, volume));
  }
  return problems;
}

function tolerationProblems(spec: unknown, field: string): Problem[] {
  return items(spec, 'tolerations').flatMap((toleration, index) => {
    const effect = text(toleration, 'effect');
    const operator = text(toleration, 'operator');
    const at = `${field}.tolerations[${index}]`;
    if (effect !== '' && !TOLERATION_EFFECTS.includes(effect)) {
      return [unsupported(`${at}.effect`, effect, TOLERATION_EFFECTS)];
    }
    return ['', 'Equal', 'Exists'].includes(operator)
      ? []
      : [unsupported(`${at}.operator`, operator, ['Equal', 'Exists'])];
  });
}

const MAY_CHANGE =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

/** A Pod's spec is fixed, but for images, deadline and further tolerations. */
export function validatePodUpdate(pod: KubeObject, before: KubeObject): Problem[] {
  if (sameJson(fixedSpec(pod), fixedSpec(before))) {
    const [now, old] = [items(pod, 'spec', 'tolerations'), items(before, 'spec', 'tolerations')];
    const kept = old.every((one) => now.some((other) => sameJson(one, other)));
    if (kept) return validatePodSpec(at(pod, 'spec'), 'spec').filter((one) => !one.field.includes('volumeMounts'));
  }
  return [forbiddenField('spec', MAY_CHANGE)];
}

function fixedSpec(pod: KubeObject): JsonMap {
  const spec = own(pod, 'spec');
  const copy: JsonMap = isMap(spec) ? copyOf(spec) : {};
  delete copy['tolerations'];
  delete copy['activeDeadlineSeconds'];
  for (const list of ['containers', 'initContainers']) {
    for (const container of items(copy, list)) if (isMap(container)) delete container['image'];
  }
  return copy;
}
