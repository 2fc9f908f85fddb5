/** What of one diagnosis has been posted: a message begun is noted before, a message posted after, so that a crash is seen. */
import type { Redis } from 'ioredis';
import { Delivery, JOB_VERSION } from '../../core/jobs.ts';
import type { Log } from '../log.ts';
import { PREFIX, parseRecord } from './record.ts';

export interface Deliveries {
  /** Gives the record, an empty one for a new diagnosis. */
  load(id: string): Promise<Delivery>;
  /** Keeps the record whole. Only the worker that holds the job's lock writes it. */
  save(id: string, delivery: Delivery): Promise<void>;
}

export const EMPTY_DELIVERY: Delivery = Object.freeze({
  version: JOB_VERSION,
  posted: {},
  sending: {},
  fileUploaded: false,
  done: false,
});

/** Records live as long as results do: a job that is repeated later must still not post again. */
export function createDeliveries(redis: Redis, keepSeconds: number, log: Log): Deliveries {
  const key = (id: string): string => `${PREFIX}delivery:${id}`;
  return {
    async load(id) {
      return parseRecord(Delivery, await redis.get(key(id)), key(id), log) ?? EMPTY_DELIVERY;
    },
    async save(id, delivery) {
      await redis.set(key(id), JSON.stringify(delivery), 'EX', keepSeconds);
    },
  };
}
