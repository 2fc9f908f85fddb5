/** The remediator put together: Redis, its queue, its keys, the policy and the ways to the cluster. */
import { openHealth } from '../adapters/health.ts';
import { loadKeys } from '../adapters/keys/keys.ts';
import type { Log } from '../adapters/log.ts';
import { createFixConsumer, createFixProducer } from '../adapters/queue/fix-queues.ts';
import type { Lifetime } from '../adapters/shutdown.ts';
import { createAudit } from '../adapters/store/audit.ts';
import { createFixLocks } from '../adapters/store/fix-locks.ts';
import { createFixes } from '../adapters/store/fixes.ts';
import { closeRedis, connectRedis } from '../adapters/store/redis.ts';
import { ConfigError } from '../config/fields.ts';
import { policySource } from '../config/policy-file.ts';
import type { RemediatorConfig } from '../config/remediator.ts';
import { REMEDIATIONS } from '../remediations/index.ts';
import type { ApplyTimes } from '../run/apply.ts';
import { type RemediatorCluster, remediatorCluster } from './cluster.ts';
import type { RemediatorDeps } from './deps.ts';
import { createApplyJobs } from './jobs/apply.ts';
import { dryRunJob } from './jobs/dry-run.ts';
import { startSweeper } from './sweep.ts';

export interface RemediatorOptions {
  readonly config: RemediatorConfig;
  readonly log: Log;
  readonly lifetime: Lifetime;
  /** For tests: how soon a dead remediator's lock and job are free, how often it looks, how patient steps are. */
  readonly lockMs?: number;
  readonly stalledMs?: number;
  readonly sweepMs?: number;
  readonly times?: Partial<ApplyTimes>;
  readonly ways?: RemediatorCluster;
}

/** A dry run need not wait for a plan that is carried out; of those there is one at a time, by the lock. */
const CONCURRENCY = 4;

/**
 * Starts a remediator; resolves when it takes jobs. Everything that it opens is closed by `lifetime`.
 * @throws UserError where a key cannot be used, ConfigError where the policy cannot.
 */
export async function startRemediator(options: RemediatorOptions): Promise<void> {
  const { config, log, lifetime, lockMs = 15_000 } = options;
  const keys = loadKeys({ role: 'remediator', keyFile: config.keyFile, trustFile: config.trustFile });
  const ids = REMEDIATIONS.map(({ id }) => id);
  const policy = policySource(config.policyFile, ids, {
    onProblem: (problems) => log.error({ problems }, 'the policy cannot be used: nothing is proposed or applied'),
    onRead: () => log.info('the policy was read'),
  });
  if (policy.current() === undefined) throw new ConfigError(policy.problems());
  const redis = connectRedis(config.redisUrl, 'patient', log);
  lifetime.onClose('redis', () => closeRedis(redis));
  const ways = options.ways ?? remediatorCluster(config, log);
  lifetime.onClose('cluster', () => Promise.resolve(ways.close()));
  const onError = (error: Error): void => log.warn({ err: error }, 'queue error');
  const producer = createFixProducer(redis, onError);
  lifetime.onClose('producer', () => producer.close());
  const deps: RemediatorDeps = {
    cluster: config.cluster,
    keys,
    fixes: createFixes(redis, { keys, keepSeconds: config.keepDays * 24 * 3600 }, log),
    audit: createAudit(redis, keys, log),
    locks: createFixLocks(redis),
    policy,
    producer,
    ways,
    log,
    lockMs,
    ...(options.times === undefined ? {} : { times: options.times }),
  };
  const apply = createApplyJobs(deps);
  const consumer = createFixConsumer({
    redis,
    queue: 'remediate',
    cluster: config.cluster,
    concurrency: CONCURRENCY,
    handle: (job, signal) => (job.task === 'apply' ? apply.handle(job, signal) : dryRunJob(job, deps, signal)),
    onError: (error) => log.warn({ err: error }, 'a job did not end'),
    lockMs,
    ...(options.stalledMs === undefined ? {} : { stalledMs: options.stalledMs }),
  });
  const graceMs = config.graceSeconds * 1000;
  lifetime.onClose('queue', () => consumer.close(graceMs), graceMs + 10_000);
  await consumer.ready();
  const sweeper = startSweeper(deps, (id) => apply.isRunning(id), options.sweepMs ?? 3000);
  lifetime.onClose('sweeper', () => sweeper.stop());
  if (config.healthPort > 0) {
    const ready = (): string | undefined => (redis.status === 'ready' ? undefined : 'redis cannot be reached');
    const health = await openHealth({ host: config.healthHost, port: config.healthPort, ready });
    lifetime.onClose('health', () => health.close());
  }
}
