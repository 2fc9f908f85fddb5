/** How events get into Redis: as durably as it can, many at a time for the price of one wait for the disk. */
import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { DeskEvent } from '../../core/desk-event.ts';
import type { Log } from '../log.ts';
import { ACCEPT } from './desk-scripts.ts';
import { PREFIX } from './record.ts';

/** Characters that each waiting event begins with: they tell it from every other one, also after Redis lost some. */
export const TAG_LENGTH = 16;
/** So many events may wait in one cluster's list; then the door must send Alertmanager away until some are done. */
export const MOST_WAITING = 50_000;
/** Milliseconds in which Redis must have the events on disk. */
const DISK_MS = 1500;
/** Accepts of one round. */
const MOST_BATCH = 200;
/** After so long a Redis that could not promise anything is asked again. */
const ASK_AGAIN_MS = 60_000;

export const WAKE_TOPIC = `${PREFIX}desk:wake`;
export const CLUSTERS_KEY = `${PREFIX}desk:clusters`;
export const eventsKey = (cluster: string): string => `${PREFIX}desk-events:${cluster}`;

/** Too many events wait: none of these was taken. */
export class DeskFull extends Error {
  constructor(cluster: string, most: number) {
    super(`more than ${most} events of ${cluster} wait already; these were not taken, send them again later`);
    this.name = 'DeskFull';
  }
}

/** Redis took the events and does not say that they are on disk: whoever sent them must send them again. */
export class NotDurable extends Error {
  constructor() {
    super(`Redis did not confirm within ${DISK_MS} ms that the events are on disk`);
    this.name = 'NotDurable';
  }
}

interface Waiting {
  readonly cluster: string;
  readonly texts: readonly string[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export type Accept = (cluster: string, events: readonly DeskEvent[]) => Promise<void>;

/**
 * Gives the function that takes events. The connection waits for the disk: it should serve nothing that is in a hurry.
 * What throws may have been taken all the same: events are to be such that the same one twice changes nothing.
 */
export function createDoor(redis: Redis, log: Log, most = MOST_WAITING): Accept {
  let waiting: Waiting[] = [];
  let busy = false;
  let blindUntil = 0;

  const round = async (batch: readonly Waiting[]): Promise<void> => {
    const pipeline = redis.pipeline();
    for (const { cluster, texts } of batch)
      pipeline.eval(ACCEPT, 2, eventsKey(cluster), CLUSTERS_KEY, cluster, most, WAKE_TOPIC, ...texts);
    const asked = performance.now() >= blindUntil;
    // One wait is for all: what was written on this connection before it.
    if (asked) pipeline.call('WAITAOF', 1, 0, DISK_MS);
    const answers = (await pipeline.exec()) ?? [];
    const disk = asked ? onDisk(answers[batch.length]) : undefined;
    if (disk?.blind !== undefined) {
      if (blindUntil === 0) log.info({ why: disk.blind }, 'redis cannot say what is on disk; its own settings count');
      blindUntil = performance.now() + ASK_AGAIN_MS;
    }
    for (const [i, one] of batch.entries()) {
      const [error, length] = answers[i] ?? [new Error('Redis did not answer')];
      if (error !== null) one.reject(error);
      else if (length === -1) one.reject(new DeskFull(one.cluster, most));
      else if (disk?.error !== undefined) one.reject(disk.error);
      else one.resolve();
    }
  };

  const run = async (): Promise<void> => {
    if (busy) return;
    busy = true;
    while (waiting.length > 0) {
      const batch = waiting.slice(0, MOST_BATCH);
      waiting = waiting.slice(MOST_BATCH);
      await round(batch).catch((error: unknown) => {
        for (const { reject } of batch) reject(error);
      });
    }
    busy = false;
  };

  return (cluster, events) => {
    if (events.length === 0) return Promise.resolve();
    const texts = events.map((event) => `${randomBytes(TAG_LENGTH / 2).toString('hex')}${JSON.stringify(event)}`);
    return new Promise((resolve, reject) => {
      waiting.push({ cluster, texts, resolve, reject });
      void run();
    });
  };
}

/** `blind`: this Redis has no such command, may not be asked, or keeps no log on disk; then its settings alone count. */
function onDisk(answer: [Error | null, unknown] | undefined): { readonly blind?: string; readonly error?: Error } {
  const [error, counts] = answer ?? [new Error('Redis did not answer'), undefined];
  if (error !== null) {
    const blind = /unknown command|appendonly is disabled|NOPERM|not allowed/i.test(error.message);
    return blind ? { blind: error.message } : { error };
  }
  return Array.isArray(counts) && Number(counts[0]) >= 1 ? {} : { error: new NotDurable() };
}
