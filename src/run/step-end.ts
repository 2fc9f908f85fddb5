/** How one step of a plan ended, and what the parts of `applyPlan` share: their ports, and a pause that a signal ends. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Reason, StepProgress } from '../core/fix.ts';
import type { AgentNode, Clock, ClusterReader, ClusterWriter, NodeStepper } from '../core/ports.ts';
import { redactText } from '../core/redact.ts';
import type { Signer } from '../core/signing.ts';

/** A step's progress without its place and time, and for a step that stops the plan the reason. */
export interface StepEnd {
  readonly progress: Pick<StepProgress, 'state' | 'note' | 'after' | 'result'>;
  readonly reason?: Reason;
}

/** Milliseconds; tests set shorter ones. */
export interface ApplyTimes {
  /** Between two looks at something that is waited for, and before something is tried again. */
  readonly pollMs: number;
  /** For how long an API server that does not answer is asked again. */
  readonly apiAwayMs: number;
  /** For how long an agent that does not answer is asked again. */
  readonly agentAwayMs: number;
  /** What one call of an agent may take: a kubelet's restart, swapping gigabytes back in. */
  readonly agentCallMs: number;
}

export const APPLY_TIMES: ApplyTimes = {
  pollMs: 1000,
  apiAwayMs: 60_000,
  agentAwayMs: 120_000,
  agentCallMs: 60_000,
};

export interface ApplyPorts {
  /** Of the identity that writes. */
  readonly reader: ClusterReader;
  readonly writer: ClusterWriter;
  readonly stepper: NodeStepper;
  /** Signs grants; only the remediator's are believed. */
  readonly signer: Signer;
  readonly clock: Clock;
  /** Gives a node whose agent's address is known; of others the addresses are read from the API server. */
  readonly knownNode?: (name: string) => AgentNode | undefined;
  readonly times?: Partial<ApplyTimes>;
}

/** Waits. @throws the signal's reason. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
  signal.throwIfAborted();
}

/** One sentence that goes into a record. */
export function note(text: string): string {
  const line = redactText(text).replaceAll(/\s+/g, ' ').trim();
  return line.length > 500 ? `${line.slice(0, 499)}…` : line;
}
