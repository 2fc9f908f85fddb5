/** Has a step done by the agent of a node: one POST with a grant that is good for it alone. */
import { AgentError } from '../../core/errors.ts';
import { StepAnswer, type StepRequest } from '../../core/grant.ts';
import type { NodeStepper } from '../../core/ports.ts';
import { createAgentCaller, type NodeAgentsOptions, parseJson } from './agent-call.ts';
import { PostError } from './post-json.ts';

export interface ClosableNodeStepper extends NodeStepper {
  close(): void;
}

const MAX_BYTES = 64 * 1024;

/** Gives a stepper that is switched off: `enabled` is false, and a step throws. */
export function noNodeStepper(): ClosableNodeStepper {
  return {
    enabled: false,
    step: (node) => Promise.reject(new AgentError(`the agent of ${node.name} is not asked: agents are switched off`)),
    close: () => undefined,
  };
}

/**
 * Makes the client. What an agent refuses by its status (read-only, an agent without steps) is given as `rejected`.
 * @throws AgentError where a certificate file cannot be read.
 */
export function createNodeStepper(options: NodeAgentsOptions): ClosableNodeStepper {
  const caller = createAgentCaller(options);
  return {
    enabled: true,
    close: () => caller.close(),
    step: async (node, { text: grant, signature }, { deadlineMs, signal }) => {
      const request: StepRequest = { version: 1, grant, signature };
      const body = (): string => JSON.stringify(request);
      let answered: Awaited<ReturnType<typeof caller.call>>;
      try {
        answered = await caller.call(node, { path: '/v1/step', body, deadlineMs, maxBytes: MAX_BYTES, signal });
      } catch (error) {
        return refusedBy(node.name, error);
      }
      const { address, port } = answered.target;
      const parsed = StepAnswer.safeParse(parseJson(answered.text));
      if (!parsed.success) {
        const what = `the agent of ${node.name} at ${address}:${port} answered something that is no answer to a step`;
        throw new AgentError(what, undefined, true);
      }
      if (parsed.data.node === node.name) return parsed.data;
      throw new AgentError(`the agent at ${address}:${port} says that it runs on ${parsed.data.node}`, undefined, true);
    },
  };
}

/** A status from 400 on says that nothing was done; 429 that it may be asked again, 5xx says nothing. */
function refusedBy(node: string, error: unknown): StepAnswer {
  const status = error instanceof AgentError && error.cause instanceof PostError ? error.cause.status : undefined;
  if (!(error instanceof AgentError) || status === undefined || status < 400 || status >= 500) throw error;
  if (status === 429) throw new AgentError(error.message, error.cause, false);
  return { version: 1, node, now: '', status: 'rejected', reason: error.message.slice(0, 500) };
}
