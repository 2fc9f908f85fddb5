/** What a handler gives back, and how it is written: compression, lengths, and the faults that spoil a body. */
import type { ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { StatusError } from './status-error.ts';
import type { FaultEffect } from './types.ts';

const GZIP_FROM_BYTES = 128 * 1024;
const GARBAGE = '<html><body><h1>502 Bad Gateway</h1></body></html>\n{"kind":"PodList","items":[{"meta';

const compress = promisify(gzip);

/** A finished answer, or one that goes on writing by itself (a watch, a followed log). */
export type Reply =
  | { kind: 'body'; status: number; contentType: string; body: string; headers?: Record<string, string> }
  | { kind: 'stream'; contentType: string; start: (stream: ReplyStream) => void };

/** How a stream is written. */
export interface ReplyStream {
  write(text: string): void;
  end(): void;
  /** Called once when the client has gone or the server stops. */
  onClose(listener: () => void): void;
}

/** Status 200 (or the given one) and JSON text. */
export function jsonReply(body: string, status = 200): Reply {
  return { kind: 'body', status, contentType: 'application/json', body };
}

/** Status 200 (or the given one) and plain text. */
export function textReply(body: string, status = 200): Reply {
  return { kind: 'body', status, contentType: 'text/plain; charset=utf-8', body };
}

/** An error as a Status. */
export function errorReply(error: StatusError): Reply {
  const body = JSON.stringify(error.toStatus());
  return { kind: 'body', status: error.code, contentType: 'application/json', body, headers: error.headers };
}

/** Writes a reply; gives the bytes of body written once it is complete. */
export async function sendReply(
  response: ServerResponse,
  reply: Reply,
  acceptEncoding: string,
  effect: FaultEffect | undefined,
): Promise<number> {
  response.setHeader('Cache-Control', 'no-cache, private');
  if (effect?.garbage === true) return sendBuffer(response, 200, 'application/json', Buffer.from(GARBAGE), false);
  const truncated = effect?.truncateBody === true;
  if (reply.kind === 'stream') return sendStream(response, reply, truncated);
  for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value);
  let body: Buffer = Buffer.from(reply.body, 'utf8');
  if (reply.status === 200 && body.length > GZIP_FROM_BYTES && /\bgzip\b/.test(acceptEncoding)) {
    body = await compress(body, { level: 1 });
    response.setHeader('Content-Encoding', 'gzip');
    response.setHeader('Vary', 'Accept-Encoding');
  }
  return sendBuffer(response, reply.status, reply.contentType, body, truncated);
}

function sendBuffer(
  response: ServerResponse,
  status: number,
  contentType: string,
  body: Buffer,
  truncated: boolean,
): Promise<number> {
  if (status === 204) {
    response.writeHead(status).end();
    return Promise.resolve(0);
  }
  response.writeHead(status, { 'Content-Type': contentType, 'Content-Length': body.length });
  if (!truncated) return ended(response, body);
  const half = body.subarray(0, body.length >> 1);
  return new Promise((resolve) => {
    response.write(half, () => {
      response.destroy();
      resolve(half.length);
    });
  });
}

function ended(response: ServerResponse, body: Buffer): Promise<number> {
  if (response.destroyed) return Promise.resolve(0);
  return new Promise((resolve) => {
    response.once('close', () => resolve(response.writableFinished ? body.length : 0));
    response.end(body);
  });
}

/** A truncated stream is cut in the middle of the first thing that it writes. */
function sendStream(
  response: ServerResponse,
  reply: Extract<Reply, { kind: 'stream' }>,
  truncated: boolean,
): Promise<number> {
  if (response.destroyed) return Promise.resolve(0);
  response.writeHead(200, { 'Content-Type': reply.contentType });
  response.flushHeaders();
  let bytes = 0;
  return new Promise((resolve) => {
    response.once('close', () => resolve(bytes));
    reply.start({
      write: (text) => {
        if (response.writableEnded || response.destroyed) return;
        const sent = truncated ? text.slice(0, text.length >> 1) : text;
        bytes += Buffer.byteLength(sent);
        response.write(sent, truncated ? () => response.destroy() : undefined);
      },
      end: () => {
        response.end();
      },
      onClose: (listener) => {
        if (response.destroyed) listener();
        else response.once('close', listener);
      },
    });
  });
}
