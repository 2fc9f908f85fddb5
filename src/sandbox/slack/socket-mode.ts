/** Socket Mode: one-time tickets, hello, pings, each envelope to exactly one open socket, and every way a link ends. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { isObject } from './args.ts';
import { startTimer } from './clock.ts';
import type { Delivery, Envelope, Transport } from './transport.ts';
import type { Json } from './types.ts';
import type { World } from './world.ts';

const MAX_SOCKETS = 10;
const PING_EVERY_MS = 10_000;
const WARNING_MS = 10_000;

export type CloseReason = 'warning' | 'refresh_requested' | 'link_disabled' | 'rst' | 'half-open';

interface Link {
  socket: WebSocket;
  raw: Duplex;
  /** A half-open link looks open to us, but nothing passes any more. */
  dead: boolean;
  leaving: boolean;
}

interface Pending {
  link: Link;
  type: Envelope['type'];
  settle(result: Delivery): void;
  sentAt: number;
}

export interface SocketMode extends Transport {
  /** Handles an HTTP upgrade to `/link/`. */
  upgrade(request: IncomingMessage, raw: Duplex, head: Buffer): void;
  /** How many sockets can take an envelope now. */
  open(): number;
  /** Ends sockets, the oldest first (all unless `count` is given), in one of Slack's ways or as a broken network would. */
  closeSockets(reason: CloseReason, count?: number): void;
}

/** Makes the socket side of the workspace. Sockets are pinged every ten seconds of its clock. */
export function makeSocketMode(world: World): SocketMode {
  const server = new WebSocketServer({ noServer: true, autoPong: false, maxPayload: 1_000_000 });
  const links = new Set<Link>();
  const pending = new Map<string, Pending>();
  const timers = new Set<() => void>();
  let turn = 0;

  const after = (ms: number, run: () => void): void => {
    const cancel = startTimer(world.clock, ms, () => {
      timers.delete(cancel);
      run();
    });
    timers.add(cancel);
  };
  const note = (name: string, detail?: unknown): void => world.ledger.add({ kind: 'socket', name, detail });
  const sendJson = (link: Link, frame: Json): void => {
    if (!link.dead) link.socket.send(JSON.stringify(frame));
  };
  const goodbye = (reason: string): Json => ({ type: 'disconnect', reason, debug_info: { host: 'applink-1' } });

  const receive = (link: Link, data: string): void => {
    if (link.dead) return;
    let frame: unknown;
    try {
      frame = JSON.parse(data);
    } catch {
      world.ledger.warn('bad-socket-frame', data.slice(0, 200));
      return;
    }
    const id = isObject(frame) ? frame['envelope_id'] : undefined;
    const waiting = typeof id === 'string' ? pending.get(id) : undefined;
    if (!waiting || !isObject(frame)) {
      world.ledger.warn('unexpected-ack', `no envelope ${String(id)} waits for an acknowledgement`);
      return;
    }
    const body = frame['payload'];
    const empty = body === undefined || (isObject(body) && Object.keys(body).length === 0);
    waiting.settle({ acked: true, ackMs: world.clock.now() - waiting.sentAt, ...(empty ? {} : { body }) });
  };

  const gone = (link: Link): void => {
    links.delete(link);
    note('closed', { open: links.size });
    // An event is redelivered at once; a command simply never gets its answer and runs into the deadline.
    for (const entry of pending.values()) {
      if (entry.link === link && entry.type === 'events_api')
        entry.settle({ acked: false, failure: 'connection-lost' });
    }
  };

  const keepPinging = (link: Link): void => {
    if (!links.has(link)) return;
    if (!link.dead) link.socket.ping(`Ping from applink-1 (${world.clock.now()})`);
    after(PING_EVERY_MS, () => keepPinging(link));
  };

  const accept = (socket: WebSocket, raw: Duplex): void => {
    const link: Link = { socket, raw, dead: false, leaving: false };
    socket.on('error', (error) => note('error', error.message));
    if (links.size >= MAX_SOCKETS) {
      note('too_many_websockets');
      sendJson(link, goodbye('too_many_websockets'));
      socket.close(1000);
      return;
    }
    links.add(link);
    socket.on('ping', (data) => {
      if (!link.dead) socket.pong(data);
    });
    socket.on('message', (data) => receive(link, Buffer.isBuffer(data) ? data.toString('utf8') : ''));
    socket.on('close', () => gone(link));
    note('open', { open: links.size });
    sendJson(link, {
      type: 'hello',
      num_connections: links.size,
      connection_info: { app_id: world.identity.appId },
      debug_info: {
        host: 'applink-1',
        started: new Date(world.clock.now()).toISOString(),
        build_number: 54,
        approximate_connection_time: 18_060,
      },
    });
    keepPinging(link);
  };

  const closeOne = (link: Link, reason: CloseReason): void => {
    if (reason === 'half-open') {
      link.dead = true;
      return;
    }
    if (reason === 'rst') {
      if ('resetAndDestroy' in link.raw && typeof link.raw.resetAndDestroy === 'function') link.raw.resetAndDestroy();
      else link.raw.destroy();
      return;
    }
    sendJson(link, goodbye(reason));
    if (reason === 'warning') after(WARNING_MS, () => link.socket.close(1000));
    else {
      link.leaving = true;
      link.socket.close(1000);
    }
  };

  return {
    upgrade(request, raw, head) {
      const ticket = new URL(request.url ?? '/', world.baseUrl).searchParams.get('ticket') ?? '';
      if (!world.state.tickets.delete(ticket)) {
        note('ticket-refused', ticket);
        raw.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
        return;
      }
      server.handleUpgrade(request, raw, head, (socket) => accept(socket, raw));
    },
    open: () => [...links].filter((l) => !l.leaving && l.socket.readyState === l.socket.OPEN).length,
    closeSockets(reason, count = links.size) {
      note(`close-${reason}`, { open: links.size, count });
      for (const link of [...links].slice(0, count)) closeOne(link, reason);
      world.changed();
    },
    deliver(envelope, deadlineMs) {
      const ready = [...links].filter((l) => !l.leaving && l.socket.readyState === l.socket.OPEN);
      turn += 1;
      const link = ready[turn % Math.max(1, ready.length)];
      if (!link) return Promise.resolve({ acked: false, failure: 'no-connection' });
      return new Promise((resolve) => {
        const entry: Pending = {
          link,
          type: envelope.type,
          sentAt: world.clock.now(),
          settle(result) {
            if (pending.get(envelope.id) === entry) pending.delete(envelope.id);
            cancel();
            timers.delete(cancel);
            resolve(result);
          },
        };
        const cancel = startTimer(world.clock, deadlineMs, () => entry.settle({ acked: false, failure: 'timeout' }));
        timers.add(cancel);
        pending.set(envelope.id, entry);
        sendJson(link, {
          envelope_id: envelope.id,
          type: envelope.type,
          accepts_response_payload: envelope.type !== 'events_api',
          payload: envelope.payload,
          ...(envelope.retry ? { retry_attempt: envelope.retry.num, retry_reason: envelope.retry.reason } : {}),
        });
      });
    },
    async close() {
      for (const entry of pending.values()) entry.settle({ acked: false, failure: 'connection-lost' });
      for (const cancel of timers) cancel();
      timers.clear();
      for (const link of links) link.socket.terminate();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}
