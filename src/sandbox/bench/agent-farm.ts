/** The agents of hundreds of nodes behind one port: each answer is made once by the agent's own code, then served again. */
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';
import { answerAsk } from '../../agent/ask.ts';
import type { Host } from '../../agent/host.ts';
import { AskRequest, type ProbeRequest } from '../../core/agent-api.ts';
import type { Authority } from '../tls/certificates.ts';

const VERSION = 'bench';
const DEADLINE_MS = 60_000;

export interface AgentFarm {
  readonly url: string;
  /** Asks one node's host now, and keeps the answer for whoever asks the same. @returns the milliseconds it took. */
  prepare(host: Host, node: string, requests: readonly ProbeRequest[], networks: readonly string[]): Promise<number>;
  /** From now on answers take as long as on a machine of their own. */
  delay(ms: number): void;
  /** Questions served, and those for which no answer had been prepared (refused with 503). */
  readonly served: { answered: number; unknown: number; bytes: number };
  close(): Promise<void>;
}

/**
 * Starts the farm with mutual TLS. Nodes are told apart by the name in the TLS handshake, as a real agent's certificate
 * carries it. On one machine a hundred agents would wait for each other's CPU; prepared answers do not.
 */
export async function startAgentFarm(authority: Authority): Promise<AgentFarm> {
  const certificate = await authority.issue({ commonName: 'agents', ipAddresses: ['127.0.0.1'], usage: 'server' });
  const answers = new Map<string, Buffer>();
  const served = { answered: 0, unknown: 0, bytes: 0 };
  let delayMs = 0;
  const tls = { cert: certificate.certPem, key: certificate.keyPem, ca: authority.caPem };
  const server = createServer({ ...tls, requestCert: true, rejectUnauthorized: true }, (request, response) => {
    const answer = async (): Promise<void> => {
      const chunks: Buffer[] = [];
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
      const asked = AskRequest.parse(JSON.parse(Buffer.concat(chunks).toString('utf8')));
      const node = (request.socket as TLSSocket & { servername?: string }).servername ?? '';
      const body = answers.get(keyOf(node, asked.requests));
      if (body === undefined) {
        served.unknown += 1;
        response.writeHead(503).end(JSON.stringify({ error: `nothing is prepared for ${node}` }));
        return;
      }
      await sleep(delayMs);
      served.answered += 1;
      served.bytes += body.length;
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body);
    };
    answer().catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    served,
    prepare: async (host, node, requests, networks) => {
      const started = performance.now();
      // Asked as the server would be: what the schema fills in is filled in.
      const request = AskRequest.parse({ version: 1, deadlineMs: DEADLINE_MS, networks, requests });
      const asked = { host, node, agentVersion: VERSION, bucket: { take: () => true } };
      const answer = await answerAsk(asked, request);
      const took = performance.now() - started;
      answers.set(keyOf(node, request.requests), Buffer.from(JSON.stringify(answer)));
      return took;
    },
    delay: (ms) => {
      delayMs = ms;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function keyOf(node: string, requests: unknown): string {
  return `${node} ${JSON.stringify(requests)}`;
}
