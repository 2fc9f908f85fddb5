/** An agent that was replaced: it has the node's certificate and answers steps with whatever the test says. */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { join } from 'node:path';
import type { Platform } from '../../src/sandbox/platform.ts';

export interface NonsenseAgent {
  /** Bodies of the steps that it was asked for. */
  readonly asked: readonly string[];
  /** What it answers from now on. */
  answer(status: number, body: string): void;
  close(): Promise<void>;
}

/** Ends the node's own agent and listens in its place. */
export async function nonsenseAgent({ cluster, folder }: Platform, node: string): Promise<NonsenseAgent> {
  const url = cluster.agentMap.split(',').find((pair) => pair.startsWith(`${node}=`));
  if (url === undefined) throw new Error(`no agent has an address on ${node}`);
  await cluster.agents.get(node)?.stop();
  const base = join(folder, 'cluster', `agent-${node}`);
  const [cert, key, ca] = await Promise.all(
    [`${base}.crt`, `${base}.key`, `${base}-clients.crt`].map((file) => readFile(file)),
  );
  const asked: string[] = [];
  let reply = { status: 200, body: '' };
  const server = createServer({ cert, key, ca, requestCert: true }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.url?.includes('step') === true) asked.push(Buffer.concat(chunks).toString('utf8'));
      response.writeHead(reply.status, { 'content-type': 'application/json' });
      response.end(reply.body);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(Number(new URL(url.slice(node.length + 1)).port), '127.0.0.1', resolve);
  });
  return {
    asked,
    answer(status, body) {
      reply = { status, body };
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
