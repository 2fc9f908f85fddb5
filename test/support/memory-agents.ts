/** Node agents in memory: each node answers by a function, or fails as agents do. */
import type { AskAnswer, ProbeRequest } from '../../src/core/agent-api.ts';
import { AgentError } from '../../src/core/errors.ts';
import type { AgentNode, NodeAgents } from '../../src/core/ports.ts';

export interface Asked {
  readonly node: AgentNode;
  readonly requests: readonly ProbeRequest[];
  readonly networks: readonly string[];
  readonly deadlineMs: number;
}

/** Gives the value of one fact; undefined where the node has none to give. */
export type Host = (request: ProbeRequest) => unknown;

export class MemoryAgents implements NodeAgents {
  enabled = true;
  readonly asked: Asked[] = [];
  readonly #hosts: Readonly<Record<string, Host | 'refuses' | 'hangs' | 'lies' | 'forgets'>>;

  constructor(hosts: Readonly<Record<string, Host | 'refuses' | 'hangs' | 'lies' | 'forgets'>>) {
    this.#hosts = hosts;
  }

  async ask(
    node: AgentNode,
    requests: readonly ProbeRequest[],
    options: { deadlineMs: number; networks: readonly string[]; signal: AbortSignal },
  ): Promise<AskAnswer> {
    this.asked.push({ node, requests, networks: options.networks, deadlineMs: options.deadlineMs });
    const host = this.#hosts[node.name] ?? 'refuses';
    if (host === 'refuses') throw new AgentError('connection refused');
    if (host === 'hangs') return await new Promise(() => undefined);
    const base = { version: 1 as const, agentVersion: '0.1.0', now: new Date().toISOString() };
    if (host === 'forgets') return { ...base, node: node.name, answers: [] };
    if (host === 'lies') return { ...base, node: 'another', answers: [] };
    const answers = requests.map((request): AskAnswer['answers'][number] => {
      const value = host(request);
      const common = { kind: request.kind, command: `read ${request.kind}`, at: base.now };
      if (value === undefined) return { ...common, status: 'unavailable', reason: 'this host has no such thing' };
      return { ...common, status: 'collected', value };
    });
    return { ...base, node: node.name, answers };
  }
}
