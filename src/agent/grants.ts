/** Takes the steps that are granted: one at a time, each grant once, also after a restart of the agent. */
import { z } from 'zod';
import { errorText } from '../core/errors.ts';
import { GRANT_LIFE_MS, GRANT_SKEW_MS, Grant, type StepAnswer, StepRequest } from '../core/grant.ts';
import { NODE_STEPS, type NodeStepResult } from '../core/node-steps.ts';
import { Signature } from '../core/signing.ts';
import { readGrantKey, signedGrant } from './grant-key.ts';
import { issueText } from './issue-text.ts';
import { runStep, type StepGround } from './run-step.ts';
import { openUsedGrants, stepDigest, type Used } from './used-grants.ts';

export interface GrantsOptions extends StepGround {
  readonly node: string;
  readonly keyFile: string;
  readonly stateDir: string;
  /** Told of each step and of each grant that is refused: one sentence. */
  readonly onEvent: (level: 'info' | 'warn', sentence: string) => void;
  /** The clock; default the machine's. */
  readonly clock?: () => number;
}

/** Another grant's step is running: nothing was done, ask again. */
export class StepBusy extends Error {}

export interface GrantedSteps {
  /** Answers one request, whatever it holds. @throws StepBusy */
  take(body: unknown): Promise<StepAnswer>;
  /** Takes no more steps, and comes back when the running one has ended. */
  finish(): Promise<void>;
}

type Verdict = Omit<StepAnswer, 'version' | 'node' | 'now'>;
const rejected = (reason: string): Verdict => ({ status: 'rejected', reason: reason.slice(0, 500) });

/** Makes the steps of an agent. @throws UserError where the key or the folder cannot be used. */
export function createGrantedSteps(options: GrantsOptions): GrantedSteps {
  const { node, keyFile, onEvent, clock = Date.now } = options;
  const used = openUsedGrants(options.stateDir);
  readGrantKey(keyFile);
  let running: { id: string; end: Promise<unknown> } | undefined;
  let stopping = false;

  async function judge(body: unknown): Promise<Verdict> {
    const grant = checkedGrant(body, keyFile, node);
    if (typeof grant === 'string') return rejected(grant);
    if (running?.id === grant.id) await running.end;
    let before: Used | 'damaged' | undefined;
    try {
      before = await used.find(grant.id);
    } catch (error) {
      return rejected(`the agent cannot tell whether this grant was used before: ${errorText(error)}`);
    }
    if (before !== undefined) return usedBefore(grant, before);
    const untimely = whyNotNow(grant, clock());
    if (untimely !== undefined) return rejected(untimely);
    if (stopping) return rejected('the agent is stopping: nothing was done');
    // The same grant twice at once: the second waits for what becomes of the first.
    if (running?.id === grant.id) return await judge(body);
    if (running !== undefined) throw new StepBusy('the agent takes one step at a time; ask again in a second');
    const work = perform(grant);
    running = { id: grant.id, end: work };
    try {
      return await work;
    } finally {
      running = undefined;
    }
  }

  async function perform(grant: Grant): Promise<Verdict> {
    const begun = new Date(clock());
    try {
      if (!(await used.begin(grant, begun))) return usedBefore(grant, (await used.find(grant.id)) ?? 'damaged');
    } catch (error) {
      return rejected(`the agent cannot note that this grant is used, so nothing was done: ${errorText(error)}`);
    }
    const about = `grant ${grant.id} of fix ${grant.fix}, approved by ${grant.approvedBy.join(', ')}: ${grant.action.step}`;
    onEvent('info', `${about} begins`);
    const result = await runStep(options, grant.action, grant.id);
    onEvent('info', `${about}: ${result.outcome}: ${result.says}`);
    await used.end(grant, begun, new Date(clock()), result).catch((error: unknown) => {
      onEvent('warn', `${about}: its result cannot be kept: ${errorText(error)}`);
    });
    return { status: 'done', result };
  }

  return {
    take: async (body) => {
      const verdict = await judge(body);
      if (verdict.status === 'rejected') onEvent('warn', `refused a grant: ${verdict.reason ?? ''}`);
      return { version: 1, node, now: new Date(clock()).toISOString(), ...verdict };
    },
    finish: async () => {
      stopping = true;
      await running?.end;
    },
  };
}

/** Only the step and the reason to refuse it are looked at: the rest is checked by the schema. */
const Loose = z.object({ node: z.unknown(), action: z.object({ step: z.string() }) });
const Envelope = StepRequest.extend({ signature: z.string().max(1000).optional() });

/** Gives the grant where it is signed by the remediator, for this node, and whole; else one sentence. */
function checkedGrant(body: unknown, keyFile: string, node: string): Grant | string {
  const envelope = Envelope.safeParse(body);
  if (!envelope.success) return `the request is wrong ${issueText(envelope.error)}`;
  const { grant: text, signature = '' } = envelope.data;
  if (!Signature.safeParse(signature).success) return 'the grant is not signed';
  let signed: boolean;
  try {
    signed = signedGrant(readGrantKey(keyFile), text, signature);
  } catch (error) {
    return errorText(error);
  }
  if (!signed) return 'the grant is not as the remediator signed it, or it was signed by somebody else';
  const value = parseJson(text);
  const grant = Grant.safeParse(value);
  if (!grant.success) {
    const step = Loose.safeParse(value).data?.action.step;
    const unknown = step !== undefined && !(NODE_STEPS as readonly string[]).includes(step);
    return unknown
      ? `this agent does not know the step ${step.slice(0, 60)}`
      : `the grant is wrong ${issueText(grant.error)}`;
  }
  return grant.data.node === node ? grant.data : `the grant is for the node ${grant.data.node}, and this is ${node}`;
}

/** Gives a sentence where it is too early or too late, or where the grant lives longer than grants do. */
function whyNotNow({ notBefore, notAfter }: Grant, now: number): string | undefined {
  const [from, to] = [Date.parse(notBefore), Date.parse(notAfter)];
  const life = to - from;
  if (!(life > 0 && life <= GRANT_LIFE_MS + GRANT_SKEW_MS)) {
    return `the grant is good from ${notBefore} to ${notAfter}, which is not how long a grant lives`;
  }
  const here = `this node's clock says ${new Date(now).toISOString()}`;
  if (now < from - GRANT_SKEW_MS) return `the grant is not good before ${notBefore}: ${here}`;
  if (now > to + GRANT_SKEW_MS) return `the grant was good until ${notAfter}: ${here}`;
  return undefined;
}

function usedBefore(grant: Grant, before: Used | 'damaged'): Verdict {
  if (before === 'damaged') return { status: 'used', reason: 'this grant was used before, and no result was kept' };
  if (before.step !== stepDigest(grant)) return rejected(`the grant ${grant.id} was used before, for another step`);
  const result: NodeStepResult | undefined = before.result;
  if (result !== undefined) return { status: 'used', reason: `this grant was used at ${before.begunAt}`, result };
  return {
    status: 'used',
    reason: `this grant was used at ${before.begunAt}, and the agent ended before the step did`,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
