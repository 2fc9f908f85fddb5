/** `kubewhy bot`: receives what people ask in Slack, acknowledges, and queues it. Holds no cluster credentials. */
import { createLog } from '../adapters/log.ts';
import { Lifetime, type ProcessIo } from '../adapters/shutdown.ts';
import { BOT_FIELDS, type BotConfig, readBotConfig } from '../config/bot.ts';
import { ConfigError, type Environment } from '../config/fields.ts';
import { helpText, unknownNames } from '../config/names.ts';
import { errorText } from '../core/errors.ts';
import { startBot } from './app.ts';

/**
 * Runs a bot until SIGTERM, SIGINT or a fatal fault. Prints `bot ready` in the log when it receives.
 * @returns 0 after a signal, 1 after a fault, 2 for settings that are wrong.
 */
export async function runBot(argv: readonly string[], env: Environment, io: ProcessIo): Promise<number> {
  if (argv.includes('--help') || argv.includes('-h')) {
    io.stdout.write(helpText('bot', BOT_FIELDS));
    return 0;
  }
  const config = settings(argv, env, io);
  if (config === undefined) return 2;
  const log = createLog('bot', config.logLevel, { write: (line) => void io.stdout.write(line) });
  const lifetime = new Lifetime(log);
  const end = lifetime.untilEnd(io);
  try {
    const early = await Promise.race([startBot({ config, log, lifetime }).then(() => undefined), end]);
    if (early !== undefined) return early;
  } catch (error) {
    io.stderr.write(`kubewhy bot: ${errorText(error)}\n`);
    lifetime.fail(error);
    return await end;
  }
  log.info({ mode: config.mode, command: config.command, clusters: config.clusters, pid: process.pid }, 'bot ready');
  return await end;
}

function settings(argv: readonly string[], env: Environment, io: ProcessIo): BotConfig | undefined {
  const problems = argv.map((word) => `"${word}" is not understood: settings come from the environment (--help).`);
  try {
    problems.push(...unknownNames(env));
    const config = readBotConfig(env);
    if (problems.length === 0) return config;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    problems.push(...error.problems);
  }
  for (const problem of problems) io.stderr.write(`kubewhy bot: ${problem}\n`);
  return undefined;
}
