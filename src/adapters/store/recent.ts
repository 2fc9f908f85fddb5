/** The list behind `recent` and `show`: one entry a diagnosis, newest first, bounded in number and age. */
import type { Redis } from 'ioredis';
import { RecentEntry } from '../../core/jobs.ts';
import type { Log } from '../log.ts';
import { PREFIX, parseRecord } from './record.ts';

export interface Recent {
  /** Adds an entry; one that is there already stays as it is. Gives true where it is new. */
  add(entry: RecentEntry): Promise<boolean>;
  /** Changes fields of an entry; an entry that is gone stays gone. */
  update(id: string, change: Partial<RecentEntry>): Promise<void>;
  get(id: string): Promise<RecentEntry | undefined>;
  /** The newest entries. */
  list(count: number): Promise<RecentEntry[]>;
}

export function createRecent(redis: Redis, limits: { keepSeconds: number; most: number }, log: Log): Recent {
  const index = `${PREFIX}recent`;
  const key = (id: string): string => `${PREFIX}recent:${id}`;
  const get = async (id: string): Promise<RecentEntry | undefined> =>
    parseRecord(RecentEntry, await redis.get(key(id)), key(id), log);
  return {
    async add(entry) {
      const set = await redis.set(key(entry.id), JSON.stringify(entry), 'EX', limits.keepSeconds, 'NX');
      await redis.zadd(index, Date.parse(entry.askedAt), entry.id);
      const oldest = Date.now() - limits.keepSeconds * 1000;
      await redis.zremrangebyscore(index, '-inf', oldest);
      await redis.zremrangebyrank(index, 0, -limits.most - 1);
      return set === 'OK';
    },
    async update(id, change) {
      const entry = await get(id);
      if (entry === undefined) return;
      await redis.set(key(id), JSON.stringify({ ...entry, ...change }), 'KEEPTTL', 'XX');
    },
    get,
    async list(count) {
      const ids = await redis.zrevrange(index, 0, count - 1);
      if (ids.length === 0) return [];
      const texts = await redis.mget(...ids.map(key));
      return texts.flatMap((text, i) => {
        const id = ids[i] ?? '';
        const entry = parseRecord(RecentEntry, text, key(id), log);
        return entry === undefined ? [] : [entry];
      });
    },
  };
}
