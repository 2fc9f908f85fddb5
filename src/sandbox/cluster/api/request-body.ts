/** Reads a request's body, at most as long as the real server takes (3 MiB), and parses it once a handler wants it. */
import type { IncomingMessage } from 'node:http';
import { reviewFromProtobuf } from './protobuf.ts';
import { badRequest, StatusError } from './status-error.ts';

const MAX_BODY_BYTES = 3 * 1024 * 1024;
const PROTOBUF = 'application/vnd.kubernetes.protobuf';

/** A body as it came. */
export interface RequestBody {
  bytes: Buffer;
  /** Without parameters; JSON where none was given. */
  contentType: string;
}

/** Reads the whole body; throws a 413 Status for one that is too long. */
export async function readBody(request: IncomingMessage): Promise<RequestBody> {
  const contentType = (request.headers['content-type'] ?? 'application/json').split(';')[0]?.trim() ?? '';
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new StatusError(413, 'RequestEntityTooLarge', `limit is ${MAX_BODY_BYTES}`);
    chunks.push(chunk);
  }
  return { bytes: Buffer.concat(chunks), contentType };
}

/** The review that a body holds, unchecked; throws 400 or 415 as a Status. */
export function parseReviewBody({ bytes, contentType }: RequestBody): unknown {
  const review = contentType === PROTOBUF ? reviewFromProtobuf(bytes) : undefined;
  if (review !== undefined) return review;
  if (!contentType.endsWith('json')) {
    throw new StatusError(
      415,
      'UnsupportedMediaType',
      'the body of the request was in an unknown format - accepted media types include: application/json',
    );
  }
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch {
    throw badRequest('the body of the request is not JSON');
  }
}
