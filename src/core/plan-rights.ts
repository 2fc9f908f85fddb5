/** Which rights the steps of a plan use, in RBAC's words, and how people and kubectl say them. */
import type { ApiTarget } from './api-object.ts';
import type { PlanStep, Right } from './remediation.ts';

/**
 * Gives the rights that carrying the steps out uses, each once: to read what is changed or waited for, and to change it;
 * and to read the nodes whose agents' addresses are not known otherwise (`readsNode`).
 */
export function rightsOfSteps(steps: readonly PlanStep[], readsNode: (name: string) => boolean = () => false): Right[] {
  const all = steps.flatMap((step) => rightsOf(step, readsNode));
  return [...new Map(all.map((right) => [JSON.stringify(right), right])).values()];
}

function rightsOf(step: PlanStep, readsNode: (name: string) => boolean): Right[] {
  if (step.type === 'api') {
    const write = on(step.verb, step.target);
    const whole = step.subresource === undefined ? write.resource : `${write.resource}/${step.subresource}`;
    return [on('get', step.target), { ...write, resource: whole }];
  }
  if (step.type === 'node') return readsNode(step.node) ? [nodes(step.node)] : [];
  if (step.type === 'manual') return [];
  const { until } = step;
  if (until.kind === 'rolled-out') return [on('get', until.target)];
  if (until.kind === 'node-ready') return [nodes(until.node)];
  return [{ verb: 'list', group: '', resource: 'pods', namespace: until.namespace }];
}

function on(verb: string, { group, resource, namespace, name }: ApiTarget): Right {
  return { verb, group, resource, ...(namespace === undefined ? {} : { namespace }), name };
}

function nodes(name: string): Right {
  return { verb: 'get', group: '', resource: 'nodes', name };
}

/** True where `granted` (of a remediation or a role) covers `wanted`. */
export function covers(granted: Right, wanted: Right): boolean {
  return (
    granted.verb === wanted.verb &&
    granted.group === wanted.group &&
    granted.resource === wanted.resource &&
    (granted.namespace === undefined || granted.namespace === wanted.namespace) &&
    (granted.name === undefined || granted.name === wanted.name)
  );
}

/** Gives `patch daemonsets.apps "calico-node" in namespace kube-system`. */
export function rightText({ verb, group, resource, namespace, name }: Right): string {
  const what = `${verb} ${qualified(resource, group)}`;
  return `${what}${name === undefined ? '' : ` "${name}"`}${namespace === undefined ? '' : ` in namespace ${namespace}`}`;
}

/** Gives the command that says whether a right is there. */
export function rightCommand({ verb, group, resource, namespace, name }: Right): string {
  const [plain = '', subresource] = resource.split('/');
  const words = [
    `kubectl auth can-i ${verb} ${qualified(plain, group)}${name === undefined ? '' : `/${name}`}`,
    ...(subresource === undefined ? [] : [`--subresource=${subresource}`]),
    ...(namespace === undefined ? [] : [`-n ${namespace}`]),
  ];
  return words.join(' ');
}

function qualified(resource: string, group: string): string {
  const [plain = '', subresource] = resource.split('/');
  const full = group === '' ? plain : `${plain}.${group}`;
  return subresource === undefined ? full : `${full}/${subresource}`;
}
