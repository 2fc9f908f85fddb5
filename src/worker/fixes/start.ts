/** The worker's part in fixes put together: stores, queue and sweeper. Without keys there is none of it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { loadKeys } from '../../adapters/keys/keys.ts';
import type { Log } from '../../adapters/log.ts';
import { createFixConsumer, createFixProducer } from '../../adapters/queue/fix-queues.ts';
import type { Lifetime } from '../../adapters/shutdown.ts';
import { createAudit } from '../../adapters/store/audit.ts';
import { createFixLocks } from '../../adapters/store/fix-locks.ts';
import { createFixes } from '../../adapters/store/fixes.ts';
import { createOffers, type Offers } from '../../adapters/store/offers.ts';
import { createTurns } from '../../adapters/store/turns.ts';
import type { WorkerConfig } from '../../config/worker.ts';
import type { Keys } from '../../core/signing.ts';
import type { Waiting } from '../../run/verify.ts';
import type { FixDeps } from './deps.ts';
import { SWEEP_TIMES, type SweepTimes, startSweeper } from './sweep.ts';
import { fixTasks } from './tasks.ts';

export interface FixPart
  extends Pick<FixDeps, 'slack' | 'botUserId' | 'deliveries' | 'results' | 'recent' | 'usePorts' | 'remediationOf'> {
  readonly config: WorkerConfig;
  readonly redis: Redis;
  readonly lifetime: Lifetime;
  readonly log: Log;
  readonly keys: Keys;
  /** For tests. */
  readonly waiting?: Waiting;
  readonly sweepTimes?: SweepTimes;
  readonly lockMs?: number;
  readonly stalledMs?: number;
}

/** A verification takes a place for minutes, and showing must never wait for one. */
const CONCURRENCY = 24;

export const realWaiting: Waiting = {
  now: Date.now,
  async sleep(ms, signal) {
    await sleep(ms, undefined, { signal }).catch(() => undefined);
    signal.throwIfAborted();
  },
};

/** Reads the worker's keys; undefined where fixes are off. @throws UserError `keys-…`. */
export function workerKeys({ keyFile, trustFile }: WorkerConfig): Keys | undefined {
  if (keyFile === undefined || trustFile === undefined) return undefined;
  return loadKeys({ role: 'worker', keyFile, trustFile });
}

/** Gives where offers of reports are kept. */
export function workerOffers(redis: Redis, keys: Keys, config: WorkerConfig, log: Log): Offers {
  return createOffers(redis, { keys, keepSeconds: keepSeconds(config) }, log);
}

/** Takes tasks of fixes until `lifetime` ends. */
export async function startFixes(part: FixPart): Promise<void> {
  const { config, redis, lifetime, log, keys, lockMs, stalledMs } = part;
  const onError = (error: Error): void => log.warn({ err: error }, 'fix queue error');
  const producer = createFixProducer(redis, onError);
  lifetime.onClose('fix producer', () => producer.close());
  const deps: FixDeps = {
    ...part,
    cluster: config.cluster,
    fixes: createFixes(redis, { keys, keepSeconds: keepSeconds(config) }, log),
    audit: createAudit(redis, keys, log),
    producer,
    turns: createTurns(redis),
    locks: createFixLocks(redis),
    waiting: part.waiting ?? realWaiting,
    steadySeconds: config.steadySeconds,
  };
  const consumer = createFixConsumer({
    redis,
    queue: 'fix',
    cluster: config.cluster,
    concurrency: CONCURRENCY,
    handle: fixTasks(deps),
    onError,
    ...(lockMs === undefined ? {} : { lockMs }),
    ...(stalledMs === undefined ? {} : { stalledMs }),
  });
  const graceMs = Math.min(config.graceSeconds * 1000, 5000);
  lifetime.onClose('fix queue', () => consumer.close(graceMs), graceMs + 10_000);
  await consumer.ready();
  // A new connection may lead to a Redis that was failed over to, without the newest writes.
  let reconnected = true;
  const onReady = (): void => void (reconnected = true);
  redis.on('ready', onReady);
  lifetime.onClose('reconnections', () => Promise.resolve(redis.off('ready', onReady)));
  const sweeper = startSweeper(deps, part.sweepTimes ?? SWEEP_TIMES, () => {
    const was = reconnected;
    reconnected = false;
    return was;
  });
  lifetime.onClose('sweeper', () => sweeper.close());
}

function keepSeconds({ keepDays }: WorkerConfig): number {
  return keepDays * 24 * 3600;
}
