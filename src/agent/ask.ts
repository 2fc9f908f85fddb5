/** Answers one request: its probes concurrently under one deadline; what fails becomes `unavailable` with one sentence. */

import type { z } from 'zod';
import { AGENT_LIMITS, type AskAnswer, type AskRequest, PROBE_PARAMS, type ProbeAnswer } from '../core/agent-api.ts';
import { errorText } from '../core/errors.ts';
import { NODE_SCHEMAS, type NodeKind } from '../core/evidence/kinds.ts';
import { redactJson, redactText } from '../core/redact.ts';
import { type Host, HostError } from './host.ts';
import { withTimeout } from './host-errors.ts';
import { issueText } from './issue-text.ts';
import { type AnyProbe, mapLimited } from './probe.ts';
import { PROBES } from './probes/index.ts';
import { type TokenBucket, tcpGate } from './tcp-guard.ts';

/** Probes at a time. */
const CONCURRENCY = 6;
/** Left at the end of the deadline for writing the answer. */
const MARGIN_MS = 50;
/** What one read of a probe may bring. */
const READ_BYTES = 16 * 1024 * 1024;

export interface Asked {
  readonly host: Host;
  readonly node: string;
  readonly agentVersion: string;
  readonly bucket: Pick<TokenBucket, 'take'>;
}
type Request = z.infer<typeof AskRequest>;

/** Gives the whole answer, in the order of the requests, never larger than the answer's cap. Never throws. */
export async function answerAsk(asked: Asked, request: Request): Promise<AskAnswer> {
  const deadline = performance.now() + request.deadlineMs - MARGIN_MS;
  const tcp = tcpGate(request.networks, asked.bucket);
  // Connects wait for time-outs: they start first, everything else runs beside them.
  const order = [...request.requests.keys()].sort((a, b) => rank(request, a) - rank(request, b) || a - b);
  const answers: ProbeAnswer[] = [];
  await mapLimited(order, CONCURRENCY, async (index) => {
    const one = request.requests[index];
    if (one === undefined) return;
    const timeoutMs = Math.round(deadline - performance.now());
    answers[index] = await answerOne(asked.host, one.kind, one.params, { timeoutMs, maxBytes: READ_BYTES, tcp });
  });
  return fitted({
    version: 1,
    node: asked.node,
    agentVersion: asked.agentVersion,
    now: new Date(asked.host.now()).toISOString(),
    answers,
  });
}

function rank(request: Request, index: number): number {
  return request.requests[index]?.kind === 'node-tcp' ? 0 : 1;
}

async function answerOne(
  host: Host,
  kind: NodeKind,
  given: Record<string, unknown>,
  limits: Parameters<AnyProbe['read']>[2],
): Promise<ProbeAnswer> {
  const probe = PROBES[kind] as AnyProbe;
  const at = (): string => new Date(host.now()).toISOString();
  const params = checkedParams(kind, given);
  if (typeof params === 'string') return { kind, command: '', at: at(), status: 'unavailable', reason: params };
  const part = probe.part?.(params);
  const head = { kind, ...(part === undefined ? {} : { part }), command: probe.command(params).slice(0, 500) };
  try {
    if (limits.timeoutMs < 1) throw new HostError('timeout', `there was no time left for ${kind} before the deadline`);
    const late = `${kind} did not finish within ${limits.timeoutMs} ms`;
    const value = await withTimeout(probe.read(host, params, limits), limits.timeoutMs, late);
    return { ...head, at: at(), status: 'collected', value: checkedValue(kind, value) };
  } catch (error) {
    const what = error instanceof HostError ? error.message : `${kind} failed: ${errorText(error)}`;
    return { ...head, at: at(), status: 'unavailable', reason: redactText(what).slice(0, 500) };
  }
}

/** Gives the value without secrets and in the form of its kind. @throws HostError where the probe made another. */
function checkedValue(kind: NodeKind, value: unknown): unknown {
  const parsed = NODE_SCHEMAS[kind].safeParse(redactJson(value));
  if (parsed.success) return parsed.data;
  throw new HostError('failed', `what was read does not have the form of ${kind} ${issueText(parsed.error)}`);
}

/** Gives the parameters by the kind's schema, or one sentence what is wrong with them. */
function checkedParams(kind: NodeKind, given: Record<string, unknown>): object | string {
  if (!(kind in PROBE_PARAMS)) {
    const names = Object.keys(given);
    return names.length === 0 ? {} : `${kind} takes no parameters, and was given ${names.join(', ').slice(0, 200)}`;
  }
  const parsed = PROBE_PARAMS[kind as keyof typeof PROBE_PARAMS].safeParse(given);
  if (parsed.success) return parsed.data;
  return `the parameters of ${kind} are wrong ${issueText(parsed.error)}`.slice(0, 500);
}

/** An answer above the cap loses its largest values first, each with the sentence why. */
function fitted(answer: AskAnswer): AskAnswer {
  const sizes = answer.answers.map((one) => Buffer.byteLength(JSON.stringify(one)));
  let total = sizes.reduce((sum, size) => sum + size, 0) + 1024;
  while (total > AGENT_LIMITS.answerBytes) {
    const largest = sizes.indexOf(Math.max(...sizes));
    const one = answer.answers[largest];
    if (one?.status !== 'collected') break;
    const { value: _, ...head } = one;
    const reason = `the answer is larger than the ${AGENT_LIMITS.answerBytes} bytes that an agent sends at once`;
    answer.answers[largest] = { ...head, status: 'unavailable', reason };
    total -= sizes[largest] ?? 0;
    sizes[largest] = 0;
  }
  return answer;
}
