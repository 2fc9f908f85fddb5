/** The worker put together: Redis, Slack, the queue and the jobs, with what diagnoses and what writes handed in. */
import { createHash } from 'node:crypto';
import { openHealth } from '../adapters/health.ts';
import type { Log } from '../adapters/log.ts';
import { createConsumer } from '../adapters/queue/consumer.ts';
import type { Lifetime } from '../adapters/shutdown.ts';
import { slackLogger } from '../adapters/slack/bolt-logger.ts';
import { createBudget } from '../adapters/slack/budget.ts';
import { createSlackClient } from '../adapters/slack/client.ts';
import { identify } from '../adapters/slack/identity.ts';
import { createDeliveries } from '../adapters/store/deliveries.ts';
import { createQuestions } from '../adapters/store/questions.ts';
import { createRecent } from '../adapters/store/recent.ts';
import { closeRedis, connectRedis } from '../adapters/store/redis.ts';
import { createResults } from '../adapters/store/results.ts';
import { createCancels, createRunning } from '../adapters/store/running.ts';
import type { WorkerConfig } from '../config/worker.ts';
import { type FixPart, startFixes, workerKeys, workerOffers } from './fixes/start.ts';
import { DiagnoseJobs } from './jobs/diagnose.ts';
import type { Diagnose, UsePorts } from './ports.ts';

export interface WorkerOptions {
  readonly config: WorkerConfig;
  readonly log: Log;
  readonly lifetime: Lifetime;
  readonly diagnose: Diagnose;
  /** The way to the cluster for plans and verifications; without it, or without keys, fixes are off. */
  readonly usePorts?: UsePorts;
  /** For tests: time, and remediations of their own. */
  readonly fixes?: Pick<FixPart, 'waiting' | 'sweepTimes' | 'remediationOf'>;
  /** For tests: how soon a dead worker's job is free, and how fast progress is shown. */
  readonly lockMs?: number;
  readonly stalledMs?: number;
  readonly progressMs?: number;
  /** For tests: the longest that a diagnosis may take. */
  readonly mostMs?: number;
}

/** Bytes of one kept result, compressed. */
const MOST_RESULT_BYTES = 8 * 1024 * 1024;

/**
 * Starts a worker; resolves when it takes jobs. Everything that it opens is closed by `lifetime`.
 * @throws where Slack refuses the token.
 */
export async function startWorker(options: WorkerOptions): Promise<void> {
  const { config, log, lifetime } = options;
  const redis = connectRedis(config.redisUrl, 'patient', log);
  lifetime.onClose('redis', () => closeRedis(redis));
  const workspace = createHash('sha256').update(config.botToken).digest('hex').slice(0, 12);
  const slack = createSlackClient({
    token: config.botToken,
    apiUrl: config.apiUrl,
    budget: createBudget(redis, workspace, log),
    log,
    logger: slackLogger(log),
  });
  const { userId: botUserId } = await identify(slack, log);
  const keepSeconds = config.keepDays * 24 * 3600;
  const cancels = createCancels(redis);
  const keys = workerKeys(config);
  const stores = {
    deliveries: createDeliveries(redis, keepSeconds, log),
    results: createResults(redis, { keepSeconds, most: config.keepResults, mostBytes: MOST_RESULT_BYTES }, log),
    recent: createRecent(redis, { keepSeconds, most: config.keepResults }, log),
  };
  const jobs = new DiagnoseJobs({
    slack,
    botUserId,
    ...stores,
    ...(keys === undefined ? {} : { offers: workerOffers(redis, keys, config, log) }),
    ...(options.fixes?.remediationOf === undefined ? {} : { remediationOf: options.fixes.remediationOf }),
    running: createRunning(redis),
    cancels,
    questions: createQuestions(redis, log),
    diagnose: options.diagnose,
    log,
    ...(options.progressMs === undefined ? {} : { progressMs: options.progressMs }),
    ...(options.mostMs === undefined ? {} : { mostMs: options.mostMs }),
  });
  const subscriber = connectRedis(config.redisUrl, 'patient', log);
  lifetime.onClose('redis subscriber', () => closeRedis(subscriber));
  await cancels.listen(subscriber, jobs.cancel);
  subscriber.on('ready', () => {
    jobs.recheckCancels().catch((error: unknown) => log.warn({ err: error }, 'stops could not be read'));
  });

  const consumer = createConsumer({
    redis,
    cluster: config.cluster,
    concurrency: config.concurrency,
    handle: jobs.handle,
    onLost: jobs.lost,
    onError: (error) => log.warn({ err: error }, 'queue error'),
    ...(options.lockMs === undefined ? {} : { lockMs: options.lockMs }),
    ...(options.stalledMs === undefined ? {} : { stalledMs: options.stalledMs }),
  });
  const graceMs = config.graceSeconds * 1000;
  lifetime.onClose('queue', () => consumer.close(graceMs), graceMs + 10_000);
  await consumer.ready();
  const { usePorts } = options;
  if (keys !== undefined && usePorts !== undefined)
    await startFixes({ ...options, ...options.fixes, ...stores, slack, botUserId, redis, keys, usePorts });
  if (config.healthPort > 0) {
    const ready = (): string | undefined => (redis.status === 'ready' ? undefined : 'redis cannot be reached');
    const health = await openHealth({ host: config.healthHost, port: config.healthPort, ready });
    lifetime.onClose('health', () => health.close());
  }
}
