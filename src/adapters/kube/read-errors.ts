/** From what went wrong on the wire to the ClusterError that says so in one sentence. */
import { ClusterError, type ClusterErrorCode, errorText } from '../../core/errors.ts';
import { redactText } from '../../core/redact.ts';

const BY_STATUS: Readonly<Record<number, ClusterErrorCode>> = {
  401: 'unauthorised',
  403: 'forbidden',
  404: 'not-found',
  408: 'timeout',
  410: 'gone',
  429: 'throttled',
  504: 'timeout',
};

/** An answer with a status that is not wanted; the API server's own words (a Status object) say most. */
export function statusError(status: number, path: string, body: string): ClusterError {
  const code = BY_STATUS[status] ?? 'server-error';
  const words = redactText(statusMessage(body)).replaceAll(/\s+/g, ' ').slice(0, 240);
  const lead: Partial<Record<ClusterErrorCode, string>> = {
    unauthorised: 'the API server does not accept these credentials',
    forbidden: 'these credentials may not read it',
    throttled: 'the API server has too many requests',
  };
  const what = lead[code] ?? `the API server answered ${status} to ${path}`;
  return new ClusterError(code, words === '' ? `${what} (${status})` : `${what}: ${words} (${status})`, status);
}

function statusMessage(body: string): string {
  try {
    const value: unknown = JSON.parse(body);
    const message = typeof value === 'object' && value !== null && 'message' in value ? value.message : '';
    return typeof message === 'string' ? message : '';
  } catch {
    return body.length < 300 && !body.trimStart().startsWith('<') ? body.trim() : '';
  }
}

const SENTENCES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refuses the connection',
  ECONNRESET: 'cuts the connection',
  EPIPE: 'cuts the connection',
  EHOSTUNREACH: 'cannot be reached: no route to that host',
  ENETUNREACH: 'cannot be reached: no route to that network',
  ETIMEDOUT: 'cannot be reached: no answer to the connection',
  ENOTFOUND: 'has a name that does not resolve',
  EAI_AGAIN: 'has a name that cannot be resolved now: DNS does not answer',
  CERT_HAS_EXPIRED: 'shows a certificate that has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'shows a certificate for other names or addresses than this one',
  DEPTH_ZERO_SELF_SIGNED_CERT: "shows a certificate that the kubeconfig's CA did not sign",
  SELF_SIGNED_CERT_IN_CHAIN: "shows a certificate that the kubeconfig's CA did not sign",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "shows a certificate that the kubeconfig's CA did not sign",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "shows a certificate that the kubeconfig's CA did not sign",
  CERT_SIGNATURE_FAILURE: "shows a certificate that the kubeconfig's CA did not sign",
};

/** A connection that failed before there was an answer. */
export function connectionError(server: string, error: unknown): ClusterError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const sentence = SENTENCES[code] ?? `cannot be read: ${errorText(error)}`;
  return new ClusterError('unreachable', `the API server ${server} ${sentence}`, undefined, error);
}
