/** How often people may ask: a token bucket for each person and each cluster, kept in Redis for all bots together. */
import type { Redis } from 'ioredis';
import { PREFIX } from './record.ts';

/** `size` questions at once, refilled evenly over `seconds`. */
export interface Allowance {
  readonly size: number;
  readonly seconds: number;
}

export interface Limits {
  /** Takes one token from every bucket, or from none. Gives undefined, or which bucket is empty and the seconds to wait. */
  take(
    buckets: readonly { key: string; allowance: Allowance }[],
  ): Promise<{ key: string; waitSeconds: number } | undefined>;
}

/** Redis' own clock, so that the clocks of several bots do not matter. All buckets are looked at before any is changed. */
const TAKE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local after = {}
for i, key in ipairs(KEYS) do
  local size = tonumber(ARGV[2 * i - 1])
  local each = tonumber(ARGV[2 * i])
  local kept = redis.call('HMGET', key, 'tokens', 'at')
  local tokens = tonumber(kept[1]) or size
  local at = tonumber(kept[2]) or now
  tokens = math.min(size, tokens + math.max(0, now - at) / each)
  if tokens < 1 then return { i, math.ceil((1 - tokens) * each) } end
  after[i] = tokens - 1
end
for i, key in ipairs(KEYS) do
  redis.call('HSET', key, 'tokens', tostring(after[i]), 'at', tostring(now))
  redis.call('PEXPIRE', key, math.ceil(tonumber(ARGV[2 * i - 1]) * tonumber(ARGV[2 * i])) + 1000)
end
return { 0, 0 }`;

export function createLimits(redis: Redis): Limits {
  return {
    async take(buckets) {
      const keys = buckets.map((bucket) => `${PREFIX}limit:${bucket.key}`);
      const rates = buckets.flatMap(({ allowance }) => [allowance.size, (allowance.seconds * 1000) / allowance.size]);
      const answer = (await redis.eval(TAKE, keys.length, ...keys, ...rates)) as [number, number];
      const empty = buckets[answer[0] - 1];
      return empty === undefined ? undefined : { key: empty.key, waitSeconds: Math.ceil(answer[1] / 1000) };
    },
  };
}
