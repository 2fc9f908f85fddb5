/** Connections to Redis: one that fails fast for people who wait, one that waits for workers. */
import { Redis } from 'ioredis';
import type { Log } from '../log.ts';

/**
 * Opens a connection. `fail-fast`: a command without a connection fails within a second or two, for those whom a person
 * waits for. `patient`: commands wait for Redis to come back, for workers (BullMQ demands it).
 * The address never stands in an error or a log line.
 */
export function connectRedis(url: string, manner: 'fail-fast' | 'patient', log: Log): Redis {
  const retryStrategy = (times: number): number => Math.min(50 * 2 ** Math.min(times, 6), 2000);
  const options =
    manner === 'fail-fast'
      ? { connectTimeout: 2000, retryStrategy, maxRetriesPerRequest: 1, commandTimeout: 2000 }
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
