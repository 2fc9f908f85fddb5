/** Asks agents, all at once and each for itself: what one of them does or fails to do holds up no other. */
import type { AskAnswer, ProbeRequest } from '../../core/agent-api.ts';
import { errorText } from '../../core/errors.ts';
import type { NodeObject } from '../../core/evidence/cluster.ts';
import { checkedItem } from '../../core/evidence.ts';
import { namespacedRef, nodeRef, type ObjectRef } from '../../core/object-ref.ts';
import type { NodeAgents } from '../../core/ports.ts';
import type { Gather } from '../gather.ts';
import { nodeAddresses } from '../objects/node.ts';
import { within } from '../within.ts';
import { agentCommand, ownCommand } from './agent-command.ts';

const GRACE_MS = 100;

export interface AskOptions {
  readonly agents: NodeAgents;
  readonly gather: Gather;
  readonly networks: readonly string[];
  readonly signal: AbortSignal;
  /** For each agent, in milliseconds. */
  readonly deadlineMs: number;
  readonly onAnswer?: (answered: boolean) => void;
}

/** Asks one node's agent and keeps every answer; where it does not answer, every fact asked for becomes unavailable. True if it answered. */
export async function askNode(
  node: NodeObject,
  requests: readonly ProbeRequest[],
  options: AskOptions,
): Promise<boolean> {
  const { agents, gather, networks, signal, deadlineMs } = options;
  let answer: AskAnswer;
  try {
    if (!agents.enabled) throw new Error('agents are switched off');
    const asked = { name: node.name, addresses: nodeAddresses(node) };
    const left = { deadlineMs, networks, signal };
    // Whoever asks keeps the time himself; this is for one who does not.
    answer = await within(deadlineMs + GRACE_MS, signal, () => agents.ask(asked, requests, left));
    if (answer.node !== node.name)
      throw new Error(`the agent at the address of ${node.name} says that it is node ${answer.node}`);
  } catch (error) {
    const text = errorText(error);
    const reason = text.includes(node.name) ? text : `agent on ${node.name}: ${text}`;
    for (const request of requests) keepMissing(gather, node, request, reason);
    options.onAnswer?.(false);
    return false;
  }
  requests.forEach((request, i) => {
    keepAnswer(gather, node, request, answer.answers[i]);
  });
  options.onAnswer?.(true);
  return true;
}

function keepAnswer(
  gather: Gather,
  node: NodeObject,
  request: ProbeRequest,
  given: AskAnswer['answers'][number] | undefined,
) {
  if (given === undefined || given.kind !== request.kind) {
    keepMissing(gather, node, request, `agent on ${node.name}: it left this question out`);
    return;
  }
  const { kind } = request;
  const part = partOf(request) ?? given.part;
  const common = {
    kind,
    object: objectOf(node, request),
    ...(part === undefined ? {} : { part }),
    source: 'agent' as const,
    at: gather.at(),
    command: agentCommand(given.command, kind),
  };
  if (given.status === 'unavailable') gather.put({ ...common, status: 'unavailable', reason: given.reason });
  else gather.put(checkedItem({ ...common, status: 'collected', value: given.value }));
}

function keepMissing(gather: Gather, node: NodeObject, request: ProbeRequest, reason: string): void {
  const part = partOf(request);
  gather.put({
    kind: request.kind,
    object: objectOf(node, request),
    ...(part === undefined ? {} : { part }),
    source: 'agent',
    at: gather.at(),
    command: ownCommand(request.kind),
    status: 'unavailable',
    reason: reason.slice(0, 500),
  });
}

function objectOf(node: NodeObject, request: ProbeRequest): ObjectRef {
  if (request.kind !== 'pod-listeners') return nodeRef(node.name);
  return namespacedRef('Pod', param(request, 'namespace'), param(request, 'name'));
}

function partOf(request: ProbeRequest): string | undefined {
  return request.kind === 'node-journal' ? param(request, 'unit') : undefined;
}

function param({ params }: ProbeRequest, name: string): string {
  const value = params?.[name];
  return typeof value === 'string' ? value : '';
}
