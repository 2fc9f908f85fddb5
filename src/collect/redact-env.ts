/** Environment values without secrets: by the variable's name, and by what the value looks like. */
import { REDACTED, redactText, SECRET_NAME } from '../core/redact.ts';

/** Gives the value, or `[redacted]` where the variable's name says that it is a secret; secrets inside the value are cut out. */
export function redactEnv(name: string, value: string): string {
  return value !== '' && SECRET_NAME.test(name) ? REDACTED : redactText(value);
}
