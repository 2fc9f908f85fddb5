/** Keeps Socket Mode connections open. The library's own reconnect leaves a hole of 5 s and can kill the process (facts §2.4). */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Logger, SocketModeReceiver } from '@slack/bolt';
import { WebAPIPlatformError } from '@slack/web-api';
import type { Log } from '../log.ts';

export interface SocketOptions {
  readonly appToken: string;
  readonly apiUrl: string;
  readonly count: number;
  readonly log: Log;
  readonly logger: Logger;
}

export interface Sockets {
  readonly receivers: readonly SocketModeReceiver[];
  /** Opens all connections; gives when the first is open. @throws where Slack refuses the token. */
  open(onFatal: (error: unknown) => void): Promise<void>;
  /** How many are open now. */
  openCount(): number;
  /** Closes them and waits until they are closed. */
  close(): Promise<void>;
}

/** Codes after which trying again is of no use. */
const FATAL = new Set([
  'not_authed',
  'invalid_auth',
  'account_inactive',
  'user_removed_from_team',
  'team_disabled',
  'not_allowed_token_type',
  'missing_scope',
  'token_revoked',
  'token_expired',
]);
const MOST_BACKOFF_MS = 15_000;
const HELLO_MS = 20_000;

/** Makes the receivers; each is to be given to the same Bolt app, and `open` called after. */
export function createSockets(options: SocketOptions): Sockets {
  const receivers = Array.from(
    { length: options.count },
    () =>
      new SocketModeReceiver({
        appToken: options.appToken,
        logger: options.logger,
        autoReconnectEnabled: false,
        installerOptions: {
          clientOptions: {
            slackApiUrl: options.apiUrl,
            retryConfig: { retries: 0 },
            rejectRateLimitedCalls: true,
            timeout: 10_000,
          },
        },
      }),
  );
  const isOpen = new Set<SocketModeReceiver>();
  const stop = new AbortController();
  const loops: Promise<void>[] = [];

  const keep = async (receiver: SocketModeReceiver, onOpen: () => void): Promise<void> => {
    let failures = 0;
    while (!stop.signal.aborted) {
      const gone = new Promise<void>((resolve) => receiver.client.once('disconnected', () => resolve()));
      try {
        await startWithin(receiver, HELLO_MS);
        failures = 0;
        isOpen.add(receiver);
        options.log.info({ open: isOpen.size }, 'socket open');
        onOpen();
        await gone;
        if (!stop.signal.aborted) options.log.info({ open: isOpen.size - 1 }, 'socket closed, opening another');
      } catch (error) {
        if (error instanceof WebAPIPlatformError && FATAL.has(error.data.error)) {
          throw new Error(
            `Slack refuses KUBEWHY_SLACK_APP_TOKEN: ${error.data.error}. Make an app-level token with connections:write and use that.`,
            { cause: error },
          );
        }
        failures += 1;
        options.log.warn({ err: error, failures }, 'socket could not be opened');
      } finally {
        isOpen.delete(receiver);
      }
      if (failures > 0) await sleep(backoff(failures), undefined, { signal: stop.signal }).catch(() => undefined);
    }
  };

  return {
    receivers,
    openCount: () => isOpen.size,
    open(onFatal) {
      // An error event without a listener would end the process; the loop sees the same fault as a rejection.
      for (const receiver of receivers) receiver.client.on('error', () => undefined);
      return new Promise((resolve, reject) => {
        for (const receiver of receivers) {
          loops.push(
            keep(receiver, resolve).catch((error: unknown) => {
              reject(error);
              onFatal(error);
            }),
          );
        }
      });
    },
    async close() {
      stop.abort();
      await Promise.all([...isOpen].map((receiver) => receiver.client.disconnect()));
      await Promise.all(loops);
    },
  };
}

async function startWithin(receiver: SocketModeReceiver, ms: number): Promise<void> {
  const timer = setTimeout(() => void receiver.client.disconnect(), ms);
  try {
    await receiver.client.start();
  } catch (error) {
    throw error ?? new Error('the connection was closed before Slack said hello');
  } finally {
    clearTimeout(timer);
  }
}

/** Half a second, doubled each time, at most 15 s, with a third of chance so that two sockets do not knock together. */
function backoff(failures: number): number {
  return Math.min(MOST_BACKOFF_MS, 500 * 2 ** Math.min(failures - 1, 6)) * (0.85 + Math.random() * 0.3);
}
