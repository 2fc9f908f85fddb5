/** The live host's sockets: TCP connect without payload, one exchange with a unix socket, `GET` on loopback. */
import { get } from 'node:http';
import { createConnection } from 'node:net';
import { performance } from 'node:perf_hooks';
import { type ConnectResult, HostError, type Limits } from './host.ts';
import { errnoOf, hostErrorOf } from './host-errors.ts';

/** A unix socket that has answered and then says nothing for this long is done. */
const QUIET_MS = 500;
/** The last line of an answer of BIRD: `0000`, or an error 8xxx or 9xxx. It ends the exchange at once. */
const END_LINE = /(?:^|\n)(?:0000|[89]\d{3})(?: [^\n]*)?\n$/;
const LOOPBACK = new Set(['127.0.0.1', '[::1]', 'localhost']);

const RESULTS: Readonly<Record<string, ConnectResult['result']>> = {
  ECONNREFUSED: 'refused',
  ETIMEDOUT: 'timeout',
  EHOSTUNREACH: 'no-route',
  ENETUNREACH: 'no-route',
};

/** Connects and closes. Never throws: what went wrong is the answer. Milliseconds are measured, not the time-out. */
export function tcpConnect(address: string, port: number, timeoutMs: number): Promise<ConnectResult> {
  return new Promise((resolve) => {
    const started = performance.now();
    const socket = createConnection({ host: address, port, noDelay: true });
    const finish = (result: ConnectResult['result'], detail?: string): void => {
      clearTimeout(timer);
      socket.destroy();
      const ms = Math.round((performance.now() - started) * 10) / 10;
      resolve(detail === undefined ? { result, ms } : { result, ms, detail });
    };
    const timer = setTimeout(() => finish('timeout', `no answer within ${timeoutMs} ms`), timeoutMs);
    socket.once('connect', () => finish('open'));
    socket.on('error', (error) => {
      const errno = errnoOf(error);
      finish(RESULTS[errno] ?? 'error', errno === '' ? error.message : errno);
    });
  });
}

/** @throws HostError `not-found` without a socket file, `refused` where nobody listens, `timeout`, `too-large`. */
export function unixExchange(path: string, request: string, limits: Limits): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let total = 0;
    let quiet: NodeJS.Timeout | undefined;
    const socket = createConnection({ path });
    const finish = (error?: HostError): void => {
      clearTimeout(timer);
      clearTimeout(quiet);
      socket.destroy();
      if (error === undefined) resolve(Buffer.concat(chunks).toString('utf8'));
      else reject(error);
    };
    const late = (): void =>
      finish(new HostError('timeout', `the socket ${path} did not answer within ${limits.timeoutMs} ms`));
    const timer = setTimeout(late, limits.timeoutMs);
    socket.once('connect', () => socket.write(`${request}\n`));
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      total += chunk.length;
      if (total > limits.maxBytes) {
        return finish(new HostError('too-large', `the socket ${path} answered more than ${limits.maxBytes} bytes`));
      }
      const tail = Buffer.concat(chunks.slice(-2)).subarray(-600).toString('utf8');
      if (END_LINE.test(tail)) return finish();
      clearTimeout(quiet);
      quiet = setTimeout(finish, QUIET_MS);
    });
    socket.once('end', () => finish());
    socket.on('error', (error) => finish(hostErrorOf(error, `asking the socket ${path}`)));
  });
}

/** @throws HostError where the address is not loopback, nobody listens, or it takes too long or answers too much. */
export function getLoopback(url: string, limits: Limits): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const target = new URL(url);
    if (target.protocol !== 'http:' || !LOOPBACK.has(target.hostname)) {
      return reject(new HostError('denied', `${url} is not on this host's loopback address`));
    }
    const request = get(target, { agent: false }, (response) => {
      const chunks: Buffer[] = [];
      let total = 0;
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        total += chunk.length;
        if (total > limits.maxBytes) {
          fail(new HostError('too-large', `${url} answered more than ${limits.maxBytes} bytes`));
        }
      });
      response.on('error', fail);
      response.on('end', () => {
        clearTimeout(timer);
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') });
      });
    });
    const fail = (error: Error): void => {
      clearTimeout(timer);
      request.destroy();
      reject(hostErrorOf(error, `GET ${url}`));
    };
    const late = (): void => fail(new HostError('timeout', `${url} did not answer within ${limits.timeoutMs} ms`));
    const timer = setTimeout(late, limits.timeoutMs);
    request.on('error', fail);
  });
}
