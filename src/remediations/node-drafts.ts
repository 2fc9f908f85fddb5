/** What plans of node steps share: the step, the wait for the node, what is asked afterwards, and how kubelet comes back. */
import type { Facts } from '../core/facts.ts';
import type { NodeStepName, NodeStepParams } from '../core/node-steps.ts';
import { nodeRef } from '../core/object-ref.ts';
import type { Draft, Line, NodeStep, PlanInput, PlanStep, WaitStep } from '../core/remediation.ts';
import { questionsOf, rightsOf } from './draft.ts';
import { isReady, nodeOf, unitOf } from './nodes.ts';

export const NODE_TEXTS = {
  'wait-ready': 'Wait until {node} is Ready.',
  'restart-kubelet': 'Start kubelet on {node}: systemd has given up on it.',
  'no-node': 'There is no node {node} in the cluster.',
  'no-agent': 'What is needed of {node} is not known: {reason}',
  'after-ready': '{node} is Ready.',
  'after-rule': 'What named the cause finds nothing on {node} any more.',
  'note-other-pods': 'When kubelet runs again, the Pods of {node} start again with it.',
} as const;

/** kubelet's RestartSec is 10 s; a node that was down starts its network's Pods before it is Ready. */
export const READY_SECONDS = 180;

/** A step of one node. */
export function nodeStep<S extends NodeStepName>(
  node: string,
  step: S,
  params: NodeStepParams<S>,
  says: Line,
): NodeStep {
  return { type: 'node', node, action: { step, params: params as Record<string, string | number | boolean> }, says };
}

/** Waits for the node. */
export function waitReady(node: string): WaitStep {
  return {
    type: 'wait',
    until: { kind: 'node-ready', node },
    seconds: READY_SECONDS,
    says: { text: 'wait-ready', data: { node } },
  };
}

/** Waits for the node, where it is not Ready now. */
export function waitIfDown(facts: Facts, node: string): WaitStep[] {
  return isReady(facts, node) ? [] : [waitReady(node)];
}

/** A kubelet that systemd has given up on does not come back by itself. */
export function startIfGivenUp(facts: Facts, node: string): NodeStep[] {
  if (unitOf(facts, node, 'kubelet.service')?.activeState !== 'failed') return [];
  return [nodeStep(node, 'kubelet', { state: 'restarted' }, { text: 'restart-kubelet', data: { node } })];
}

/** The node that a hint names; undefined where there is none of that name. */
export function namedNode({ facts, params, finding }: PlanInput): string | undefined {
  const name = String(params['node'] ?? (finding.object.kind === 'Node' ? finding.object.name : ''));
  return nodeOf(facts, name) === undefined ? undefined : name;
}

/** What every draft of node steps has alike; `words` are questions to ask besides. */
export function nodeDraft(
  input: PlanInput,
  node: string,
  steps: readonly PlanStep[],
  undo: readonly PlanStep[],
): Pick<Draft, 'params' | 'object' | 'steps' | 'undo' | 'nodes' | 'checksAfter' | 'rights' | 'expect'> {
  const waits = steps.some((step) => step.type === 'wait');
  return {
    params: { ...input.params },
    object: nodeRef(node),
    steps: [...steps],
    undo: [...undo],
    nodes: [node],
    checksAfter: [...(waits ? [{ text: 'after-ready', data: { node } }] : []), { text: 'after-rule', data: { node } }],
    rights: rightsOf([...steps, ...undo]),
    expect: {
      questions: questionsOf(input, ['diagnose', 'node', node]),
      rule: input.finding.rule,
      object: input.finding.object,
      nodes: [node],
      ...(waits ? { revives: [node] } : {}),
      seconds: READY_SECONDS,
    },
  };
}
