/** The narrow interfaces through which a diagnosis reaches the world. Adapters implement them; tests write their own. */
import type { AskAnswer, ProbeRequest } from './agent-api.ts';

/** One read from the API server. `path` begins with `/`; `query` is encoded by the reader. */
export interface ClusterRead {
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** `text` for logs and health checks; default `json`. */
  readonly as?: 'json' | 'text';
  /** Statuses besides 200 that are an answer and not an error (503 of /readyz). */
  readonly accept?: readonly number[];
}

/** Reads the API server. Every call honours `signal`, and throws a ClusterError where there is no answer to use. */
export interface ClusterReader {
  /** The cluster's name for people: the context's name. */
  readonly clusterName: string;
  read(request: ClusterRead, signal: AbortSignal): Promise<unknown>;
}

/** A node as agents are found: by name, at its addresses. */
export interface AgentNode {
  readonly name: string;
  readonly addresses: readonly string[];
}

/** Asks the agent of one node. Throws an AgentError with one sentence where it does not answer. */
export interface NodeAgents {
  /** False where agents are switched off: nothing is asked, and the report says so. */
  readonly enabled: boolean;
  ask(
    node: AgentNode,
    requests: readonly ProbeRequest[],
    options: { readonly deadlineMs: number; readonly networks: readonly string[]; readonly signal: AbortSignal },
  ): Promise<AskAnswer>;
}

/** The clock, in milliseconds since 1970. */
export interface Clock {
  now(): number;
}

/** The steps that people see while a diagnosis runs. */
export const STEPS = ['service', 'endpoints', 'nodes', 'cluster', 'agents', 'paths', 'judge'] as const;
export type StepName = (typeof STEPS)[number];
export interface Step {
  readonly name: StepName;
  readonly state: 'running' | 'done' | 'failed' | 'partial';
  readonly done?: number;
  readonly total?: number;
}
/** Called with the whole list of steps each time one changes. Must not throw. */
export type OnProgress = (steps: readonly Step[]) => void;
