/** Asks agents on nodes: HTTPS with mutual TLS, the node's addresses in order, one deadline, one sentence for each failure. */
import { Agent } from 'node:https';
import { AGENT_LIMITS, AGENT_PORT, AskAnswer, AskRequest } from '../../core/agent-api.ts';
import { parseBoundedJson } from '../../core/bounded-json.ts';
import { AgentError } from '../../core/errors.ts';
import type { AgentNode, NodeAgents } from '../../core/ports.ts';
import { type ClientTls, tlsLoader } from './client-tls.ts';
import { connectionFailed, failureSentence } from './failures.ts';
import { postJson, type Target } from './post-json.ts';

/** Kept of the deadline for the way back: the agent is given the rest. */
const TRAVEL_MS = 250;
/** One address may take this long to connect when there is another to try. */
const CONNECT_MS = 1500;
/** The last one may take this long: TCP and TLS are milliseconds' work, and the verdict waits for whoever hangs before them. */
const LAST_CONNECT_MS = 2000;
const IDLE_MS = 15_000;
/** Connections to one agent at a time: as many as it answers. */
const SOCKETS = 8;

export interface NodeAgentsOptions {
  /** PEM files: this process's certificate and key, and the CA that has signed the agents'. */
  readonly tls: ClientTls;
  readonly port?: number;
  /** Name that every agent's certificate carries, in place of the node's name or address. */
  readonly servername?: string;
  /** Node to URL (`https://10.0.0.5:10850`): asked there, and at no other address. */
  readonly urls?: Readonly<Record<string, string>>;
}

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
  const load = tlsLoader(options.tls);
  load();
  const pool = new Agent({
    keepAlive: true,
    maxSockets: SOCKETS,
    maxFreeSockets: 1,
    timeout: IDLE_MS,
    scheduling: 'lifo',
  });
  return {
    enabled: true,
    close: () => pool.destroy(),
    ask: async (node, requests, { deadlineMs, networks, signal }) => {
      const deadline = performance.now() + deadlineMs;
      const left = (): number => Math.floor(deadline - performance.now());
      const targets = targetsOf(node, options);
      if (targets.length === 0)
        throw new AgentError(`the agent of ${node.name} cannot be asked: the node has no address`);
      let last: unknown;
      for (const [index, target] of targets.entries()) {
        const isLast = index === targets.length - 1;
        const budget = left();
        if (budget < 150 || signal.aborted) break;
        const body = requestBody(requests, networks, budget);
        const connectMs = isLast
          ? Math.min(LAST_CONNECT_MS, budget)
          : Math.min(CONNECT_MS, Math.floor(budget / (targets.length - index)));
        try {
          const limits = { timeoutMs: budget, connectMs, maxBytes: AGENT_LIMITS.answerBytes };
          return parseAnswer(node, target, await postJson({ ...target, ...load(), pool }, body, limits, signal));
        } catch (error) {
          last = new AgentError(failureSentence(node.name, target, error), error);
          // Whoever has answered there is this node's agent, or an impostor: another address changes neither.
          if (!connectionFailed(error)) throw last;
        }
      }
      if (signal.aborted) throw new AgentError(`asking the agent of ${node.name} was called off`);
      throw last ?? new AgentError(`the agent of ${node.name} was not asked: no time was left`);
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

function targetsOf(node: AgentNode, options: NodeAgentsOptions): Target[] {
  const url = new Map(Object.entries(options.urls ?? {})).get(node.name);
  const names = options.servername === undefined ? undefined : [options.servername];
  if (url !== undefined) {
    const { hostname, port } = new URL(url);
    const address = hostname.replace(/^\[|\]$/g, '');
    return [{ address, port: Number(port || AGENT_PORT), node: node.name, names: names ?? [node.name, address] }];
  }
  return [...new Set(node.addresses)].map((address) => ({
    address,
    port: options.port ?? AGENT_PORT,
    node: node.name,
    names: names ?? [node.name, address],
  }));
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

function parseJson(text: string): unknown {
  try {
    return parseBoundedJson(text);
  } catch {
    return undefined;
  }
}
