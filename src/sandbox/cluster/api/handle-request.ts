/** One request from start to end: faults, authentication, routing, the reply, and its record. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { fullName } from './access.ts';
import { actingAs, authenticate } from './authentication.ts';
import type { ServerContext } from './context.ts';
import { type Faults, injectedError } from './faults.ts';
import { errorReply, type Reply, sendReply } from './reply.ts';
import { readBody } from './request-body.ts';
import { parseRequest, type RequestInfo } from './request-info.ts';
import { route } from './router.ts';
import { badRequest, StatusError } from './status-error.ts';
import type { FaultEffect, RequestRecord } from './types.ts';

/** A demo may run for days: older records are dropped. */
const MAX_RECORDS = 100_000;

/** The server around the requests. */
export interface Running {
  context: ServerContext;
  checks: ReadonlyMap<string, boolean>;
  faults: Faults;
  requests: RequestRecord[];
  address: string;
}

/** Answers one request; never throws. */
export async function handleRequest(
  running: Running,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const target = request.url ?? '/';
  const record: RequestRecord = {
    method: request.method ?? 'GET',
    path: target,
    query: '',
    verb: '',
    user: '',
    status: 0,
    bytes: 0,
    group: '',
    resource: '',
    namespace: '',
    name: '',
    dryRun: false,
    rights: [],
  };
  running.requests.push(record);
  if (running.requests.length > MAX_RECORDS) running.requests.splice(0, MAX_RECORDS / 2);
  response.on('error', () => response.destroy());
  const info = read(record.method, target);
  if (info === undefined) {
    await reply(record, request, response, errorReply(badRequest('the request target is not readable')), undefined);
    return;
  }
  describe(record, info);
  const effect = running.faults.strike(target, info.verb);
  if (effect?.delayMs !== undefined) await sleep(effect.delayMs, undefined, { ref: false });
  if (effect?.hang === true) return;
  if (effect?.reset === true) {
    // Cut without an answer, as when the server or a balancer in front of it dies.
    request.socket.destroy();
    return;
  }
  await reply(record, request, response, await answer(running, request, info, record, effect), effect);
}

function describe(record: RequestRecord, info: RequestInfo): void {
  const { path, verb, group, resource, query } = info;
  Object.assign(record, { path, query: query.toString(), verb, group, dryRun: query.has('dryRun') });
  if (resource === undefined) return;
  const { namespace = '', name = '' } = resource;
  Object.assign(record, { resource: fullName(resource), namespace, name });
}

function read(method: string, target: string): RequestInfo | undefined {
  try {
    return parseRequest(method, target);
  } catch {
    return undefined;
  }
}

async function reply(
  record: RequestRecord,
  request: IncomingMessage,
  response: ServerResponse,
  answered: Reply,
  effect: FaultEffect | undefined,
): Promise<void> {
  record.status = effect?.garbage === true || answered.kind === 'stream' ? 200 : answered.status;
  try {
    record.bytes = await sendReply(response, answered, headerOf(request, 'accept-encoding') ?? '', effect);
  } catch {
    response.destroy();
  }
}

async function answer(
  running: Running,
  request: IncomingMessage,
  info: RequestInfo,
  record: RequestRecord,
  effect: FaultEffect | undefined,
): Promise<Reply> {
  const { context, checks, address } = running;
  try {
    const identities = context.options.identities ?? {};
    const identity = actingAs(identities, authenticate(identities, request), request.headers);
    record.user = identity.user;
    if (effect?.status !== undefined) throw injectedError(effect.status, identity, info);
    if (/^\/(readyz|livez|healthz)/.test(info.path)) await sleep(context.options.readyzLatencyMs ?? 0);
    const body = await readBody(request);
    record.dryRun ||= info.verb !== 'get' && /"dryRun":\s*\[\s*"/.test(body.bytes.toString('latin1'));
    const accept = headerOf(request, 'accept');
    const userAgent = headerOf(request, 'user-agent') ?? '';
    const { rights } = record;
    return route(context, { info, identity, accept, userAgent, body, address, checks, rights });
  } catch (error) {
    return errorReply(error instanceof StatusError ? error : internalError(error));
  }
}

function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(',') : value;
}

function internalError(error: unknown): StatusError {
  const message = error instanceof Error ? error.message : String(error);
  return new StatusError(500, 'InternalError', `Internal error occurred: ${message}`);
}
