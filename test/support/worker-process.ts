/** A worker as a process of its own, so that it can be killed; its diagnosis waits until the key `test:release` is set in Redis. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createLog } from '../../src/adapters/log.ts';
import { Lifetime } from '../../src/adapters/shutdown.ts';
import { connectRedis } from '../../src/adapters/store/redis.ts';
import { readWorkerConfig } from '../../src/config/worker.ts';
import { startWorker } from '../../src/worker/app.ts';
import { fakeBundle, fakeDiagnosis } from './fake-diagnose.ts';

const config = readWorkerConfig(process.env);
const log = createLog('worker', 'debug', { write: (line) => void process.stdout.write(line) });
const lifetime = new Lifetime(log);
const redis = connectRedis(config.redisUrl, 'patient', log);
await startWorker({
  config,
  log,
  lifetime,
  lockMs: 1000,
  stalledMs: 300,
  progressMs: 50,
  async diagnose(job, { onProgress, signal }) {
    onProgress([{ name: 'service', state: 'running' }]);
    await redis.rpush('test:started', `${process.pid} ${job.id}`);
    while ((await redis.exists('test:release')) === 0 && !signal.aborted) await sleep(20);
    signal.throwIfAborted();
    return { bundle: fakeBundle(job), diagnosis: fakeDiagnosis(job) };
  },
});
log.info('worker ready');
process.exitCode = await lifetime.untilEnd({ stdout: process.stdout, stderr: process.stderr });
redis.disconnect();
