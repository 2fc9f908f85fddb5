/** One request to the API server and its answer: gzip, a cap on its size, a time limit, a signal. */
import { type Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { createGunzip } from 'node:zlib';
import { ClusterError, errorText } from '../../core/errors.ts';
import { connectionError } from './read-errors.ts';

export interface Exchange {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly agent: Agent;
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  /** A write, which is never sent twice. Without it a GET is sent. */
  readonly write?: { readonly method: string; readonly contentType: string; readonly body: string };
}

export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly retryAfter: string | undefined;
  /** The header `Warning`, several joined by commas. */
  readonly warning: string | undefined;
  /** As they came over the wire. */
  readonly wireBytes: number;
}

/**
 * Sends a GET, or a write.
 * @throws ClusterError `unreachable` (nobody there), `timeout`, `malformed` (the answer broke off) or `too-large`; of a write
 * that was sent and not wholly answered, `unknown-outcome`.
 */
export async function exchange(options: Exchange): Promise<Answer> {
  const { url, timeoutMs, signal, write } = options;
  const limit = AbortSignal.timeout(timeoutMs);
  const either = AbortSignal.any([signal, limit]);
  const way: Way = { sent: false };
  const failure = (error: unknown): unknown => {
    if (signal.aborted) return new ClusterError('timeout', 'the request was stopped', undefined, error);
    if (!limit.aborted) return error;
    return new ClusterError('timeout', `the API server did not answer ${url.pathname} within ${timeoutMs / 1000} s`);
  };
  try {
    return await answerOf(await respond(options, either, way), options.maxBytes, either);
  } catch (caught) {
    const error = failure(caught);
    if (write === undefined || !way.sent) throw error;
    const why = `${write.method} ${url.pathname} was sent and not wholly answered: ${errorText(error)}`;
    throw new ClusterError('unknown-outcome', why, undefined, error);
  }
}

/** How far a request came: `sent` once there is a connection that it may have gone out on. */
interface Way {
  sent: boolean;
}

/** A GET is sent once more where the connection was cut before an answer: often an idle one that the other side had closed. */
async function respond(options: Exchange, signal: AbortSignal, way: Way): Promise<IncomingMessage> {
  for (let again = options.write === undefined; ; again = false) {
    const { outcome, reused } = await send(options, signal, way);
    if (!(outcome instanceof Error)) return outcome;
    if (again && (reused || cut(outcome)) && !signal.aborted) continue;
    throw signal.aborted ? outcome : connectionError(options.url.origin, outcome);
  }
}

function cut(error: Error): boolean {
  return 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}

function send(
  { url, headers, agent, write }: Exchange,
  signal: AbortSignal,
  way: Way,
): Promise<{ outcome: IncomingMessage | Error; reused: boolean }> {
  const plain = url.protocol === 'http:';
  const start = plain ? httpRequest : httpsRequest;
  const options =
    write === undefined
      ? { method: 'GET', headers, agent, signal }
      : { method: write.method, headers: { ...headers, ...bodyHeaders(write) }, agent, signal };
  return new Promise((resolve) => {
    const request = start(url, options, (outcome) => resolve({ outcome, reused: request.reusedSocket }));
    request.on('error', (outcome) => resolve({ outcome, reused: request.reusedSocket }));
    request.on('socket', (socket) => {
      // A socket that a proxy hands over is connected already.
      if (request.reusedSocket || !socket.connecting) way.sent = true;
      else socket.once(plain ? 'connect' : 'secureConnect', () => (way.sent = true));
    });
    request.end(write?.body);
  });
}

function bodyHeaders({ contentType, body }: NonNullable<Exchange['write']>): Record<string, string> {
  return { 'content-type': contentType, 'content-length': String(Buffer.byteLength(body)) };
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
  const { 'retry-after': retryAfter, warning } = response.headers;
  const body = Buffer.concat(chunks).toString('utf8');
  return { status: response.statusCode ?? 0, body, retryAfter, warning, wireBytes };
}
