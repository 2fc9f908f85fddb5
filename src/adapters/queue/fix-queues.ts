/** Nudges about fixes: the worker's queue and the remediator's. A job says only where to look; the record has the truth. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Job, Queue, UnrecoverableError, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { FIX_VERSION, FixJob, type FixRecord, fixQueueName, nextTask, remediateQueueName } from '../../core/fix.ts';
import type { Consumer } from './consumer.ts';
import { QUEUE_PREFIX } from './producer.ts';

export type FixQueue = 'fix' | 'remediate';
type Nudged = Pick<FixRecord, 'id' | 'cluster' | 'rev' | 'state'>;

export interface FixProducer {
  /**
   * Says that a record has changed: its thread is to be brought in line (`show`), and its next task is due. The same
   * nudge again changes nothing while the first one waits or runs; afterwards it is a new one (a sweeper's).
   * @throws where Redis cannot be reached.
   */
  nudge(record: Nudged): Promise<void>;
  /** Only `show`: for changes within a task that goes on. */
  show(record: Nudged): Promise<void>;
  /** Only the next task: for a sweeper that finds a record standing still. */
  wake(record: Nudged): Promise<void>;
  close(): Promise<void>;
}

/** A nudge that fails again and again is dropped: the sweeper makes a new one while the record stands still. */
const JOB_OPTIONS = {
  attempts: 3,
  backoff: { type: 'exponential', delay: 500, jitter: 0.3 },
  removeOnComplete: true,
  removeOnFail: true,
  sizeLimit: 4096,
} as const;

/** A job that takes its process down with it is tried this often; more would be a loop. */
const MOST_STALLS = 3;

export function createFixProducer(redis: Redis, onError: (error: Error) => void): FixProducer {
  const queues = new Map<string, Queue>();
  const queueOf = (name: string): Queue => {
    const known = queues.get(name);
    if (known !== undefined) return known;
    const options = { connection: redis, prefix: QUEUE_PREFIX, defaultJobOptions: JOB_OPTIONS };
    const queue = new Queue(name, { ...options, skipWaitingForReady: true });
    queue.on('error', onError);
    queues.set(name, queue);
    return queue;
  };
  const add = async (queue: FixQueue, { id, cluster, rev }: Nudged, task: FixJob['task']): Promise<void> => {
    const job: FixJob = FixJob.parse({ version: FIX_VERSION, fix: id, cluster, task, rev });
    await queueOf(nameOf(queue, cluster)).add(task, job, { jobId: `${id}-${rev}-${task}` });
  };
  const wake = async (record: Nudged): Promise<void> => {
    const next = nextTask(record.state);
    if (next !== undefined) await add(next.queue, record, next.task);
  };
  return {
    async nudge(record) {
      // What has to happen comes first: a thread that is told late is the smaller loss.
      await wake(record);
      await add('fix', record, 'show');
    },
    wake,
    async show(record) {
      await add('fix', record, 'show');
    },
    async close() {
      await Promise.all([...queues.values()].map((queue) => queue.close()));
    },
  };
}

export interface FixConsumerOptions {
  readonly redis: Redis;
  readonly queue: FixQueue;
  readonly cluster: string;
  readonly concurrency: number;
  /** What it throws is reported by `onError`, and the job is tried again a few times. */
  readonly handle: (job: FixJob, signal: AbortSignal) => Promise<void>;
  readonly onError: (error: Error) => void;
  /** Milliseconds after which a silent process' job is free, and between looks for such jobs. */
  readonly lockMs?: number;
  readonly stalledMs?: number;
}

/** Takes nudges of one cluster's queue. What is no job of this queue and cluster is reported and dropped. */
export function createFixConsumer(options: FixConsumerOptions): Consumer {
  const run = async (job: Job<unknown>, signal: AbortSignal): Promise<void> => {
    const parsed = FixJob.safeParse(job.data);
    if (!parsed.success || parsed.data.cluster !== options.cluster || !belongs(options.queue, parsed.data.task))
      throw new UnrecoverableError(`job ${String(job.id).slice(0, 80)} is no nudge for this queue; it was dropped`);
    await options.handle(parsed.data, signal);
  };
  const worker = new Worker<unknown, void>(
    nameOf(options.queue, options.cluster),
    (job, _token, signal) => run(job, signal ?? new AbortController().signal),
    {
      connection: options.redis,
      prefix: QUEUE_PREFIX,
      concurrency: options.concurrency,
      lockDuration: options.lockMs ?? 15_000,
      stalledInterval: options.stalledMs ?? 5000,
      maxStalledCount: MOST_STALLS,
    },
  );
  worker.on('error', options.onError);
  worker.on('failed', (_job, error) => options.onError(error));
  // Whoever lost the lock must stop: the job belongs to another process now.
  worker.on('lockRenewalFailed', (ids) => {
    for (const id of ids) worker.cancelJob(id, 'lock lost');
  });
  return {
    async ready() {
      await worker.waitUntilReady();
    },
    async close(graceMs) {
      const closing = worker.close();
      if (await endsWithin(closing, graceMs)) return;
      worker.cancelAllJobs('shutdown');
      // Without Redis neither ends: the process does, and the job goes to another when its lock has run out.
      if (!(await endsWithin(closing, 3000))) await endsWithin(worker.close(true), 1000);
    },
  };
}

function nameOf(queue: FixQueue, cluster: string): string {
  return queue === 'fix' ? fixQueueName(cluster) : remediateQueueName(cluster);
}

function belongs(queue: FixQueue, task: FixJob['task']): boolean {
  return (task === 'dry-run' || task === 'apply') === (queue === 'remediate');
}

async function endsWithin(work: Promise<unknown>, ms: number): Promise<boolean> {
  const over = new AbortController();
  const late = sleep(ms, false, { signal: over.signal }).catch(() => false);
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    over.abort();
  }
}
