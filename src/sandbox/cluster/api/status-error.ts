/** Errors as the API server words them: a `Status` object with message, reason, details and code. */

/** Names a resource as messages do: `pods`, `deployments.apps`. */
export interface GroupResource {
  group: string;
  resource: string;
}

/** An error that is answered as a `Status`. */
export class StatusError extends Error {
  readonly code: number;
  readonly reason: string;
  readonly details: Record<string, unknown> | undefined;
  readonly headers: Record<string, string>;

  constructor(
    code: number,
    reason: string,
    message: string,
    details?: Record<string, unknown>,
    headers: Record<string, string> = {},
  ) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
    this.headers = headers;
  }

  /** The body of the answer. */
  toStatus(): Record<string, unknown> {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      ...(this.reason === '' ? {} : { reason: this.reason }),
      ...(this.details === undefined ? {} : { details: this.details }),
      code: this.code,
    };
  }
}

/** `deployments.apps`, or the bare plural in the core group. */
export function qualified({ group, resource }: GroupResource): string {
  return group === '' ? resource : `${resource}.${group}`;
}

/** 404 for an object: `pods "x" not found`. */
export function notFound(resource: GroupResource, name: string): StatusError {
  return new StatusError(404, 'NotFound', `${qualified(resource)} "${name}" not found`, detailsOf(resource, name));
}

/** 404 for a resource that a served group does not have. */
export function noSuchResource(): StatusError {
  return new StatusError(404, 'NotFound', 'the server could not find the requested resource', {});
}

/** 400 with the given sentence. */
export function badRequest(message: string): StatusError {
  return new StatusError(400, 'BadRequest', message);
}

/** 401, for credentials that are not known. */
export function unauthorized(): StatusError {
  return new StatusError(401, 'Unauthorized', 'Unauthorized');
}

/** 405, for a verb that the resource does not have. */
export function methodNotAllowed(resource?: GroupResource): StatusError {
  return new StatusError(
    405,
    'MethodNotAllowed',
    'the server does not allow this method on the requested resource',
    resource === undefined ? {} : detailsOf(resource),
  );
}

/** 406, for an Accept header that names nothing we have. */
export function notAcceptable(): StatusError {
  return new StatusError(406, 'NotAcceptable', 'only the following media types are accepted: application/json');
}

/** 410 for a continue token or an exact resource version that is no longer kept. */
export function listExpired(): StatusError {
  return new StatusError(
    410,
    'Expired',
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.',
  );
}

/** 410 for a watch that asks for changes that are no longer kept. */
export function watchExpired(asked: number, oldest: number): StatusError {
  return new StatusError(410, 'Expired', `too old resource version: ${asked} (${oldest})`);
}

/** 504 for a resource version that has not happened yet. */
export function tooLargeVersion(asked: number, current: number): StatusError {
  return new StatusError(
    504,
    'Timeout',
    `Too large resource version: ${asked}, current: ${current}`,
    { retryAfterSeconds: 1 },
    { 'Retry-After': '1' },
  );
}

/** 429 with a Retry-After of one second. */
export function tooManyRequests(): StatusError {
  return new StatusError(
    429,
    'TooManyRequests',
    'Too many requests, please try again later.',
    { retryAfterSeconds: 1 },
    { 'Retry-After': '1' },
  );
}

/** `details` of a Status about a resource or one object of it. */
export function detailsOf({ group, resource }: GroupResource, name?: string): Record<string, unknown> {
  return {
    ...(name === undefined || name === '' ? {} : { name }),
    ...(group === '' ? {} : { group }),
    kind: resource,
  };
}
