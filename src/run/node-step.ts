/** One step on a node: granted for a minute, asked for again with the same grant until the agent says what became of it. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson } from '../core/canonical-json.ts';
import { AgentError, ClusterError, errorText } from '../core/errors.ts';
import { fixReason } from '../core/fix-reasons.ts';
import { GRANT_LIFE_MS, type Grant, type StepAnswer } from '../core/grant.ts';
import type { NodeStepResult } from '../core/node-steps.ts';
import type { AgentNode, ClusterReader } from '../core/ports.ts';
import type { NodeStep } from '../core/remediation.ts';
import { APPLY_TIMES, type ApplyPorts, note, pause, type StepEnd } from './step-end.ts';

export interface NodeStepInput {
  readonly step: NodeStep;
  readonly index: number;
  readonly fix: string;
  readonly planHash: string;
  readonly approvedBy: readonly string[];
  /** True where an earlier process began this step: its grant may have been used. */
  readonly resumed: boolean;
}

/** The same for each attempt at one step of one approved fix. */
export function grantId({ fix, index, planHash }: Pick<NodeStepInput, 'fix' | 'index' | 'planHash'>): string {
  return `gr-${createHash('sha256').update(`${fix}\n${index}\n${planHash}`).digest('hex').slice(0, 32)}`;
}

/**
 * Has the step done once.
 * @throws the signal's reason.
 */
export async function runNodeStep(input: NodeStepInput, ports: ApplyPorts, signal: AbortSignal): Promise<StepEnd> {
  const { node } = input.step;
  const times = { ...APPLY_TIMES, ...ports.times };
  if (!ports.stepper.enabled) return { progress: { state: 'refused' }, reason: fixReason('fix.agents-off', { node }) };
  const start = performance.now();
  let doubt = input.resumed ? 'the process that asked for it was ended' : undefined;
  let why: string;
  do {
    const answer = await askOnce(input, ports, times.agentCallMs, signal);
    if (answer.status === 'rejected') return rejected(node, answer.why, doubt);
    if (answer.status === 'result') return endOf(node, answer.result);
    if (answer.status === 'used') return unknown(node, answer.why);
    why = answer.why;
    if (answer.sent) doubt = why;
    await pause(times.pollMs, signal);
  } while (performance.now() - start < times.agentAwayMs);
  if (doubt !== undefined) return unknown(node, doubt === why ? why : `${doubt}; ${why}`);
  const told = note(why);
  const reason = fixReason('fix.node-away', { node, seconds: Math.round(times.agentAwayMs / 1000), why: bare(told) });
  return { progress: { state: 'refused', note: told }, reason };
}

type Answered =
  | { readonly status: 'result'; readonly result: NodeStepResult }
  | { readonly status: 'rejected'; readonly why: string }
  /** The agent does not know what became of it: it died in the middle. */
  | { readonly status: 'used'; readonly why: string }
  | { readonly status: 'silent'; readonly why: string; readonly sent: boolean };

async function askOnce(
  input: NodeStepInput,
  ports: ApplyPorts,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<Answered> {
  try {
    const { status, reason, result } = await ask(input, ports, deadlineMs, signal);
    if (status === 'rejected') return { status, why: reason ?? 'the grant was rejected' };
    if (result !== undefined) return { status: 'result', result };
    return { status: 'used', why: reason ?? 'its grant was used, and the agent ended before the step did' };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof AgentError) && !(error instanceof ClusterError)) throw error;
    return { status: 'silent', why: errorText(error), sent: error instanceof AgentError && error.sent };
  }
}

async function ask(
  input: NodeStepInput,
  ports: ApplyPorts,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<StepAnswer> {
  const { step, fix, planHash, approvedBy } = input;
  const node = ports.knownNode?.(step.node) ?? (await addressesOf(ports.reader, step.node, signal));
  const now = ports.clock.now();
  const grant: Grant = {
    version: 1,
    id: grantId(input),
    node: step.node,
    action: step.action,
    fix,
    planHash,
    approvedBy: approvedBy.slice(0, 20),
    notBefore: new Date(now).toISOString(),
    notAfter: new Date(now + GRANT_LIFE_MS).toISOString(),
  };
  const text = canonicalJson(grant);
  return await ports.stepper.step(node, { text, signature: ports.signer.sign('grant', text) }, { deadlineMs, signal });
}

const NodeObject = z.object({
  status: z.object({ addresses: z.array(z.object({ type: z.string(), address: z.string().max(253) })).max(50) }),
});

/** The node's own addresses, the internal ones first. @throws ClusterError */
async function addressesOf(reader: ClusterReader, name: string, signal: AbortSignal): Promise<AgentNode> {
  const parsed = NodeObject.safeParse(await reader.read({ path: `/api/v1/nodes/${name}` }, signal));
  if (!parsed.success) throw new ClusterError('malformed', `Node ${name} has no readable addresses`);
  const all = parsed.data.status.addresses.filter(({ type }) => type.endsWith('IP'));
  const ordered = all.toSorted((a, b) => Number(b.type === 'InternalIP') - Number(a.type === 'InternalIP'));
  return { name, addresses: ordered.map(({ address }) => address) };
}

function endOf(node: string, result: NodeStepResult): StepEnd {
  const progress = { note: note(result.says), result };
  if (result.outcome === 'changed') return { progress: { state: 'done', ...progress } };
  if (result.outcome === 'already') return { progress: { state: 'already', ...progress } };
  const code = result.outcome === 'refused' ? 'fix.node-refused' : 'fix.node-failed';
  return {
    progress: { state: result.outcome, ...progress },
    reason: fixReason(code, { node, why: bare(result.says) }),
  };
}

/** An agent that rejects a grant has done nothing with it now; whether it had before, it does not say. */
function rejected(node: string, why: string, doubt: string | undefined): StepEnd {
  const told = note(why);
  if (doubt !== undefined) return unknown(node, `${doubt}; ${told}`);
  return {
    progress: { state: 'refused', note: told },
    reason: fixReason('fix.node-refused', { node, why: bare(told) }),
  };
}

function unknown(node: string, why: string): StepEnd {
  const told = note(why);
  return {
    progress: { state: 'unknown', note: told },
    reason: fixReason('fix.node-unknown', { node, why: bare(told) }),
  };
}

/** Sentences of reasons end by themselves. */
function bare(text: string): string {
  return note(text).replace(/\.$/, '');
}
