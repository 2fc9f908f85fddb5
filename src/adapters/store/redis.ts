/** Connections to Redis: one that fails fast for people who wait, one that waits for workers. */
import { Redis } from 'ioredis';
import type { Log } from '../log.ts';

/**
 * Opens a connection. `fail-fast`: a command without a connection fails at once and is not sent later, for those whom a
 * person waits for. `patient`: commands wait for Redis to come back, for workers (BullMQ demands it).
 * The address never stands in an error or a log line.
 */
export function connectRedis(url: string, manner: 'fail-fast' | 'patient', log: Log): Redis {
  const retryStrategy = (times: number): number => Math.min(50 * 2 ** Math.min(times, 6), 2000);
  const options =
    manner === 'fail-fast'
      ? {
          connectTimeout: 2000,
          retryStrategy,
          maxRetriesPerRequest: 0,
          commandTimeout: 2000,
          enableOfflineQueue: false,
          autoResendUnfulfilledCommands: false,
        }
      : { connectTimeout: 5000, retryStrategy, maxRetriesPerRequest: null };
  const redis = url.startsWith('unix://') ? new Redis(url.slice('unix://'.length), options) : new Redis(url, options);
  let down = false;
  redis.on('error', (error) => {
    if (!down) log.warn({ err: error }, 'redis cannot be reached');
    down = true;
  });
  redis.on('ready', () => {
    if (down) log.info('redis is back');
    down = false;
  });
  return redis;
}

/** Closes a connection politely, and at once where Redis does not answer. */
export async function closeRedis(redis: Redis): Promise<void> {
  if (redis.status === 'ready') await redis.quit().catch(() => redis.disconnect());
  else redis.disconnect();
}

/** True for the errors of a Redis that cannot be reached, is starting, or does not answer. */
export function isRedisDown(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const text = `${error.name} ${error.message}`;
  return /MaxRetriesPerRequest|Command timed out|Connection is closed|isn't writeable|ECONNREFUSED|ECONNRESET|ENOENT|EPIPE|ETIMEDOUT|LOADING|READONLY|MASTERDOWN/.test(
    text,
  );
}

/** Resolves when the connection can be used; rejects after `ms`. */
export async function redisReady(redis: Redis, ms: number): Promise<void> {
  if (redis.status === 'ready') return;
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`Redis did not answer within ${ms / 1000} s`)), ms);
    redis.once('ready', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
