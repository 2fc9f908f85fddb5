/** What plans share: targets of well-known objects, the rights that steps take, and the questions that verification asks. */

import type { ApiObject, ApiTarget } from '../core/api-object.ts';
import type { Facts } from '../core/facts.ts';
import { parseQuestion } from '../core/parse-question.ts';
import { type Question, questionText } from '../core/question.ts';
import type { PlanInput, PlanStep, Right, Wanted } from '../core/remediation.ts';

/** Most questions of one verification. */
const MOST_QUESTIONS = 12;

/** A DaemonSet by its name. */
export function daemonSet(namespace: string, name: string): ApiTarget {
  return { group: 'apps', version: 'v1', resource: 'daemonsets', kind: 'DaemonSet', namespace, name };
}

/** A Pod by its name. */
export function podTarget(pod: ApiObject): ApiTarget {
  const { name, namespace } = pod.metadata;
  return {
    group: '',
    version: 'v1',
    resource: 'pods',
    kind: 'Pod',
    ...(namespace === undefined ? {} : { namespace }),
    name,
  };
}

/** The Pods of a namespace with these labels. */
export function podList(namespace: string, labelSelector: string): Extract<Wanted, { type: 'list' }> {
  return { type: 'list', group: '', version: 'v1', resource: 'pods', kind: 'Pod', namespace, labelSelector };
}

/** The least rights with which the remediator can carry out these steps: reads before a write count too. */
export function rightsOf(steps: readonly PlanStep[]): Right[] {
  const all = steps.flatMap((step): Right[] => {
    if (step.type === 'api') {
      const sub = step.subresource === undefined ? '' : `/${step.subresource}`;
      return [rightOn('get', step.target), rightOn(step.verb, step.target, sub)];
    }
    if (step.type !== 'wait') return [];
    const { until } = step;
    if (until.kind === 'node-ready') return [{ verb: 'get', group: '', resource: 'nodes', name: until.node }];
    if (until.kind === 'rolled-out') return [rightOn('get', until.target)];
    return [{ verb: 'list', group: '', resource: 'pods', namespace: until.namespace }];
  });
  return [...new Map(all.map((right) => [JSON.stringify(right), right])).values()];
}

function rightOn(verb: string, { group, resource, namespace, name }: ApiTarget, sub = ''): Right {
  return { verb, group, resource: `${resource}${sub}`, ...(namespace === undefined ? {} : { namespace }), name };
}

/** Rights without names of objects: what a remediation declares where the names vary. */
export function anyName(rights: readonly Right[]): Right[] {
  const all = rights.map(({ verb, group, resource, namespace }): Right => {
    return { verb, group, resource, ...(namespace === undefined ? {} : { namespace }) };
  });
  return [...new Map(all.map((right) => [JSON.stringify(right), right])).values()];
}

/** The question of the diagnosis first, then these, each once. */
export function questionsOf(input: PlanInput, ...more: readonly (readonly string[])[]): Question[] {
  const all = [input.question, ...more.map((words) => parseQuestion(words))];
  return [...new Map(all.map((question) => [questionText(question), question])).values()].slice(0, MOST_QUESTIONS);
}

/** The NodePorts of the Service that was asked about, by number; empty where the question is about none. */
export function nodePortsOf(facts: Facts, { target }: Question): number[] {
  const services = facts.get('services');
  if (!services.known) return [];
  const service = services.value.services.find(
    ({ namespace, name, ports }) =>
      (target.kind === 'NodePort' && ports.some((port) => port.nodePort === target.nodePort)) ||
      (target.kind === 'Service' && target.namespace === namespace && target.name === name),
  );
  const ports = (service?.ports ?? []).flatMap((port) => (port.protocol === 'TCP' ? (port.nodePort ?? []) : []));
  return [...new Set(ports)].sort((a, b) => a - b);
}
