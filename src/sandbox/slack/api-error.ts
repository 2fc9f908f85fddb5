/** The `{ok:false,error}` answers of the Web API, thrown by the methods and written out by the server. */
import type { Json } from './types.ts';

export class ApiError extends Error {
  readonly code: string;
  readonly extra: Json;

  /** `code` is Slack's error string; `extra` is merged into the answer. */
  constructor(code: string, extra: Json = {}) {
    super(code);
    this.name = 'ApiError';
    this.code = code;
    this.extra = extra;
  }

  body(): Json {
    return { ok: false, error: this.code, ...this.extra };
  }
}

/** `invalid_arguments` with Slack's way of saying which. */
export function invalidArguments(...problems: string[]): ApiError {
  return new ApiError('invalid_arguments', { response_metadata: { messages: problems.map((p) => `[ERROR] ${p}`) } });
}

/** `missing_scope` with the scope that is missing and those the token has. */
export function missingScope(needed: string, provided: readonly string[]): ApiError {
  return new ApiError('missing_scope', { needed, provided: provided.join(',') });
}
