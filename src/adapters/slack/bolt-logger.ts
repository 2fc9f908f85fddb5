/** Gives Bolt and the Slack clients the process' own log in place of the console. */
import { type Logger, LogLevel } from '@slack/bolt';
import type { Log } from '../log.ts';

/** Their info lines are chatter and become debug lines; debug lines quote payloads and are never written. */
export function slackLogger(log: Log): Logger {
  const say =
    (level: 'debug' | 'warn' | 'error') =>
    (...parts: unknown[]): void => {
      log[level]({ text: parts.map(String).join(' ').slice(0, 1000) }, 'slack library');
    };
  return {
    debug: () => {},
    info: say('debug'),
    warn: say('warn'),
    error: say('error'),
    setLevel: () => {},
    getLevel: () => LogLevel.INFO,
    setName: () => {},
  };
}
