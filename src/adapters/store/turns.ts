/** One at a time for a name, over all processes: a lease in Redis that is renewed while its holder lives. */
import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import { PREFIX } from './record.ts';

export interface Turns {
  /**
   * Runs the work while nobody else runs work of this name. Gives undefined where somebody else does. The signal is aborted
   * where the lease was lost: then another one goes on.
   */
  take<T>(name: string, work: (lost: AbortSignal) => Promise<T>): Promise<{ readonly result: T } | undefined>;
}

const RENEW = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0`;
const RELEASE = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`;

/** `leaseMs`: after so long without a sign of its holder a name is free. */
export function createTurns(redis: Redis, leaseMs = 8000): Turns {
  return {
    async take(name, work) {
      const key = `${PREFIX}turn:${name}`;
      const token = randomBytes(12).toString('hex');
      if ((await redis.set(key, token, 'PX', leaseMs, 'NX')) !== 'OK') return undefined;
      const lost = new AbortController();
      let until = performance.now() + leaseMs;
      const renew = async (): Promise<void> => {
        const asked = performance.now();
        const held = await redis.eval(RENEW, 1, key, token, leaseMs).catch(() => undefined);
        if (held === 1) until = asked + leaseMs;
        else if (held === 0 || performance.now() > until) lost.abort(new Error(`the turn of ${name} was lost`));
      };
      const timer = setInterval(() => void renew(), leaseMs / 4);
      try {
        return { result: await work(lost.signal) };
      } finally {
        clearInterval(timer);
        await redis.eval(RELEASE, 1, key, token).catch(() => undefined);
      }
    },
  };
}
