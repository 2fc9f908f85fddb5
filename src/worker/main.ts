/** `kubewhy worker`: takes questions about one cluster from the queue and answers them in Slack. */
import { createLog } from '../adapters/log.ts';
import { Lifetime, type ProcessIo } from '../adapters/shutdown.ts';
import { ConfigError, type Environment } from '../config/fields.ts';
import { helpText, unknownNames } from '../config/names.ts';
import { readWorkerConfig, WORKER_FIELDS, type WorkerConfig } from '../config/worker.ts';
import { errorText } from '../core/errors.ts';
import { startWorker } from './app.ts';
import { clusterDiagnose } from './cluster.ts';

/**
 * Runs a worker until SIGTERM, SIGINT or a fatal fault. Prints `worker ready` in the log when it takes jobs.
 * @returns 0 after a signal, 1 after a fault, 2 for settings that are wrong.
 */
export async function runWorker(argv: readonly string[], env: Environment, io: ProcessIo): Promise<number> {
  if (argv.includes('--help') || argv.includes('-h')) {
    io.stdout.write(helpText('worker', WORKER_FIELDS));
    return 0;
  }
  const config = settings(argv, env, io);
  if (config === undefined) return 2;
  const log = createLog('worker', config.logLevel, { write: (line) => void io.stdout.write(line) });
  const lifetime = new Lifetime(log);
  const cluster = clusterDiagnose(config, log);
  lifetime.onClose('cluster', () => Promise.resolve(cluster.close()));
  const end = lifetime.untilEnd(io);
  try {
    const early = await Promise.race([
      startWorker({ config, log, lifetime, diagnose: cluster.diagnose, usePorts: cluster.usePorts }).then(
        () => undefined,
      ),
      end,
    ]);
    if (early !== undefined) return early;
  } catch (error) {
    io.stderr.write(`kubewhy worker: ${errorText(error)}\n`);
    lifetime.fail(error);
    return await end;
  }
  log.info({ cluster: config.cluster, concurrency: config.concurrency, pid: process.pid }, 'worker ready');
  return await end;
}

function settings(argv: readonly string[], env: Environment, io: ProcessIo): WorkerConfig | undefined {
  const problems = argv.map((word) => `"${word}" is not understood: settings come from the environment (--help).`);
  try {
    problems.push(...unknownNames(env));
    const config = readWorkerConfig(env);
    if (problems.length === 0) return config;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    problems.push(...error.problems);
  }
  for (const problem of problems) io.stderr.write(`kubewhy worker: ${problem}\n`);
  return undefined;
}
