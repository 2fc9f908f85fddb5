/** Puts diagnoses into the queue of their cluster. A request that comes twice is one job. */
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { DiagnoseJob, queueName } from '../../core/jobs.ts';

/** BullMQ's keys stay apart from the rest of kubewhy's. */
export const QUEUE_PREFIX = 'kubewhy-queue';

export interface Producer {
  /**
   * Adds a job under the diagnosis' id, which is made from the request: a second job with the same id changes nothing.
   * @throws where Redis cannot be reached.
   */
  add(job: DiagnoseJob): Promise<void>;
  /** True while the job waits or runs. */
  isPending(cluster: string, id: string): Promise<boolean>;
  close(): Promise<void>;
}

/** Attempts that a job has: they outlast half an hour without Slack. What no repetition can mend ends at once (FinalError). */
export const JOB_OPTIONS = {
  attempts: 11,
  backoff: { type: 'exponential', delay: 2000, jitter: 0.3 },
  removeOnComplete: { age: 24 * 3600, count: 5000 },
  removeOnFail: { age: 7 * 24 * 3600, count: 5000 },
  sizeLimit: 64 * 1024,
} as const;

const PENDING = new Set<string>(['waiting', 'active', 'delayed', 'prioritized', 'waiting-children']);

export function createProducer(redis: Redis, onError: (error: Error) => void): Producer {
  const queues = new Map<string, Queue>();
  const queueOf = (cluster: string): Queue => {
    const known = queues.get(cluster);
    if (known !== undefined) return known;
    const queue = new Queue(queueName(cluster), {
      connection: redis,
      prefix: QUEUE_PREFIX,
      defaultJobOptions: JOB_OPTIONS,
      skipWaitingForReady: true,
    });
    queue.on('error', onError);
    queues.set(cluster, queue);
    return queue;
  };
  return {
    async add(job) {
      await queueOf(job.cluster).add('diagnose', DiagnoseJob.parse(job), { jobId: job.id });
    },
    async isPending(cluster, id) {
      return PENDING.has(await queueOf(cluster).getJobState(id));
    },
    async close() {
      await Promise.all([...queues.values()].map((queue) => queue.close()));
    },
  };
}
