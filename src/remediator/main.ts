/** `kubewhy remediator`: the one process that may change a cluster. It tries plans, seals them, and carries out those that were approved. */
import { createLog } from '../adapters/log.ts';
import { Lifetime, type ProcessIo } from '../adapters/shutdown.ts';
import { ConfigError, type Environment } from '../config/fields.ts';
import { helpText, unknownNames } from '../config/names.ts';
import { REMEDIATOR_FIELDS, type RemediatorConfig, readRemediatorConfig } from '../config/remediator.ts';
import { errorText, UserError } from '../core/errors.ts';
import { startRemediator } from './app.ts';

/**
 * Runs a remediator until SIGTERM, SIGINT or a fatal fault. Prints `remediator ready` in the log when it takes jobs.
 * @returns 0 after a signal, 1 after a fault, 2 for settings that are wrong.
 */
export async function runRemediator(argv: readonly string[], env: Environment, io: ProcessIo): Promise<number> {
  if (argv.includes('--help') || argv.includes('-h')) {
    io.stdout.write(helpText('remediator', REMEDIATOR_FIELDS));
    return 0;
  }
  const config = settings(argv, env, io);
  if (config === undefined) return 2;
  const log = createLog('remediator', config.logLevel, { write: (line) => void io.stdout.write(line) });
  const lifetime = new Lifetime(log);
  const end = lifetime.untilEnd(io);
  try {
    const early = await Promise.race([startRemediator({ config, log, lifetime }).then(() => undefined), end]);
    if (early !== undefined) return early;
  } catch (error) {
    const problems = error instanceof ConfigError ? error.problems : [errorText(error)];
    for (const problem of problems) io.stderr.write(`kubewhy remediator: ${problem}\n`);
    lifetime.fail(error);
    const code = await end;
    return error instanceof ConfigError || error instanceof UserError ? 2 : code;
  }
  log.info({ cluster: config.cluster, pid: process.pid }, 'remediator ready');
  return await end;
}

function settings(argv: readonly string[], env: Environment, io: ProcessIo): RemediatorConfig | undefined {
  const problems = argv.map((word) => `"${word}" is not understood: settings come from the environment (--help).`);
  try {
    problems.push(...unknownNames(env));
    const config = readRemediatorConfig(env);
    if (problems.length === 0) return config;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    problems.push(...error.problems);
  }
  for (const problem of problems) io.stderr.write(`kubewhy remediator: ${problem}\n`);
  return undefined;
}
