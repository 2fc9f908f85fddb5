/** One change at a time per cluster, with a number that fences a slow holder out; and the rest that an object is given after a failure. */
import type { Redis } from 'ioredis';
import { digestOf } from '../../core/canonical-json.ts';
import { PREFIX } from './record.ts';

/** The lock as held: the number is larger with each take. */
export interface Held {
  readonly fence: number;
}

export interface FixLocks {
  /**
   * Takes the cluster for one object's change. `holder` is the fix: the same one takes its own lock anew (after its process
   * died), and the number that it had before is worth nothing from then on.
   */
  take(cluster: string, objectKey: string, holder: string, ms: number): Promise<Held | { readonly heldBy: string }>;
  /** Keeps the lock for `ms` more; false where it is somebody else's now: write nothing more. To be asked before each write. */
  renew(cluster: string, holder: string, fence: number, ms: number): Promise<boolean>;
  /** Gives the lock back; one that is somebody else's by now stays. */
  release(cluster: string, holder: string, fence: number): Promise<void>;
  /** Nothing is to be applied to the object for so long; a longer rest that it has already stays. */
  coolDown(cluster: string, objectKey: string, ms: number): Promise<void>;
  /** Until when (milliseconds since 1970) an object rests; undefined where it does not. */
  coolingUntil(cluster: string, objectKey: string): Promise<number | undefined>;
}

const TAKE = `
local held = redis.call('HGET', KEYS[1], 'holder')
if held and held ~= ARGV[1] then return { held, 0 } end
local fence = redis.call('INCR', KEYS[2])
redis.call('HSET', KEYS[1], 'holder', ARGV[1], 'fence', fence, 'object', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return { '', fence }`;
const RENEW = `
local held = redis.call('HMGET', KEYS[1], 'holder', 'fence')
if held[1] ~= ARGV[1] or held[2] ~= ARGV[2] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[3])`;
const RELEASE = `
local held = redis.call('HMGET', KEYS[1], 'holder', 'fence')
if held[1] ~= ARGV[1] or held[2] ~= ARGV[2] then return 0 end
return redis.call('DEL', KEYS[1])`;
const COOL = `
if redis.call('PTTL', KEYS[1]) >= tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], '1', 'PX', ARGV[1])
return 1`;

export function createFixLocks(redis: Redis): FixLocks {
  const lock = (cluster: string): string => `${PREFIX}fix-lock:${cluster}`;
  const fences = (cluster: string): string => `${PREFIX}fix-fence:${cluster}`;
  const cool = (cluster: string, objectKey: string): string =>
    `${PREFIX}fix-cool:${digestOf([cluster, objectKey]).slice(0, 32)}`;
  return {
    async take(cluster, objectKey, holder, ms) {
      const keys = [lock(cluster), fences(cluster)] as const;
      const [heldBy, fence] = (await redis.eval(TAKE, 2, ...keys, holder, objectKey, ms)) as [string, number];
      // Whoever can write here must not put words into our mouth.
      return heldBy === '' ? { fence } : { heldBy: /^[a-z0-9-]{1,40}$/.test(heldBy) ? heldBy : 'somebody unknown' };
    },
    async renew(cluster, holder, fence, ms) {
      return (await redis.eval(RENEW, 1, lock(cluster), holder, String(fence), ms)) === 1;
    },
    async release(cluster, holder, fence) {
      await redis.eval(RELEASE, 1, lock(cluster), holder, String(fence));
    },
    async coolDown(cluster, objectKey, ms) {
      if (ms > 0) await redis.eval(COOL, 1, cool(cluster, objectKey), Math.ceil(ms));
    },
    async coolingUntil(cluster, objectKey) {
      const left = await redis.pttl(cool(cluster, objectKey));
      return left > 0 ? Date.now() + left : undefined;
    },
  };
}
