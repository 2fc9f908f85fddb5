/** A private Redis for a test file, and connections to it that are closed with it. */
import { Redis } from 'ioredis';
import { type PrivateRedis, startRedis } from '../../src/sandbox/redis.ts';

export interface TestRedis extends PrivateRedis {
  /** Opens a connection; `stop` closes it. */
  connect(): Redis;
  flush(): Promise<void>;
}

/** Starts a Redis of its own; end it with `stop`. */
export async function testRedis(): Promise<TestRedis> {
  const server = await startRedis();
  const open: Redis[] = [];
  const connect = (): Redis => {
    const redis = new Redis(server.url.replace('unix://', ''), { maxRetriesPerRequest: null });
    redis.on('error', () => undefined);
    open.push(redis);
    return redis;
  };
  return {
    ...server,
    connect,
    async flush() {
      const redis = connect();
      await redis.flushall();
    },
    async stop() {
      for (const redis of open) redis.disconnect();
      await server.stop();
    },
  };
}
