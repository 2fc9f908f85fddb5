/** Reading what other processes, or older versions, wrote: by schema, and a bad record is logged and skipped. */
import type { z } from 'zod';
import type { Log } from '../log.ts';

/** Everything of kubewhy in Redis begins with this; BullMQ's keys have a prefix of their own. */
export const PREFIX = 'kubewhy:';

/** Parses a stored record; undefined where there is none or it does not fit, which is logged. */
export function parseRecord<T>(schema: z.ZodType<T>, text: string | null, key: string, log: Log): T | undefined {
  if (text === null) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    log.warn({ key }, 'record is not JSON, skipped');
    return undefined;
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  log.warn({ key, problem: parsed.error.issues[0]?.message }, 'record does not fit its schema, skipped');
  return undefined;
}
