/** Reads the API server over HTTPS with a kubeconfig's credentials: the ClusterReader that collectors are given. */
import { type Agent, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseBoundedJson } from '../../core/bounded-json.ts';
import { ClusterError } from '../../core/errors.ts';
import type { ClusterRead, ClusterReader } from '../../core/ports.ts';
import { type CredentialSource, type Credentials, credentialSource } from './credentials.ts';
import { type Answer, exchange } from './exchange.ts';
import { inClusterContext } from './in-cluster.ts';
import { checkServer, readKubeContext } from './kubeconfig.ts';
import { statusError } from './read-errors.ts';

export interface ClusterReaderOptions {
  /** A file, or several joined as in $KUBECONFIG; default `~/.kube/config`. */
  readonly kubeconfig?: string;
  readonly context?: string;
  /** For one request, in milliseconds. */
  readonly requestTimeoutMs?: number;
  /** Credentials of the Pod that this runs in, in place of a kubeconfig. */
  readonly inCluster?: boolean;
  /** API servers by their own addresses, tried in this order; default is the kubeconfig's server alone. */
  readonly servers?: readonly string[];
  /** The clock, for tokens and certificates. */
  readonly now?: () => number;
}

export interface ReaderStats {
  readonly requests: number;
  /** As they came over the wire, compressed. */
  readonly bytes: number;
}

export interface KubeReader extends ClusterReader {
  stats(): ReaderStats;
  /** Closes idle connections; nothing can be read afterwards. */
  close(): void;
}

const TIMEOUT_MS = 8_000;
const SOCKETS = 16;
const MAX_JSON = 64 * 1024 * 1024;
const MAX_TEXT = 4 * 1024 * 1024;
/** Longer than this a server that says "later" is not waited for. */
const MAX_RETRY_MS = 3_000;

/**
 * Opens nothing yet: the first read connects.
 * @throws UserError where the kubeconfig or its credentials cannot be used (see kubeconfig.ts and credentials.ts).
 */
export async function createClusterReader(options: ClusterReaderOptions = {}): Promise<KubeReader> {
  const now = options.now ?? Date.now;
  const context =
    options.inCluster === true
      ? await inClusterContext(options.servers)
      : await readKubeContext(options.kubeconfig, options.context);
  const servers =
    options.servers === undefined || options.servers.length === 0 ? [context.cluster.server] : options.servers;
  for (const server of servers) checkServer(server, 'settings');
  return new Reader(
    context.name,
    servers,
    await credentialSource(context, now),
    options.requestTimeoutMs ?? TIMEOUT_MS,
  );
}

class Reader implements KubeReader {
  readonly clusterName: string;
  readonly #servers: readonly string[];
  readonly #credentials: CredentialSource;
  readonly #timeoutMs: number;
  #current = 0;
  #requests = 0;
  #bytes = 0;
  #agents: { tls: object; https: Agent; http: Agent } | undefined;

  constructor(name: string, servers: readonly string[], credentials: CredentialSource, timeoutMs: number) {
    this.clusterName = name;
    this.#servers = servers;
    this.#credentials = credentials;
    this.#timeoutMs = timeoutMs;
  }

  stats(): ReaderStats {
    return { requests: this.#requests, bytes: this.#bytes };
  }

  close(): void {
    this.#agents?.https.destroy();
    this.#agents?.http.destroy();
  }

  async read(request: ClusterRead, signal: AbortSignal): Promise<unknown> {
    const wanted = (answer: Answer) => answer.status === 200 || request.accept?.includes(answer.status) === true;
    let answer = await this.#anyServer(request, signal);
    const wait = wanted(answer) ? undefined : retryDelay(answer);
    if (wait !== undefined) {
      await sleep(wait, undefined, { signal }).catch(() => undefined);
      if (!signal.aborted) answer = await this.#anyServer(request, signal);
    }
    if (!wanted(answer)) throw statusError(answer.status, request.path, answer.body);
    if (request.as === 'text') return answer.body;
    try {
      return parseBoundedJson(answer.body);
    } catch (error) {
      if (error instanceof RangeError)
        throw new ClusterError(
          'too-large',
          `the API server's answer to ${request.path} cannot be used: ${error.message}`,
        );
      throw new ClusterError(
        'malformed',
        `the API server's answer to ${request.path} is not JSON`,
        answer.status,
        error,
      );
    }
  }

  /** Tries the servers from the one that last answered on; the next only where nobody is there. */
  async #anyServer(request: ClusterRead, signal: AbortSignal): Promise<Answer> {
    const start = this.#current;
    let failure: unknown;
    for (let i = 0; i < this.#servers.length; i++) {
      const index = (start + i) % this.#servers.length;
      try {
        const answer = await this.#once(this.#servers[index] ?? '', request, signal);
        this.#current = index;
        return answer;
      } catch (error) {
        failure ??= error;
        if (!(error instanceof ClusterError) || error.code !== 'unreachable') throw error;
      }
    }
    throw failure;
  }

  async #once(server: string, request: ClusterRead, signal: AbortSignal): Promise<Answer> {
    const credentials = await this.#credentials();
    const base = server.replace(/\/$/, '');
    const url = new URL(`${base}${request.path}`);
    // A name with `..`, `?` or `#` in it would make this another request than was meant: one for Secrets, at worst.
    if (
      url.pathname !== `${new URL(base).pathname.replace(/\/$/, '')}${request.path}` ||
      url.search !== '' ||
      url.hash !== ''
    )
      throw new ClusterError(
        'malformed',
        `${request.path.slice(0, 100)} is no path of the API: a name in it has characters that no name has`,
      );
    for (const [key, value] of Object.entries(request.query ?? {})) url.searchParams.set(key, value);
    const text = request.as === 'text';
    this.#requests += 1;
    const answer = await exchange({
      url,
      headers: {
        ...credentials.headers,
        accept: text ? 'text/plain, */*' : 'application/json',
        'accept-encoding': 'gzip',
        'user-agent': 'kubewhy',
      },
      agent: this.#agentFor(url, credentials),
      timeoutMs: this.#timeoutMs,
      maxBytes: text ? MAX_TEXT : MAX_JSON,
      signal,
    });
    this.#bytes += answer.wireBytes;
    return answer;
  }

  /** One pool of connections, renewed when a plugin hands out another client certificate. */
  #agentFor(url: URL, { tls, agent }: Credentials): Agent {
    if (agent !== undefined) return agent;
    if (this.#agents?.tls !== tls) {
      this.close();
      const pool = { keepAlive: true, maxSockets: SOCKETS };
      this.#agents = { tls, https: new HttpsAgent({ ...pool, ...tls }), http: new HttpAgent(pool) };
    }
    return url.protocol === 'http:' ? this.#agents.http : this.#agents.https;
  }
}

/** Milliseconds to wait before the one retry; undefined where there is none. */
function retryDelay({ status, retryAfter }: Answer): number | undefined {
  if (status !== 429 && status !== 503) return undefined;
  const seconds = Number(retryAfter ?? '0.2');
  const ms = Number.isFinite(seconds) ? seconds * 1000 : 200;
  return ms <= MAX_RETRY_MS ? Math.max(50, ms) : undefined;
}
