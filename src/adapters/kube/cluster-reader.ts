/** Reads the API server over HTTPS with a kubeconfig's credentials: the ClusterReader that collectors are given. */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseBoundedJson } from '../../core/bounded-json.ts';
import { ClusterError } from '../../core/errors.ts';
import type { ClusterRead, ClusterReader } from '../../core/ports.ts';
import { type ApiClient, type ApiClientOptions, createApiClient, type ReaderStats } from './api-client.ts';
import type { Answer } from './exchange.ts';
import { statusError } from './read-errors.ts';

export type ClusterReaderOptions = ApiClientOptions;

export interface KubeReader extends ClusterReader {
  stats(): ReaderStats;
  /** Closes idle connections; nothing can be read afterwards. */
  close(): void;
}

const MAX_JSON = 64 * 1024 * 1024;
const MAX_TEXT = 4 * 1024 * 1024;
/** Longer than this a server that says "later" is not waited for. */
const MAX_RETRY_MS = 3_000;

/**
 * Opens nothing yet: the first read connects.
 * @throws UserError where the kubeconfig or its credentials cannot be used (see kubeconfig.ts and credentials.ts).
 */
export async function createClusterReader(options: ClusterReaderOptions = {}): Promise<KubeReader> {
  return readerOver(await createApiClient(options));
}

/** The reader of an identity that also writes. */
export function readerOver(client: ApiClient): KubeReader {
  return {
    clusterName: client.clusterName,
    stats: () => client.stats(),
    close: () => client.close(),
    read: (request, signal) => read(client, request, signal),
  };
}

async function read(client: ApiClient, request: ClusterRead, signal: AbortSignal): Promise<unknown> {
  const { path, query } = request;
  const text = request.as === 'text';
  const sent = {
    path,
    ...(query === undefined ? {} : { query }),
    accept: text ? 'text/plain, */*' : 'application/json',
    maxBytes: text ? MAX_TEXT : MAX_JSON,
  };
  const wanted = (answer: Answer) => answer.status === 200 || request.accept?.includes(answer.status) === true;
  let answer = await client.send(sent, signal);
  const wait = wanted(answer) ? undefined : retryDelay(answer);
  if (wait !== undefined) {
    await sleep(wait, undefined, { signal }).catch(() => undefined);
    if (!signal.aborted) answer = await client.send(sent, signal);
  }
  if (!wanted(answer)) throw statusError(answer.status, path, answer.body);
  return text ? answer.body : parsed(answer, path);
}

/** Gives the answer's JSON. @throws ClusterError `too-large` or `malformed`. */
export function parsed(answer: Answer, path: string): unknown {
  try {
    return parseBoundedJson(answer.body);
  } catch (error) {
    if (error instanceof RangeError)
      throw new ClusterError('too-large', `the API server's answer to ${path} cannot be used: ${error.message}`);
    throw new ClusterError('malformed', `the API server's answer to ${path} is not JSON`, answer.status, error);
  }
}

/** Milliseconds to wait before the one retry; undefined where there is none. */
function retryDelay({ status, retryAfter }: Answer): number | undefined {
  if (status !== 429 && status !== 503) return undefined;
  const seconds = Number(retryAfter ?? '0.2');
  const ms = Number.isFinite(seconds) ? seconds * 1000 : 200;
  return ms <= MAX_RETRY_MS ? Math.max(50, ms) : undefined;
}
