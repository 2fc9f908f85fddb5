/** Diagnoses that alerts ask for: a queue of its own a cluster, the gravest first, with a cap over all workers. */
import { setTimeout as sleep } from 'node:timers/promises';
import { DelayedError, type Job, Queue, UnrecoverableError, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { INCIDENT_PRIORITY, IncidentJob, incidentQueueName } from '../../core/incident-job.ts';
import { type Attempt, type Consumer, FinalError } from './consumer.ts';
import { QUEUE_PREFIX } from './producer.ts';

/** `waiting`: nobody has it; `later`: put back for a while; `running`: a worker has it; `gone`: done, given up, or never there. */
export type IncidentJobState = 'waiting' | 'later' | 'running' | 'gone';

export interface IncidentProducer {
  /** Adds a job under its diagnosis' id: the same again changes nothing while the first one waits or runs. @throws where Redis cannot be reached. */
  add(job: IncidentJob): Promise<void>;
  state(cluster: string, id: string): Promise<IncidentJobState>;
  /** True while the job waits or runs. */
  isPending(cluster: string, id: string): Promise<boolean>;
  /** How many jobs of the cluster run now. */
  running(cluster: string): Promise<number>;
  close(): Promise<void>;
}

/** What is done leaves nothing: whether a result is there is known from the results, and a lost event is asked for again. */
const JOB_OPTIONS = {
  attempts: 11,
  backoff: { type: 'exponential', delay: 1000, jitter: 0.3 },
  removeOnComplete: true,
  removeOnFail: true,
  sizeLimit: 64 * 1024,
} as const;

const STATES: Readonly<Record<string, IncidentJobState>> = {
  waiting: 'waiting',
  prioritized: 'waiting',
  delayed: 'later',
  active: 'running',
};

/** A job that takes its worker down with it is tried this often; more would be a loop. */
const MOST_STALLS = 3;

export function createIncidentProducer(redis: Redis, onError: (error: Error) => void): IncidentProducer {
  const queues = new Map<string, Queue>();
  const queueOf = (cluster: string): Queue => {
    const known = queues.get(cluster);
    if (known !== undefined) return known;
    const options = { connection: redis, prefix: QUEUE_PREFIX, defaultJobOptions: JOB_OPTIONS };
    const queue = new Queue(incidentQueueName(cluster), { ...options, skipWaitingForReady: true });
    queue.on('error', onError);
    queues.set(cluster, queue);
    return queue;
  };
  const state = async (cluster: string, id: string): Promise<IncidentJobState> =>
    STATES[await queueOf(cluster).getJobState(id)] ?? 'gone';
  return {
    async add(job) {
      const priority = INCIDENT_PRIORITY[job.severity];
      await queueOf(job.cluster).add('incident', IncidentJob.parse(job), { jobId: job.id, priority });
    },
    state,
    async isPending(cluster, id) {
      return (await state(cluster, id)) !== 'gone';
    },
    async running(cluster) {
      return await queueOf(cluster).getActiveCount();
    },
    async close() {
      await Promise.all([...queues.values()].map((queue) => queue.close()));
    },
  };
}

/** Thrown by a handler: not now, again after so many milliseconds. It uses up no attempt. */
export class Later extends Error {
  readonly ms: number;

  constructor(ms: number, why: string) {
    super(why);
    this.name = 'Later';
    this.ms = ms;
  }
}

export interface IncidentConsumerOptions {
  readonly redis: Redis;
  readonly cluster: string;
  /** Jobs of this cluster at the same time, over all workers. */
  readonly concurrency: number;
  /** Throws FinalError where no repetition helps, Later where it is not its turn, anything else to be tried again. */
  readonly handle: (attempt: Attempt) => Promise<void>;
  /** A job has failed for good without its handler having had the last word. */
  readonly onLost: (data: unknown, error: Error) => Promise<void>;
  readonly onError: (error: Error) => void;
  readonly lockMs?: number;
  readonly stalledMs?: number;
}

export function createIncidentConsumer(options: IncidentConsumerOptions): Consumer {
  const { redis, cluster, concurrency, onError } = options;
  const shared = { connection: redis, prefix: QUEUE_PREFIX };
  const queue = new Queue(incidentQueueName(cluster), { ...shared, skipWaitingForReady: true });
  queue.on('error', onError);
  const run = async (job: Job<unknown>, token: string | undefined, signal: AbortSignal): Promise<void> => {
    try {
      await options.handle({ data: job.data, attempt: job.attemptsMade + 1, signal });
    } catch (error) {
      if (error instanceof FinalError) throw new UnrecoverableError(error.message);
      if (!(error instanceof Later)) throw error;
      await job.moveToDelayed(Date.now() + error.ms, token);
      throw new DelayedError();
    }
  };
  const worker = new Worker<unknown, void>(
    incidentQueueName(cluster),
    (job, token, signal) => run(job, token, signal ?? new AbortController().signal),
    {
      ...shared,
      concurrency,
      lockDuration: options.lockMs ?? 15_000,
      stalledInterval: options.stalledMs ?? 5000,
      maxStalledCount: MOST_STALLS,
    },
  );
  worker.on('error', onError);
  worker.on('lockRenewalFailed', (ids) => {
    for (const id of ids) worker.cancelJob(id, 'lock lost');
  });
  worker.on('failed', (job, error) => {
    if (job === undefined) return;
    const stalled = error.message.includes('stalled more than');
    const spent = !(error instanceof UnrecoverableError) && job.attemptsMade >= (job.opts.attempts ?? 1);
    if (stalled || spent) options.onLost(job.data, error).catch(onError);
  });
  return {
    async ready() {
      await worker.waitUntilReady();
      await queue.setGlobalConcurrency(concurrency);
    },
    async close(graceMs) {
      const closing = worker.close();
      if (!(await endsWithin(closing, graceMs))) {
        worker.cancelAllJobs('shutdown');
        // Without Redis neither ends: the process does, and the job goes to another when its lock has run out.
        if (!(await endsWithin(closing, 3000))) await endsWithin(worker.close(true), 1000);
      }
      await endsWithin(queue.close(), 1000);
    },
  };
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
