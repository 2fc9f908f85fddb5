/** The agent's server: HTTPS with mutual TLS, `POST /v1/ask`, `POST /v1/step` and `GET /v1/health`. Does nothing while nobody asks. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { AGENT_LIMITS, AskRequest } from '../core/agent-api.ts';
import { errorText } from '../core/errors.ts';
import { type Asked, answerAsk } from './ask.ts';
import { type GrantedSteps, StepBusy } from './grants.ts';
import { issueText } from './issue-text.ts';
import { readTls, type TlsFiles, watchTls } from './server-tls.ts';

/** Requests answered at a time; more are told to come back. */
const MAX_ASKS = 8;
/** Requests for a step at a time, most of which wait for one and the same. They count apart: questions never keep out a step. */
const MAX_STEPS = 4;
const STEP_BYTES = 64 * 1024;
const READ_ONLY = 'this agent is read-only: it was started without --grant-key';
const MAX_CONNECTIONS = 256;
/** A client must have sent its whole request by then. */
const REQUEST_TIMEOUT_MS = 10_000;
/** Whoever connects has that long for TLS: a port scanner holds nothing for long. */
const HANDSHAKE_TIMEOUT_MS = 5000;
const KEEP_ALIVE_MS = 30_000;

export interface AgentServerOptions extends Asked {
  readonly address: string;
  readonly port: number;
  readonly tls: TlsFiles;
  /** Without it the agent is read-only. */
  readonly steps?: GrantedSteps;
  /** Told of refused connections and changed certificates: one sentence each. */
  readonly onEvent: (level: 'info' | 'warn', sentence: string) => void;
}

export interface AgentServer {
  readonly address: string;
  readonly port: number;
  /** Takes no more requests, lets the running ones finish, at most that long. */
  close(graceMs: number): Promise<void>;
}

/** Starts the server. @throws UserError where a certificate file is unusable, Error where it cannot listen. */
export async function startAgentServer(options: AgentServerOptions): Promise<AgentServer> {
  const material = readTls(options.tls);
  const secure = { requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.2' } as const;
  const running = { ask: 0, step: 0 };
  const limits = { maxHeaderSize: 8192, handshakeTimeout: HANDSHAKE_TIMEOUT_MS };
  const server = createServer({ ...material, ...secure, ...limits }, (request, response) => {
    const kind = pathOf(request) === '/v1/step' ? 'step' : 'ask';
    const most = kind === 'step' ? MAX_STEPS : MAX_ASKS;
    if (running[kind] >= most) {
      return refuse(response, 429, `the agent answers ${most} requests at a time; ask again in a second`);
    }
    running[kind] += 1;
    handle(options, request, response)
      .catch((error: unknown) => refuse(response, 500, `the agent failed: ${errorText(error)}`))
      .finally(() => {
        running[kind] -= 1;
      });
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.headersTimeout = REQUEST_TIMEOUT_MS;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  const look = watchTls(
    options.tls,
    (changed) => {
      server.setSecureContext({ ...changed, ...secure });
      options.onEvent('info', 'the certificate files have changed and are in use');
    },
    (sentence) => options.onEvent('warn', `the certificate files have changed and cannot be used: ${sentence}`),
  );
  // Before TLS begins, so that this very connection gets the new certificate.
  server.prependListener('connection', look);
  server.on('tlsClientError', (error, socket) => options.onEvent('warn', tlsSentence(error, socket)));
  await listen(server, options.address, options.port);
  const { address, port } = server.address() as AddressInfo;
  return { address, port, close: (graceMs) => close(server, graceMs) };
}

function tlsSentence(error: Error, socket: TLSSocket): string {
  // Node has often closed the socket by now and no longer knows where it came from.
  const from = socket.remoteAddress === undefined ? '' : ` from ${socket.remoteAddress}`;
  return `refused a connection${from}: its certificate is missing or not signed by the client CA, or it speaks no TLS (${errorText(error)})`;
}

async function handle(options: AgentServerOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = pathOf(request);
  if (path === '/v1/health') {
    if (request.method !== 'GET') return refuse(response, 405, '/v1/health is asked with GET');
    const { node, agentVersion, host } = options;
    const now = new Date(host.now()).toISOString();
    return reply(response, 200, { status: 'ok', node, agentVersion, now, steps: options.steps !== undefined });
  }
  if (path !== '/v1/ask' && path !== '/v1/step') {
    return refuse(response, 404, 'the agent knows /v1/ask, /v1/step and /v1/health');
  }
  if (request.method !== 'POST') return refuse(response, 405, `${path} is asked with POST`);
  if (path === '/v1/step') return await step(options, request, response);
  const body = await readBody(request, AGENT_LIMITS.requestBytes);
  if (body === undefined) {
    return refuse(response, 413, `the request is larger than ${AGENT_LIMITS.requestBytes} bytes`);
  }
  const parsed = AskRequest.safeParse(parseJson(body));
  if (!parsed.success) {
    return refuse(response, 400, `the request is wrong ${issueText(parsed.error)}`);
  }
  reply(response, 200, await answerAsk(options, parsed.data));
}

async function step(options: AgentServerOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (options.steps === undefined) return refuse(response, 403, READ_ONLY);
  const body = await readBody(request, STEP_BYTES);
  if (body === undefined) return refuse(response, 413, `the request is larger than ${STEP_BYTES} bytes`);
  const value = parseJson(body);
  if (value === undefined) return refuse(response, 400, 'the request is no JSON');
  try {
    reply(response, 200, await options.steps.take(value));
  } catch (error) {
    if (!(error instanceof StepBusy)) throw error;
    refuse(response, 429, error.message);
  }
}

function pathOf(request: IncomingMessage): string | undefined {
  return request.url?.split('?')[0];
}

/** Gives the body, undefined where it is larger than allowed. */
async function readBody(request: IncomingMessage, most: number): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let total = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    total += chunk.length;
    if (total > most) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function reply(response: ServerResponse, status: number, value: unknown): void {
  const body = Buffer.from(JSON.stringify(value));
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': body.length });
  response.end(body);
}

/** Answers with one sentence. The connection ends: the rest of a refused request is not read. */
function refuse(response: ServerResponse, status: number, error: string): void {
  if (response.headersSent) return void response.destroy();
  response.setHeader('connection', 'close');
  if (status === 429) response.setHeader('retry-after', '1');
  reply(response, status, { error: error.slice(0, 500) });
}

function listen(server: Server, address: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void =>
      reject(new Error(`the agent cannot listen on ${address}:${port}: ${errorText(error)}`, { cause: error }));
    server.once('error', fail);
    server.listen(port, address, () => {
      server.off('error', fail);
      resolve();
    });
  });
}

function close(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}
