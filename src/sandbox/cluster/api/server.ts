/** An HTTPS server that behaves as a Kubernetes API server of a given version would, over a plain store of objects. */
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { createAuthority } from '../../tls/certificates.ts';
import { ADMIN, credentialsOf } from './authentication.ts';
import { createCatalog } from './catalog.ts';
import type { ServerContext } from './context.ts';
import { createFaults } from './faults.ts';
import { handleRequest, type Running } from './handle-request.ts';
import { defaultChecks } from './health.ts';
import { renderKubeconfig } from './kubeconfig.ts';
import { createObjectStore } from './object-store.ts';
import { createSerializer } from './serialize.ts';
import { parseServerVersion } from './server-version.ts';
import type { ApiServer, ApiServerOptions } from './types.ts';

export type * from './types.ts';

const LOOPBACK = '127.0.0.1';
const IDLE_TIMEOUT_MS = 180_000;
const SERVING_NAMES = ['localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc'];

/**
 * Starts the emulator on a free port of 127.0.0.1. Throws a sentence for another host, a version that cannot be read, or
 * an object that is none. Objects are served as given, with all times shifted by `timeShiftMs`.
 */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const host = options.host ?? LOOPBACK;
  if (host !== LOOPBACK) throw new Error(`The simulated API server only listens on ${LOOPBACK}, not on "${host}".`);
  const context = createContext(options);
  const checks = new Map(defaultChecks(context.version.minor).map((name) => [name, true]));
  for (const [name, ok] of Object.entries(options.readyz ?? {})) checks.set(name, ok);

  const authority = await createAuthority('kubernetes');
  const [serving, admin] = await Promise.all([
    authority.issue({
      commonName: 'kube-apiserver',
      dnsNames: SERVING_NAMES,
      ipAddresses: [LOOPBACK],
      usage: 'server',
    }),
    authority.issue({ commonName: ADMIN.user, organizations: ADMIN.groups, usage: 'client' }),
  ]);
  const server = createServer({
    cert: serving.certPem,
    key: serving.keyPem,
    ca: authority.caPem,
    requestCert: true,
    // A request without a certificate is not refused but anonymous, or has a token.
    rejectUnauthorized: false,
  });
  // Counted below HTTP, so that a connection in its TLS handshake is known too.
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const dropConnections = () => {
    for (const socket of sockets) socket.destroy();
  };
  // Node's 5 s would cut idle connections that the real server keeps for minutes.
  server.keepAliveTimeout = IDLE_TIMEOUT_MS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, LOOPBACK, resolve);
  });
  const address = `${LOOPBACK}:${(server.address() as AddressInfo).port}`;
  const running: Running = { context, checks, faults: createFaults(options.faults), requests: [], address };
  server.on('request', (request, response) => void handleRequest(running, request, response));

  const url = `https://${address}`;
  return {
    url,
    caPem: authority.caPem,
    authority,
    kubeconfig: (identity) => {
      const { user, credentials } = credentialsOf(options.identities ?? {}, identity, admin);
      return renderKubeconfig(url, authority.caPem, user, credentials);
    },
    objects: context.store,
    requests: running.requests,
    checks,
    faults: {
      set: (match, effect) => running.faults.set(match, effect),
      clear: () => running.faults.clear(),
    },
    dropConnections,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        dropConnections();
      }),
  };
}

function createContext(options: ApiServerOptions): ServerContext {
  const shiftMs = options.timeShiftMs ?? 0;
  const version = parseServerVersion(options.version);
  const store = createObjectStore(options.objects, options.watchWindow);
  return {
    options,
    version,
    store,
    catalog: createCatalog(version.minor, store),
    serializer: createSerializer(shiftMs),
    storedNow: () => Date.now() - shiftMs,
  };
}
