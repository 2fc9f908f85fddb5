/** One POST over mutual TLS: time-outs for connecting and for the whole, a cap on the answer, the server's identity. */
import { type Agent, request as httpsRequest, type RequestOptions } from 'node:https';
import { isIP } from 'node:net';
import { type ConnectionOptions, checkServerIdentity, type PeerCertificate } from 'node:tls';
import type { ClientMaterial } from './client-tls.ts';

/** One address of one node's agent. */
export interface Target {
  readonly node: string;
  readonly address: string;
  readonly port: number;
  /** The agent's certificate must carry one of these. */
  readonly names: readonly string[];
}

export type PostFailure = 'connect-timeout' | 'timeout' | 'too-large' | 'status' | 'wrong-name' | 'closed' | 'aborted';

/** A failure of the exchange itself, besides what Node and OpenSSL throw. */
export class PostError extends Error {
  readonly failure: PostFailure;
  /** Of an answer with another status than 200. */
  readonly status: number | undefined;

  constructor(failure: PostFailure, message: string, status?: number) {
    super(message);
    this.name = 'PostError';
    this.failure = failure;
    this.status = status;
  }
}

export interface PostLimits {
  readonly timeoutMs: number;
  readonly connectMs: number;
  readonly maxBytes: number;
}
type Peer = Target & ClientMaterial & { readonly pool: Agent; readonly path: string };

/** Gives the answer's text. A kept connection that the agent has closed meanwhile is replaced once. */
export async function postJson(peer: Peer, body: string, limits: PostLimits, signal: AbortSignal): Promise<string> {
  const started = performance.now();
  const attempt = await once(peer, body, limits, signal);
  if (typeof attempt === 'string') return attempt;
  const timeoutMs = limits.timeoutMs - (performance.now() - started);
  const again = await once(peer, body, { ...limits, timeoutMs }, signal);
  if (typeof again === 'string') return again;
  throw new PostError('closed', 'the connection was closed');
}

const STALE = { stale: true } as const;

function once(peer: Peer, body: string, limits: PostLimits, signal: AbortSignal): Promise<string | typeof STALE> {
  return new Promise((resolve, reject) => {
    let secured = false;
    let answered = false;
    // RequestOptions of @types/node lack secureContext, which https.Agent hands on to tls.connect.
    const options: RequestOptions & Pick<ConnectionOptions, 'secureContext'> = {
      agent: peer.pool,
      host: peer.address,
      port: peer.port,
      path: peer.path,
      method: 'POST',
      // The pool keeps connections of different certificates apart by these three; the context is what is used.
      cert: peer.cert,
      key: peer.key,
      ca: peer.ca,
      secureContext: peer.secureContext,
      // Also keeps connections of different nodes apart in the pool. An address is no name for SNI.
      servername: peer.names.find((name) => isIP(name) === 0) ?? '',
      checkServerIdentity: (_host: string, certificate: PeerCertificate) => identityError(peer.names, certificate),
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    };
    const request = httpsRequest(options);
    const finish = (outcome: string | typeof STALE | Error): void => {
      clearTimeout(connectTimer);
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      if (outcome instanceof Error) {
        request.destroy();
        reject(outcome);
      } else resolve(outcome);
    };
    const fail = (failure: PostFailure, message: string): void => finish(new PostError(failure, message));
    const abort = (): void => fail('aborted', 'it was called off');
    const connectTimer = setTimeout(() => {
      // Where this process itself was busy, the handshake may have come about meanwhile and only wait to be noticed.
      setImmediate(() => {
        if (!secured) fail('connect-timeout', `no connection within ${limits.connectMs} ms`);
      });
    }, limits.connectMs);
    const timer = setTimeout(() => {
      if (secured) fail('timeout', `no whole answer within ${Math.round(limits.timeoutMs)} ms`);
      else fail('connect-timeout', `no connection within ${Math.round(limits.timeoutMs)} ms`);
    }, limits.timeoutMs);
    request.on('socket', (socket) => {
      if (request.reusedSocket) secured = true;
      else socket.once('secureConnect', () => (secured = true));
    });
    request.on('error', (error) => {
      if (request.reusedSocket && !answered && isReset(error)) return finish(STALE);
      // An agent that does not accept the client's certificate says so by closing after the handshake.
      if (secured && !answered && isReset(error))
        return fail('closed', 'the connection was closed after the handshake');
      finish(error);
    });
    request.on('response', (response) => {
      answered = true;
      const chunks: Buffer[] = [];
      let total = 0;
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        total += chunk.length;
        if (total > limits.maxBytes) fail('too-large', `more than ${limits.maxBytes} bytes`);
      });
      response.on('error', () => fail('closed', 'the connection was closed in the middle of the answer'));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        if (response.statusCode === 200) return finish(text);
        finish(new PostError('status', `${response.statusCode}${sentenceIn(text)}`, response.statusCode));
      });
    });
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    request.end(body);
  });
}

function isReset(error: Error): boolean {
  const code = 'code' in error ? error.code : undefined;
  return code === 'ECONNRESET' || code === 'EPIPE' || code === 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED';
}

function identityError(names: readonly string[], certificate: PeerCertificate): Error | undefined {
  if (names.some((name) => checkServerIdentity(name, certificate) === undefined)) return undefined;
  const carried = certificate.subjectaltname ?? String(certificate.subject?.CN ?? 'no name');
  return new PostError('wrong-name', carried.slice(0, 200));
}

/** The agent's own sentence in an error answer. */
function sentenceIn(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && 'error' in value && typeof value.error === 'string') {
      return `: ${value.error.slice(0, 300)}`;
    }
  } catch {
    return '';
  }
  return '';
}
