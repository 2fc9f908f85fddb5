/** The narrow interfaces through which a diagnosis reaches the world. Adapters implement them; tests write their own. */
import type { AskAnswer, ProbeRequest } from './agent-api.ts';
import type { StepAnswer } from './grant.ts';
import type { Right } from './remediation.ts';

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

/** One write to the API server. */
export interface ClusterWrite {
  readonly method: 'PATCH' | 'PUT' | 'DELETE' | 'POST';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Of a PATCH: which kind. */
  readonly patch?: 'strategic' | 'merge' | 'json';
  readonly body?: unknown;
}

/** Writes to the API server. Throws a ClusterError where it was refused or nobody answered. */
export interface ClusterWriter {
  /**
   * `warned` is called for each warning that the server sends along.
   * @throws ClusterError: `conflict` (409), `invalid` (400, 422; the message holds the causes), `forbidden`, `not-found`, and
   * `unknown-outcome` where the connection broke after the request was sent: it may or may not have been carried out.
   */
  write(request: ClusterWrite, signal: AbortSignal, warned?: (warning: string) => void): Promise<unknown>;
  /** Asks by SelfSubjectAccessReview whether this identity has a right. */
  may(right: Right, signal: AbortSignal): Promise<{ readonly allowed: boolean; readonly reason: string }>;
}

/** Has one step done by the agent of a node. Throws an AgentError; `sent` says whether the agent may have seen it. */
export interface NodeStepper {
  readonly enabled: boolean;
  step(
    node: AgentNode,
    grant: { readonly text: string; readonly signature: string },
    options: { readonly deadlineMs: number; readonly signal: AbortSignal },
  ): Promise<StepAnswer>;
}
