/** Calls to Slack's Web API: paced by the shared budget, bounded in time, and with an outcome that says what is known. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Logger,
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebAPIRequestError,
  WebClient,
} from '@slack/web-api';
import type { Log } from '../log.ts';
import type { Budget, Priority } from './budget.ts';

/**
 * `refused`: Slack answered no, with its code. `unsent`: the request never reached Slack. `unknown`: it may have been
 * carried out (a 5xx, a time-out, a broken connection). `dropped`: progress for which the budget had no room.
 */
export type Outcome =
  | { readonly status: 'ok'; readonly data: Readonly<Record<string, unknown>> }
  | { readonly status: 'refused'; readonly error: string }
  | { readonly status: 'unsent' | 'unknown'; readonly reason: string }
  | { readonly status: 'dropped' };

export interface CallOptions {
  readonly priority?: Priority;
  /** True where a second call does no harm: it is repeated where the outcome is unknown. */
  readonly repeatable?: boolean;
  readonly signal?: AbortSignal;
}

export interface SlackClient {
  call(method: string, args: Args, options?: CallOptions): Promise<Outcome>;
}

export interface SlackClientOptions {
  readonly token: string;
  readonly apiUrl: string;
  readonly budget: Budget;
  readonly log: Log;
  readonly logger: Logger;
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 10_000;
/** Waits before a repeatable call is tried again. */
const AGAIN_MS = [500, 2000];
/** 429s in a row after which a call gives up; each was waited for as Slack said. */
const MOST_LIMITED = 5;

/**
 * Makes the client of one process. `WebClient`'s own retries are off: they would post twice what a 5xx had stored, and one
 * 429 would stop every other call of the process.
 */
export function createSlackClient(options: SlackClientOptions): SlackClient {
  const web = new WebClient(options.token, {
    slackApiUrl: options.apiUrl,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: options.timeoutMs ?? TIMEOUT_MS,
    logger: options.logger,
  });
  const paced = async (method: string, args: Args, priority: Priority, signal?: AbortSignal): Promise<Outcome> => {
    const channel = channelOf(args);
    for (let limited = 0; limited < MOST_LIMITED; limited += 1) {
      const wait = await options.budget.take(method, channel, priority);
      if (wait === undefined) return { status: 'dropped' };
      if (wait > 0) await sleep(wait, undefined, signal === undefined ? {} : { signal });
      const outcome = await once(web, method, args);
      if (outcome.status !== 'limited') return outcome;
      options.log.warn({ method, channel, seconds: outcome.seconds }, 'slack limits the rate');
      await options.budget.block(method, channel, outcome.seconds);
      if (priority === 'may') return { status: 'dropped' };
    }
    return { status: 'unsent', reason: 'rate limited again and again' };
  };
  return {
    async call(method, args, { priority = 'must', repeatable = false, signal } = {}) {
      let outcome = await paced(method, args, priority, signal);
      for (const pause of priority === 'may' ? [] : AGAIN_MS) {
        if (outcome.status !== 'unsent' && !(outcome.status === 'unknown' && repeatable)) break;
        await sleep(pause, undefined, signal === undefined ? {} : { signal });
        outcome = await paced(method, args, priority, signal);
      }
      return outcome;
    },
  };
}

type Args = Readonly<Record<string, unknown>>;

function channelOf(args: Args): string | undefined {
  const channel = args['channel'] ?? args['channel_id'];
  return typeof channel === 'string' ? channel : undefined;
}

type Once = Outcome | { readonly status: 'limited'; readonly seconds: number };

async function once(web: WebClient, method: string, args: Args): Promise<Once> {
  try {
    const data = await web.apiCall(method, args);
    return { status: 'ok', data: { ...data } };
  } catch (error) {
    if (error instanceof WebAPIPlatformError) {
      // These two are Slack's way to say 5xx: what was asked may have happened.
      const own = error.data.error;
      if (own === 'internal_error' || own === 'fatal_error') return { status: 'unknown', reason: own };
      if (own === 'ratelimited') return { status: 'limited', seconds: 5 };
      return { status: 'refused', error: own };
    }
    if (error instanceof WebAPIRateLimitedError) return { status: 'limited', seconds: Math.min(error.retryAfter, 120) };
    if (error instanceof WebAPIHTTPError) return { status: 'unknown', reason: `HTTP ${error.statusCode}` };
    if (error instanceof WebAPIRequestError) {
      const code = causeCode(error.original);
      const reason = code ?? error.original.message;
      return { status: NEVER_SENT.has(code ?? '') ? 'unsent' : 'unknown', reason };
    }
    // A 429 without Retry-After comes as a plain Error.
    if (error instanceof Error && /retry header/i.test(error.message)) return { status: 'limited', seconds: 5 };
    throw error;
  }
}

const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

function causeCode(error: unknown): string | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    if ('code' in at && typeof at.code === 'string') return at.code;
  }
  return undefined;
}
