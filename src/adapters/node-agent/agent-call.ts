/** One call of one node's agent: the node's addresses in order, one deadline, one sentence for each failure. */
import { Agent } from 'node:https';
import { AGENT_PORT } from '../../core/agent-api.ts';
import { parseBoundedJson } from '../../core/bounded-json.ts';
import { AgentError } from '../../core/errors.ts';
import type { AgentNode } from '../../core/ports.ts';
import { type ClientTls, tlsLoader } from './client-tls.ts';
import { connectionFailed, failureSentence } from './failures.ts';
import { PostError, postJson, type Target } from './post-json.ts';

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

export interface AgentCall {
  readonly path: '/v1/ask' | '/v1/step';
  /** Given the milliseconds that are left. */
  readonly body: (budgetMs: number) => string;
  readonly deadlineMs: number;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

export interface AgentCaller {
  /** Gives the answer's text. @throws AgentError; its cause is a PostError where the agent answered with a status. */
  call(node: AgentNode, call: AgentCall): Promise<{ readonly text: string; readonly target: Target }>;
  /** Closes the connections that are kept for the next call. */
  close(): void;
}

/**
 * Makes the caller. Certificate files are read now, and again when they change.
 * @throws AgentError where a certificate file cannot be read.
 */
export function createAgentCaller(options: NodeAgentsOptions): AgentCaller {
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
    close: () => pool.destroy(),
    call: async (node, { path, body, deadlineMs, maxBytes, signal }) => {
      const deadline = performance.now() + deadlineMs;
      const targets = targetsOf(node, options);
      if (targets.length === 0)
        throw new AgentError(`the agent of ${node.name} cannot be asked: the node has no address`);
      let last: unknown;
      for (const [index, target] of targets.entries()) {
        const isLast = index === targets.length - 1;
        const budget = Math.floor(deadline - performance.now());
        if (budget < 150 || signal.aborted) break;
        const connectMs = isLast
          ? Math.min(LAST_CONNECT_MS, budget)
          : Math.min(CONNECT_MS, Math.floor(budget / (targets.length - index)));
        const text = body(budget);
        try {
          const limits = { timeoutMs: budget, connectMs, maxBytes };
          return { target, text: await postJson({ ...target, ...load(), pool, path }, text, limits, signal) };
        } catch (error) {
          const unsent = connectionFailed(error);
          last = new AgentError(failureSentence(node.name, target, error), error, !unsent && maybeSent(error));
          // Whoever has answered there is this node's agent, or an impostor: another address changes neither.
          if (!unsent) throw last;
        }
      }
      if (signal.aborted) throw new AgentError(`asking the agent of ${node.name} was called off`);
      throw last ?? new AgentError(`the agent of ${node.name} was not asked: no time was left`);
    },
  };
}

/** What fails before the handshake is over was not sent; an error of TLS itself comes from there. */
function maybeSent(error: unknown): boolean {
  if (error instanceof PostError) return true;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return !/^(ERR_SSL|ERR_TLS|EPROTO|CERT_|UNABLE_|SELF_SIGNED|DEPTH_ZERO|INVALID_PURPOSE)/.test(code);
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

/** Gives undefined for what is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return parseBoundedJson(text);
  } catch {
    return undefined;
  }
}
