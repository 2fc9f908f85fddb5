/** The endpoint at which agents of recorded hosts have their changes carried out: `POST` of one effect, answered when it is done. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Effect, type EffectAnswer } from './effects.ts';

const LOOPBACK = '127.0.0.1';
const MAX_BYTES = 2 * 1024 * 1024;

/** A running endpoint. */
export interface EffectsServer {
  readonly url: string;
  /** Every effect that was carried out, in order. */
  readonly effects: readonly Effect[];
  close(): Promise<void>;
}

/** Starts the endpoint on a free port of 127.0.0.1. */
export async function startEffectsServer(apply: (effect: Effect) => EffectAnswer): Promise<EffectsServer> {
  const effects: Effect[] = [];
  const server = createServer((request, response) => {
    answer(request, apply, effects).then(
      (reply) => send(response, 200, reply),
      (error: unknown) => send(response, 400, { error: error instanceof Error ? error.message : String(error) }),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, LOOPBACK, resolve);
  });
  return {
    url: `http://${LOOPBACK}:${(server.address() as AddressInfo).port}/effects`,
    effects,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  request: IncomingMessage,
  apply: (effect: Effect) => EffectAnswer,
  effects: Effect[],
): Promise<EffectAnswer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new Error(`The effect is larger than ${MAX_BYTES} bytes.`);
    chunks.push(chunk);
  }
  const parsed = Effect.safeParse(JSON.parse(Buffer.concat(chunks).toString('utf8')));
  if (!parsed.success) throw new Error(`This is no effect: ${parsed.error.issues[0]?.message ?? ''}`);
  effects.push(parsed.data);
  return apply(parsed.data);
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
