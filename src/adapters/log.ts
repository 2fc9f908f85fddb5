/** The log: one JSON line an event, a static message with its data beside it, secrets never. */
import { type DestinationStream, type Logger, pino } from 'pino';
import { redactText } from '../core/redact.ts';

export type Log = Logger;
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Keys whose values are replaced wherever they stand in the first three levels of what is logged. */
const SECRET_KEYS = [
  'token',
  'botToken',
  'appToken',
  'signingSecret',
  'redisUrl',
  'password',
  'authorization',
  'response_url',
];
const PATHS = SECRET_KEYS.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]);
/** Longest text of an error, in characters. */
const MOST_TEXT = 8000;
/** Slack tokens and webhook addresses inside of texts: an error's message may quote one. */
const SECRET_TEXT =
  /\b(xox[a-z]-|xapp-)[A-Za-z0-9-]+|(https?:\/\/hooks\.slack\.com\/[^\s"\\]+)|(rediss?:\/\/)[^@\s/"\\]+@/g;

/** Takes tokens and passwords out of a text. */
export function withoutSecrets(text: string): string {
  return text.replaceAll(SECRET_TEXT, '[redacted]');
}

/** Makes the log of one process. `name` says which. */
export function createLog(name: string, level: LogLevel, destination: DestinationStream): Log {
  return pino(
    {
      name,
      level,
      base: { name },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: PATHS, censor: '[redacted]' },
      serializers: { err: plainError, error: plainError },
    },
    { write: (line) => destination.write(withoutSecrets(line)) },
  );
}

function plainError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const code = 'code' in error ? String(error.code) : undefined;
  return { type: error.name, message: harmless(error.message), code, stack: harmless(error.stack ?? '') };
}

/** An error may quote a server's answer, a plugin's output, a kubeconfig: whole, and with what is secret in it. */
function harmless(text: string): string {
  return redactText(text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)}…` : text);
}
