/** Is a draft one that its remediation could have planned: its verbs, objects, nodes and node steps are among those it declares. */

import type { ApiTarget } from '../core/api-object.ts';
import { refText } from '../core/object-ref.ts';
import { covers, rightsOfSteps, rightText } from '../core/plan-rights.ts';
import type { ApiStep, Draft, NodeStep, PlanStep, Remediation, WaitStep } from '../core/remediation.ts';

type Declared = Pick<Remediation, 'rights' | 'nodeSteps'>;

/** What one segment of a REST path may be: a name with a slash in it would be another object, or a subresource. */
const SEGMENT = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,252}$/;

/**
 * Asks whether every write of the steps and of the undo is one that the remediation declares, on the object that the draft
 * names (policy, lock and limits go by that one) or where the remediation's own rights name the namespace.
 * @returns undefined where it is; else what the draft asks to do beyond that, as a phrase (`delete pods "a" in namespace b`).
 */
export function beyondDeclared(draft: Draft, remediation: Declared): string | undefined {
  for (const step of [...draft.steps, ...draft.undo]) {
    const beyond = beyondStep(step, draft, remediation);
    if (beyond !== undefined) return beyond;
  }
  return undefined;
}

function beyondStep(step: PlanStep, draft: Draft, remediation: Declared): string | undefined {
  if (step.type === 'api') return beyondApi(step, draft, remediation);
  if (step.type === 'node') return beyondNode(step, draft, remediation);
  return step.type === 'wait' ? beyondWait(step) : undefined;
}

function beyondApi(step: ApiStep, { object }: Draft, { rights }: Declared): string | undefined {
  const { target, verb, subresource, body } = step;
  const odd = oddTarget(target) ?? (subresource === undefined || SEGMENT.test(subresource) ? undefined : subresource);
  if (odd !== undefined) return `${verb} "${odd.slice(0, 60)}", which is no name`;
  const write = rightsOfSteps([step]).find((right) => right.verb === verb);
  if (write === undefined) return verb;
  // Options of a delete (no grace period, orphans) are seen in no diff.
  if (verb === 'delete' && body !== undefined) return `${rightText(write)} with options of its own`;
  const granted = rights.filter((right) => covers(right, write));
  if (granted.length === 0) return rightText(write);
  const { kind, namespace, name } = target;
  const isObject = kind === object.kind && name === object.name && namespace === object.namespace;
  if (isObject || granted.some((right) => right.namespace !== undefined)) return undefined;
  return `${rightText(write)} for ${refText(object)}`;
}

function beyondNode(
  { node, action }: NodeStep,
  { object, nodes }: Draft,
  { nodeSteps = [] }: Declared,
): string | undefined {
  const known = nodeSteps.includes(action.step) && nodes.includes(node);
  const own = object.kind === 'Node' && object.name === node;
  if (known && own && SEGMENT.test(node)) return undefined;
  return `do ${action.step} on ${node.slice(0, 100)}${own ? '' : ` for ${refText(object)}`}`;
}

/** Only read; but by the remediator's identity, so from where they seem to be read. */
function beyondWait({ until }: WaitStep): string | undefined {
  const odd =
    until.kind === 'rolled-out'
      ? oddTarget(until.target)
      : [...(until.kind === 'pod-replaced' ? [until.namespace] : []), until.node].find((name) => !SEGMENT.test(name));
  return odd === undefined ? undefined : `wait for "${odd.slice(0, 60)}", which is no name`;
}

function oddTarget({ group, version, resource, namespace, name }: ApiTarget): string | undefined {
  const segments = [
    version,
    resource,
    name,
    ...(group === '' ? [] : [group]),
    ...(namespace === undefined ? [] : [namespace]),
  ];
  return segments.find((segment) => !SEGMENT.test(segment));
}
