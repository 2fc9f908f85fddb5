/** Requests that were acknowledged and are not done yet: what a bot leaves behind when it dies, another takes up. */
import type { Redis } from 'ioredis';
import { PREFIX } from './record.ts';

/** Slack's response addresses live this long; an answer that comes later helps nobody. */
const KEEP_MS = 30 * 60_000;
/** A request that takes its bot down with it is tried this often in all. */
const MOST_TRIES = 3;
const MOST_TAKEN = 50;

/** Takes what nobody has kept alive since a time, and counts the tries; what is too old or was tried too often goes. */
const TAKE = `
local out = {}
for _, key in ipairs(redis.call('zrangebyscore', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[5])) do
  local text = redis.call('hget', KEYS[2], key)
  local tries = redis.call('hincrby', KEYS[3], key, 1)
  local first = tonumber(redis.call('zscore', KEYS[4], key) or 0)
  if text and tries < tonumber(ARGV[4]) and first > tonumber(ARGV[3]) then
    redis.call('zadd', KEYS[1], ARGV[2], key)
    table.insert(out, key)
    table.insert(out, text)
  else
    redis.call('zrem', KEYS[1], key)
    redis.call('zrem', KEYS[4], key)
    redis.call('hdel', KEYS[2], key)
    redis.call('hdel', KEYS[3], key)
  end
end
return out`;

export interface Inbox {
  /**
   * Notes a request; `same` is alike for all requests that say the same. The command is on its way to Redis before this
   * returns; the promise tells whether it was taken.
   */
  note(key: string, text: string, same: string): Promise<void>;
  /** The newest request of those that say the same. */
  newest(same: string): Promise<string | undefined>;
  done(key: string): Promise<void>;
  /** Says that these requests are still being worked on. */
  keepAlive(keys: readonly string[]): Promise<void>;
  /** Takes over the requests that nobody has worked on for so many milliseconds. */
  takeLeft(silentMs: number): Promise<{ readonly key: string; readonly text: string }[]>;
}

export function createInbox(redis: Redis): Inbox {
  const alive = `${PREFIX}inbox:alive`;
  const texts = `${PREFIX}inbox:requests`;
  const tries = `${PREFIX}inbox:tries`;
  const since = `${PREFIX}inbox:since`;
  const newest = (same: string): string => `${PREFIX}inbox:newest:${same}`;
  return {
    async note(key, text, same) {
      const now = Date.now();
      const noted = redis.multi().hset(texts, key, text).zadd(since, now, key).zadd(alive, now, key);
      await noted.set(newest(same), key, 'PX', KEEP_MS).exec();
    },
    async newest(same) {
      return (await redis.get(newest(same))) ?? undefined;
    },
    async done(key) {
      await redis.multi().zrem(alive, key).zrem(since, key).hdel(texts, key).hdel(tries, key).exec();
    },
    async keepAlive(keys) {
      if (keys.length === 0) return;
      const now = Date.now();
      await redis.zadd(alive, 'XX', ...keys.flatMap((key) => [now, key]));
    },
    async takeLeft(silentMs) {
      const now = Date.now();
      const limits = [now - silentMs, now, now - KEEP_MS, MOST_TRIES, MOST_TAKEN];
      const found = (await redis.eval(TAKE, 4, alive, texts, tries, since, ...limits)) as string[];
      return found.flatMap((key, i) => (i % 2 === 0 ? [{ key, text: found[i + 1] ?? '' }] : []));
    },
  };
}
