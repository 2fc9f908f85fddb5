/** `/healthz` (the process lives) and `/readyz` (it can do its work), for kubelet and systemd. */
import { createServer } from 'node:http';

export interface Health {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Opens the two addresses. `ready` gives undefined where all is well, else one sentence that is answered with 503.
 * @throws where the address cannot be listened on.
 */
export async function openHealth(options: {
  readonly host: string;
  readonly port: number;
  readonly ready: () => string | undefined;
}): Promise<Health> {
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0];
    const trouble = path === '/readyz' ? options.ready() : undefined;
    const known = path === '/readyz' || path === '/healthz';
    response.writeHead(!known ? 404 : trouble === undefined ? 200 : 503, { 'content-type': 'text/plain' });
    response.end(known ? `${trouble ?? 'ok'}\n` : 'not found\n');
  });
  server.requestTimeout = 5000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : options.port,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
