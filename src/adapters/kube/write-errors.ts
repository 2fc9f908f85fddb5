/** From the answer to a write to the ClusterError that says so: refused, changed meanwhile, or nobody knows. */
import { z } from 'zod';
import { ClusterError, type ClusterErrorCode } from '../../core/errors.ts';
import { redactText } from '../../core/redact.ts';

const BY_STATUS: Readonly<Record<number, ClusterErrorCode>> = {
  401: 'unauthorised',
  403: 'forbidden',
  404: 'not-found',
  409: 'conflict',
  429: 'throttled',
};

const Status = z.object({
  message: z.string().catch(''),
  details: z
    .object({
      causes: z
        .array(z.object({ field: z.string().catch(''), message: z.string().catch('') }))
        .max(50)
        .catch([]),
    })
    .partial()
    .nullish()
    .catch(undefined),
});

/** A server that failed (5xx) or was cut off may have carried the write out all the same. */
export function writeError(status: number, what: string, body: string): ClusterError {
  const words = redactText(wordsOf(body)).replaceAll(/\s+/g, ' ').slice(0, 400);
  const said = words === '' ? `(${status})` : `${words} (${status})`;
  if (status < 400 || status >= 500)
    return new ClusterError('unknown-outcome', `${what} was answered with an error of the server: ${said}`, status);
  const code = BY_STATUS[status] ?? 'invalid';
  const lead = code === 'unauthorised' ? 'the API server does not accept these credentials: ' : '';
  return new ClusterError(code, words === '' ? `${what} was refused ${said}` : `${lead}${said}`, status);
}

/** The message, and those causes that it does not hold itself. */
function wordsOf(body: string): string {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return body.length < 300 && !body.trimStart().startsWith('<') ? body.trim() : '';
  }
  const parsed = Status.safeParse(value);
  if (!parsed.success) return '';
  const { message, details } = parsed.data;
  const more = (details?.causes ?? [])
    .filter((cause) => cause.message !== '' && !message.includes(cause.message))
    .map(({ field, message: why }) => (field === '' ? why : `${field}: ${why}`));
  return [message, ...more].filter((part) => part !== '').join('; ');
}
