/** The HTTP server of the workspace, on 127.0.0.1 only: Web API, uploads, response addresses, files, socket upgrades. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { takeUpload } from './api/files.ts';
import { ApiError } from './api-error.ts';
import { Args } from './args.ts';
import { type Answer, answerCall, type Call, readArgs } from './call.ts';
import { startTimer } from './clock.ts';
import type { Fault } from './faults.ts';
import { takeResponse } from './response-url.ts';
import type { Json } from './types.ts';
import type { World } from './world.ts';

const MAX_CALL_BYTES = 4_000_000;
const MAX_UPLOAD_BYTES = 64_000_000;

export type AdminHandler = (path: string, body: Buffer, res: ServerResponse) => Promise<void>;

class TooLarge extends Error {}

async function readBody(req: IncomingMessage, max: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of req as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > max) throw new TooLarge(`request body of more than ${max} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function send(res: ServerResponse, status: number, body: string, headers: Record<string, string> = {}): void {
  if (res.destroyed || res.headersSent) return;
  res.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...headers });
  res.end(body);
}

function sendAnswer(world: World, res: ServerResponse, answer: Answer): void {
  const headers = {
    ...answer.headers,
    'content-type': 'application/json; charset=utf-8',
    'x-slack-req-id': world.ids.hex(32),
  };
  send(res, answer.status, JSON.stringify(answer.body), headers);
}

/** Carries an ordered fault out. Gives the answer to send, `none` for silence, or undefined to go on as usual. */
function strike(fault: Fault, res: ServerResponse, store: () => void): Answer | 'none' | undefined {
  if (fault.storeThenFail) {
    store();
    return { status: 500, headers: {}, body: { ok: false, error: 'internal_error' } };
  }
  if (fault.hang) return 'none';
  if (fault.reset) {
    res.socket?.resetAndDestroy();
    return 'none';
  }
  if (fault.error !== undefined) return { status: 200, headers: {}, body: { ok: false, error: fault.error } };
  if (fault.status === undefined) return undefined;
  if (fault.status !== 429) return { status: fault.status, headers: {}, body: { ok: false, error: 'internal_error' } };
  const headers: Record<string, string> =
    fault.retryAfter === null ? {} : { 'retry-after': String(fault.retryAfter ?? 1) };
  return { status: 429, headers, body: { ok: false, error: 'ratelimited' } };
}

interface Prepared {
  call: Call;
  /** The arguments, or the answer to a body that cannot be read. */
  args?: Args;
  early?: Answer;
}

async function prepare(req: IncomingMessage, url: URL): Promise<Prepared> {
  const call: Call = {
    method: url.pathname.slice('/api/'.length),
    httpMethod: req.method ?? 'GET',
    contentType: req.headers['content-type'] ?? '',
    query: url.searchParams,
    body: await readBody(req, MAX_CALL_BYTES),
    authorization: req.headers.authorization ?? '',
  };
  try {
    return { call, args: await readArgs(call) };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { call, early: { status: 200, headers: {}, body: error.body() } };
  }
}

/** What the record says a call is about. The token is never recorded. */
function subject(world: World, { call, args }: Prepared): { name: string; id: string; channel?: string; detail: Json } {
  const detail: Json = { ...args?.raw };
  delete detail['token'];
  const channel = detail['channel'] ?? detail['channel_id'];
  return { name: call.method, id: world.ids.hex(12), detail, ...(typeof channel === 'string' ? { channel } : {}) };
}

async function serveApi(world: World, req: IncomingMessage, res: ServerResponse, url: URL): Promise<void> {
  const prepared = await prepare(req, url);
  const { detail, ...about } = subject(world, prepared);
  world.ledger.add({ kind: 'request', ...about, detail });
  const work = (): Answer => prepared.early ?? answerCall(world, prepared.call, prepared.args ?? new Args({}));
  const fault = world.faults.take(about.name);
  const struck = fault === undefined ? undefined : strike(fault, res, work);
  const injected = struck === undefined ? {} : { injected: true };
  if (struck === 'none') {
    world.ledger.add({ kind: 'response', ...about, ok: false, error: 'no answer', ...injected });
    return;
  }
  const answer = struck ?? work();
  const ok = answer.body['ok'] === true;
  const failed = ok ? {} : { error: String(answer.body['error']) };
  world.ledger.add({
    kind: 'response',
    ...about,
    ok,
    status: answer.status,
    ...failed,
    ...injected,
    detail: answer.body,
  });
  if (fault?.delayMs === undefined) sendAnswer(world, res, answer);
  else startTimer(world.clock, fault.delayMs, () => sendAnswer(world, res, answer));
}

async function serveUpload(world: World, req: IncomingMessage, res: ServerResponse, url: URL): Promise<void> {
  const raw = await readBody(req, MAX_UPLOAD_BYTES);
  const type = req.headers['content-type'] ?? '';
  let content = raw;
  if (type.startsWith('multipart/form-data')) {
    const form = await new Response(new Uint8Array(raw), { headers: { 'content-type': type } }).formData();
    const part = form.get('body') ?? form.get('file');
    content =
      typeof part === 'object' && part !== null ? Buffer.from(await part.arrayBuffer()) : Buffer.from(part ?? '');
  }
  const result = takeUpload(world, url.pathname.slice('/upload/v1/'.length), content);
  world.ledger.add({ kind: 'upload', name: 'upload', ok: result.status === 200, status: result.status });
  send(res, result.status, result.body);
}

function serveFile(world: World, req: IncomingMessage, res: ServerResponse, url: URL): void {
  const file = world.state.files.get(url.pathname.split('/')[2] ?? '');
  if (req.headers.authorization !== `Bearer ${world.credentials.botToken}`) send(res, 403, 'not_authed');
  else if (file?.state !== 'complete' || !file.content) send(res, 404, 'file_not_found');
  else {
    res.writeHead(200, { 'content-type': 'application/octet-stream' });
    res.end(file.content);
  }
}

async function serve(
  world: World,
  req: IncomingMessage,
  res: ServerResponse,
  admin: AdminHandler | undefined,
): Promise<void> {
  const url = new URL(req.url ?? '/', world.baseUrl);
  if (url.pathname.startsWith('/api/')) return serveApi(world, req, res, url);
  if (url.pathname.startsWith('/upload/v1/')) return serveUpload(world, req, res, url);
  if (url.pathname.startsWith('/files-pri/')) return serveFile(world, req, res, url);
  if (/^\/(commands|actions)\//.test(url.pathname) && req.method === 'POST') {
    const body = await readBody(req, MAX_CALL_BYTES);
    const result = takeResponse(world, url.pathname, body.toString('utf8'));
    const ok = result.status === 200;
    world.ledger.add({
      kind: 'response-url',
      name: url.pathname.split('/')[1] ?? '',
      ok,
      status: result.status,
      ...(ok ? {} : { error: result.body }),
      detail: body.toString('utf8'),
    });
    return send(res, result.status, result.body);
  }
  if (admin && url.pathname.startsWith('/_kubewhy/')) {
    return admin(url.pathname.slice('/_kubewhy/'.length), await readBody(req, MAX_CALL_BYTES), res);
  }
  return send(res, 404, 'not found');
}

export interface RunningServer {
  baseUrl: string;
  http: Server;
  close(): Promise<void>;
}

/** Listens on 127.0.0.1 at a free port. */
export async function startServer(world: World, admin: AdminHandler | undefined): Promise<RunningServer> {
  const http = createServer((req, res) => {
    serve(world, req, res, admin).catch((error: unknown) => {
      world.ledger.warn('server-error', error instanceof Error ? (error.stack ?? error.message) : String(error));
      send(res, error instanceof TooLarge ? 413 : 500, 'error');
    });
  });
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject);
    http.listen(0, '127.0.0.1', resolve);
  });
  const baseUrl = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  return {
    baseUrl,
    http,
    close: () =>
      new Promise((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      }),
  };
}
