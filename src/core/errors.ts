/** The two kinds of error: a `UserError` is shown to a person, anything else is a bug and is logged. */

/**
 * An error that its reader can act on. `code` is stable and names the sentence in every language;
 * `data` fills it; `message` is the English sentence for logs and terminals.
 */
export class UserError extends Error {
  readonly code: string;
  readonly data: Readonly<Record<string, string | number>>;

  constructor(code: string, message: string, data: Record<string, string | number> = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'UserError';
    this.code = code;
    this.data = data;
  }
}

/** Why the API server could not be read. `unreachable` and `unauthorised` end a diagnosis; the rest make one fact unavailable. */
export type ClusterErrorCode =
  | 'unreachable'
  | 'unauthorised'
  | 'forbidden'
  | 'not-found'
  | 'gone'
  | 'throttled'
  | 'timeout'
  | 'server-error'
  | 'malformed'
  | 'too-large'
  /** Of writes: changed by somebody else meanwhile (409). */
  | 'conflict'
  /** Of writes: refused as it is (400, 422, or by an admission webhook). */
  | 'invalid'
  /** Of writes: sent, and nobody knows whether it was carried out. */
  | 'unknown-outcome';

/** A read from the API server that failed. The message is one sentence without secrets. */
export class ClusterError extends Error {
  readonly code: ClusterErrorCode;
  readonly status: number | undefined;

  constructor(code: ClusterErrorCode, message: string, status?: number, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'ClusterError';
    this.code = code;
    this.status = status;
  }
}

/** An agent that could not be asked, or answered something that is not an answer. */
export class AgentError extends Error {
  /** True where the request may have reached the agent: a step may or may not have been done. */
  readonly sent: boolean;

  constructor(message: string, cause?: unknown, sent = false) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'AgentError';
    this.sent = sent;
  }
}

/** Gives the message of anything that was thrown, on one line and at most 300 characters. */
export function errorText(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > 300 ? `${line.slice(0, 299)}…` : line;
}
