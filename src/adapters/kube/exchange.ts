/** One request to the API server and its answer: gzip, a cap on its size, a time limit, a signal. */
import { type Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { createGunzip } from 'node:zlib';
import { ClusterError } from '../../core/errors.ts';
import { connectionError } from './read-errors.ts';

export interface Exchange {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly agent: Agent;
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly retryAfter: string | undefined;
  /** As they came over the wire. */
  readonly wireBytes: number;
}

/**
 * Sends a GET.
 * @throws ClusterError `unreachable` (nobody there), `timeout`, `malformed` (the answer broke off) or `too-large`.
 */
export async function exchange(options: Exchange): Promise<Answer> {
  const { url, timeoutMs, signal } = options;
  const limit = AbortSignal.timeout(timeoutMs);
  const either = AbortSignal.any([signal, limit]);
  try {
    return await answerOf(await respond(options, either), options.maxBytes, either);
  } catch (error) {
    if (signal.aborted) throw new ClusterError('timeout', 'the read was stopped', undefined, error);
    if (limit.aborted)
      throw new ClusterError('timeout', `the API server did not answer ${url.pathname} within ${timeoutMs / 1000} s`);
    throw error;
  }
}

/** Sends once more where the connection was cut before an answer: often an idle one that the other side had closed. */
async function respond(options: Exchange, signal: AbortSignal): Promise<IncomingMessage> {
  for (let again = true; ; again = false) {
    const { outcome, reused } = await send(options, signal);
    if (!(outcome instanceof Error)) return outcome;
    if (again && (reused || cut(outcome)) && !signal.aborted) continue;
    throw signal.aborted ? outcome : connectionError(options.url.origin, outcome);
  }
}

function cut(error: Error): boolean {
  return 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}

function send(
  { url, headers, agent }: Exchange,
  signal: AbortSignal,
): Promise<{ outcome: IncomingMessage | Error; reused: boolean }> {
  const start = url.protocol === 'http:' ? httpRequest : httpsRequest;
  return new Promise((resolve) => {
    const request = start(url, { method: 'GET', headers, agent, signal }, (outcome) =>
      resolve({ outcome, reused: request.reusedSocket }),
    );
    request.on('error', (outcome) => resolve({ outcome, reused: request.reusedSocket }));
    request.end();
  });
}

async function answerOf(response: IncomingMessage, maxBytes: number, signal: AbortSignal): Promise<Answer> {
  let wireBytes = 0;
  response.on('data', (chunk: Buffer) => {
    wireBytes += chunk.length;
  });
  const zipped = response.headers['content-encoding'] === 'gzip';
  const stream = zipped ? response.pipe(createGunzip()) : response;
  if (zipped) response.once('error', (error) => stream.destroy(error));
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxBytes)
        throw new ClusterError('too-large', `the answer is larger than ${Math.round(maxBytes / 1_048_576)} MiB`);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof ClusterError || signal.aborted) throw error;
    throw new ClusterError('malformed', "the API server's answer broke off", response.statusCode, error);
  } finally {
    if (!response.complete) response.destroy();
  }
  const retryAfter = response.headers['retry-after'];
  return { status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8'), retryAfter, wireBytes };
}
