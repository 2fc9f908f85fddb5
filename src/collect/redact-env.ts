/** Environment values without secrets: by the variable's name, and by what the value looks like. */
import { REDACTED, redactText } from '../core/redact.ts';

const SECRET_NAME = /(passw|secret|token|apikey|api_key|access_key|private_key|credential|auth$|_key$|dsn$)/i;

/** Gives the value, or `[redacted]` where the variable's name says that it is a secret; secrets inside the value are cut out. */
export function redactEnv(name: string, value: string): string {
  return value !== '' && SECRET_NAME.test(name) ? REDACTED : redactText(value);
}
