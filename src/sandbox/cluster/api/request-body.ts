/** Reads a request's JSON body, at most as long as the real server takes (3 MiB). */
import type { IncomingMessage } from 'node:http';
import { badRequest, StatusError } from './status-error.ts';

const MAX_BODY_BYTES = 3 * 1024 * 1024;

/** The parsed body, or undefined where there is none; throws 400, 413 or 415 as a Status. */
export async function readBody(request: IncomingMessage): Promise<unknown> {
  if (request.method === 'GET' || request.method === 'HEAD') return undefined;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) {
      throw new StatusError(413, 'RequestEntityTooLarge', `limit is ${MAX_BODY_BYTES}`);
    }
    chunks.push(chunk);
  }
  if (size === 0) return undefined;
  const type = (request.headers['content-type'] ?? 'application/json').split(';')[0]?.trim() ?? '';
  if (!type.endsWith('json')) {
    throw new StatusError(
      415,
      'UnsupportedMediaType',
      'the body of the request was in an unknown format - accepted media types include: application/json',
    );
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
  } catch {
    throw badRequest('the body of the request is not JSON');
  }
}
