/** One identity at one cluster's API servers: addresses in order, credentials, connections. Reader and writer are made of it. */
import { type Agent, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { ClusterError } from '../../core/errors.ts';
import { type CredentialSource, type Credentials, credentialSource } from './credentials.ts';
import { type Answer, type Exchange, exchange } from './exchange.ts';
import { inClusterContext } from './in-cluster.ts';
import { checkServer, readKubeContext } from './kubeconfig.ts';

export interface ApiClientOptions {
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

/** A request as it leaves: a GET, or a write with its body. */
export interface ApiRequest {
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly accept: string;
  readonly maxBytes: number;
  readonly write?: NonNullable<Exchange['write']>;
}

const TIMEOUT_MS = 8_000;
const SOCKETS = 16;

/**
 * Opens nothing yet: the first request connects.
 * @throws UserError where the kubeconfig or its credentials cannot be used (see kubeconfig.ts and credentials.ts).
 */
export async function createApiClient(options: ApiClientOptions): Promise<ApiClient> {
  const now = options.now ?? Date.now;
  const context =
    options.inCluster === true
      ? await inClusterContext(options.servers)
      : await readKubeContext(options.kubeconfig, options.context);
  const servers =
    options.servers === undefined || options.servers.length === 0 ? [context.cluster.server] : options.servers;
  for (const server of servers) checkServer(server, 'settings');
  const credentials = await credentialSource(context, now);
  return new ApiClient(context.name, servers, credentials, options.requestTimeoutMs ?? TIMEOUT_MS);
}

export class ApiClient {
  readonly clusterName: string;
  readonly #servers: readonly string[];
  readonly #credentials: CredentialSource;
  readonly #timeoutMs: number;
  #current = 0;
  #requests = 0;
  #bytes = 0;
  #agents: { tls: object; https: Agent; http: Agent; writes: Agent } | undefined;

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
    this.#agents?.writes.destroy();
  }

  /**
   * Tries the servers from the one that last answered on; the next only where nobody is there.
   * @throws what `exchange` throws.
   */
  async send(request: ApiRequest, signal: AbortSignal): Promise<Answer> {
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

  async #once(server: string, request: ApiRequest, signal: AbortSignal): Promise<Answer> {
    const { accept, maxBytes, write } = request;
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
    this.#requests += 1;
    const answer = await exchange({
      url,
      headers: { ...credentials.headers, accept, 'accept-encoding': 'gzip', 'user-agent': 'kubewhy' },
      agent: this.#agentFor(url, credentials, write !== undefined),
      timeoutMs: this.#timeoutMs,
      maxBytes,
      signal,
      ...(write === undefined ? {} : { write }),
    });
    this.#bytes += answer.wireBytes;
    return answer;
  }

  /** One pool of connections, renewed when a plugin hands out another client certificate. */
  #agentFor(url: URL, { tls, agent }: Credentials, write: boolean): Agent {
    if (agent !== undefined) return agent;
    if (this.#agents?.tls !== tls) {
      this.close();
      const pool = { keepAlive: true, maxSockets: SOCKETS };
      // A write has a connection of its own: whether one that was kept still stands, nobody knows before it is lost.
      const writes = new HttpsAgent({ keepAlive: false, maxSockets: SOCKETS, ...tls });
      this.#agents = { tls, https: new HttpsAgent({ ...pool, ...tls }), http: new HttpAgent(pool), writes };
    }
    if (url.protocol === 'http:') return this.#agents.http;
    return write ? this.#agents.writes : this.#agents.https;
  }
}
