/** Takes diagnoses out of a cluster's queue. A job whose worker died is given to another. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Job, UnrecoverableError, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { queueName } from '../../core/jobs.ts';
import { QUEUE_PREFIX } from './producer.ts';

/** Thrown by a handler for what no repetition can mend. */
export class FinalError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'FinalError';
  }
}

/** One attempt at a job. `data` is not parsed yet: it came through Redis. */
export interface Attempt {
  readonly data: unknown;
  /** Counted from 1. */
  readonly attempt: number;
  readonly signal: AbortSignal;
}

export interface Consumer {
  /** Waits until jobs are taken. */
  ready(): Promise<void>;
  /** Takes no more jobs and waits for those that run, at most `graceMs`; then they go to another worker. */
  close(graceMs: number): Promise<void>;
}

export interface ConsumerOptions {
  readonly redis: Redis;
  readonly cluster: string;
  readonly concurrency: number;
  readonly handle: (attempt: Attempt) => Promise<void>;
  /** A job has failed for good without its handler having had the last word (its workers died again and again, Slack was away for too long). */
  readonly onLost: (data: unknown, error: Error) => Promise<void>;
  readonly onError: (error: Error) => void;
  /** Milliseconds after which a silent worker's job is free, and between looks for such jobs. */
  readonly lockMs?: number;
  readonly stalledMs?: number;
}

/** A job that takes its worker down with it is tried this often; more would be a loop. */
const MOST_STALLS = 3;

export function createConsumer(options: ConsumerOptions): Consumer {
  const lockMs = options.lockMs ?? 15_000;
  const run = async (job: Job<unknown>, _token?: string, signal?: AbortSignal): Promise<void> => {
    try {
      await options.handle({
        data: job.data,
        attempt: job.attemptsMade + 1,
        signal: signal ?? new AbortController().signal,
      });
    } catch (error) {
      if (error instanceof FinalError) throw new UnrecoverableError(error.message);
      throw error;
    }
  };
  const worker = new Worker<unknown, void>(
    queueName(options.cluster),
    (job, token, signal) => run(job, token, signal),
    {
      connection: options.redis,
      prefix: QUEUE_PREFIX,
      concurrency: options.concurrency,
      lockDuration: lockMs,
      stalledInterval: options.stalledMs ?? 5000,
      maxStalledCount: MOST_STALLS,
    },
  );
  worker.on('error', options.onError);
  // Whoever lost the lock must stop: the job belongs to another worker now.
  worker.on('lockRenewalFailed', (ids) => {
    for (const id of ids) worker.cancelJob(id, 'lock lost');
  });
  worker.on('failed', (job, error) => {
    if (job === undefined) return;
    const stalled = error.message.includes('stalled more than');
    const spent = !(error instanceof UnrecoverableError) && job.attemptsMade >= (job.opts.attempts ?? 1);
    if (!stalled && !spent) return;
    options.onLost(job.data, error).catch(options.onError);
  });
  return {
    async ready() {
      await worker.waitUntilReady();
    },
    async close(graceMs) {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<'late'>((resolve) => {
        timer = setTimeout(() => resolve('late'), graceMs);
      });
      const closing = worker.close();
      const ended = await Promise.race([closing.then(() => 'ended' as const), late]);
      clearTimeout(timer);
      if (ended === 'ended') return;
      worker.cancelAllJobs('shutdown');
      await Promise.race([closing, sleep(3000)]);
      // Without Redis this does not end: the process does, and the job goes to another when its lock has run out.
      await Promise.race([worker.close(true), sleep(1000)]);
    },
  };
}
