/** Turns what the operating system throws into a HostError with one sentence. */
import { errorText } from '../core/errors.ts';
import { HostError, type HostErrorCode } from './host.ts';

const CODES: Readonly<Record<string, readonly [HostErrorCode, string]>> = {
  ENOENT: ['not-found', 'it does not exist'],
  ENOTDIR: ['not-found', 'it does not exist'],
  ESRCH: ['not-found', 'the process has ended'],
  EINVAL: ['failed', 'it is of another type than expected'],
  EACCES: ['denied', 'permission denied: run the agent as root'],
  EPERM: ['denied', 'operation not permitted: run the agent as root'],
  ECONNREFUSED: ['refused', 'connection refused'],
  ETIMEDOUT: ['timeout', 'it timed out'],
};

/** Gives the `code` (`ENOENT`) of an error of Node's, or an empty text. */
export function errnoOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : '';
}

/** Gives a HostError: `<doing> failed: <why>`. A HostError is passed through. */
export function hostErrorOf(error: unknown, doing: string): HostError {
  if (error instanceof HostError) return error;
  const known = CODES[errnoOf(error)];
  if (known !== undefined) return new HostError(known[0], `${doing} failed: ${known[1]}`);
  return new HostError('failed', `${doing} failed: ${errorText(error)}`);
}

/** Gives the promise's value, or throws a HostError `timeout` with the sentence after that many milliseconds. */
export async function withTimeout<T>(promise: Promise<T>, ms: number, sentence: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new HostError('timeout', sentence)), Math.max(0, ms));
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
