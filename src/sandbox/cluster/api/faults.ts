/** Faults that tests and the sandbox switch on: the first one that matches a request strikes it. */
import { forbidden } from './access.ts';
import type { RequestInfo } from './request-info.ts';
import { listExpired, noSuchResource, StatusError, tooManyRequests } from './status-error.ts';
import type { FaultEffect, FaultMatch, FaultTable, Identity } from './types.ts';

/** The faults of one server. */
export interface Faults {
  set(match: FaultMatch, effect: FaultEffect): void;
  clear(): void;
  /** The effect for a request, counted down. */
  strike(pathAndQuery: string, verb: string): FaultEffect | undefined;
}

/** Starts with the given faults; a later `set` is looked at before earlier ones. */
export function createFaults(table: FaultTable = []): Faults {
  let active = table.map(({ match, effect }) => ({ match, effect, left: effect.times ?? Number.POSITIVE_INFINITY }));
  return {
    set: (match, effect) => {
      active.unshift({ match, effect, left: effect.times ?? Number.POSITIVE_INFINITY });
    },
    clear: () => {
      active = [];
    },
    strike: (pathAndQuery, verb) => {
      const found = active.find(({ match, left }) => left > 0 && fits(match, pathAndQuery, verb));
      if (found === undefined) return undefined;
      found.left -= 1;
      return found.effect;
    },
  };
}

function fits(match: FaultMatch, pathAndQuery: string, verb: string): boolean {
  // search() ignores lastIndex, so a /g expression works too.
  if (match.path !== undefined && pathAndQuery.search(match.path) < 0) return false;
  return match.verb === undefined || match.verb === verb;
}

/** The Status that goes with an injected code, worded as for this request. */
export function injectedError(
  status: NonNullable<FaultEffect['status']>,
  identity: Identity,
  info: RequestInfo,
): StatusError {
  switch (status) {
    case 403:
      return forbidden(identity, info);
    case 404:
      return noSuchResource();
    case 410:
      return listExpired();
    case 429:
      return tooManyRequests();
    case 500:
      return new StatusError(500, '', 'etcdserver: request timed out');
    case 503:
      return new StatusError(503, 'ServiceUnavailable', 'the server is currently unable to handle the request');
  }
}
