/** Asks agents on nodes: HTTPS with mutual TLS, the node's addresses in order, one deadline, one sentence for each failure. */
import { AGENT_LIMITS, AskAnswer, AskRequest } from '../../core/agent-api.ts';
import { AgentError } from '../../core/errors.ts';
import type { AgentNode, NodeAgents } from '../../core/ports.ts';
import { createAgentCaller, type NodeAgentsOptions, parseJson } from './agent-call.ts';
import type { Target } from './post-json.ts';

export type { NodeAgentsOptions } from './agent-call.ts';

/** Kept of the deadline for the way back: the agent is given the rest. */
const TRAVEL_MS = 250;

export interface ClosableNodeAgents extends NodeAgents {
  /** Closes the connections that are kept for the next question. */
  close(): void;
}

/** Gives agents that are switched off: `enabled` is false, and asking throws. */
export function noNodeAgents(): ClosableNodeAgents {
  return {
    enabled: false,
    ask: (node) => Promise.reject(new AgentError(`the agent of ${node.name} is not asked: agents are switched off`)),
    close: () => undefined,
  };
}

/**
 * Makes the client of the agents. Certificate files are read now, and again when they change.
 * @throws AgentError where a certificate file cannot be read.
 */
export function createNodeAgents(options: NodeAgentsOptions): ClosableNodeAgents {
  const caller = createAgentCaller(options);
  return {
    enabled: true,
    close: () => caller.close(),
    ask: async (node, requests, { deadlineMs, networks, signal }) => {
      const body = (budget: number): string => requestBody(requests, networks, budget);
      const maxBytes = AGENT_LIMITS.answerBytes;
      const { text, target } = await caller.call(node, { path: '/v1/ask', body, deadlineMs, maxBytes, signal });
      return parseAnswer(node, target, text);
    },
  };
}

function requestBody(requests: Parameters<NodeAgents['ask']>[1], networks: readonly string[], budget: number): string {
  const deadlineMs = Math.max(100, Math.min(60_000, budget - TRAVEL_MS));
  const request = { version: 1, deadlineMs, networks, requests } as const;
  const parsed = AskRequest.safeParse(request);
  if (parsed.success) return JSON.stringify(request);
  const issue = parsed.error.issues[0];
  throw new AgentError(`the question to the agent is wrong at ${issue?.path.join('.')}: ${issue?.message}`);
}

function parseAnswer(node: AgentNode, target: Target, text: string): AskAnswer {
  const parsed = AskAnswer.safeParse(parseJson(text));
  const where = `${target.address}:${target.port}`;
  if (!parsed.success) {
    throw new AgentError(`the agent of ${node.name} at ${where} answered something that is not an agent's answer`);
  }
  if (parsed.data.node !== node.name) {
    throw new AgentError(`the agent at ${where} says that it runs on ${parsed.data.node}, not on ${node.name}`);
  }
  return parsed.data;
}
