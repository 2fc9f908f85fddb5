/** One sentence for each way in which an agent does not answer: who, where, what is wrong, what to do. */
import { AgentError, errorText } from '../../core/errors.ts';
import { PostError, type PostFailure, type Target } from './post-json.ts';

const UNTRUSTED = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'CERT_SIGNATURE_FAILURE',
  'INVALID_PURPOSE',
]);
const UNCONNECTED: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused; is kubewhy agent running there?',
  EHOSTUNREACH: 'there is no route to it',
  ENETUNREACH: 'there is no route to it',
  ETIMEDOUT: 'nobody answered; the node is down, or a firewall drops the port',
  ENOTFOUND: 'its name cannot be resolved',
  EAI_AGAIN: 'its name cannot be resolved',
  ECONNRESET: 'the connection was reset before TLS was set up; does kubewhy agent listen there?',
};

/** True where no TLS connection came about, so that another address of the node is worth a try. */
export function connectionFailed(error: unknown): boolean {
  if (error instanceof PostError) return error.failure === 'connect-timeout' || error.failure === 'wrong-name';
  return codeOf(error) in UNCONNECTED;
}

/** Gives the sentence. An AgentError carries its own. */
export function failureSentence(node: string, target: Target, error: unknown): string {
  if (error instanceof AgentError) return error.message;
  const where = `the agent of ${node} at ${target.address}:${target.port}`;
  if (error instanceof PostError) return POST[error.failure](where, error.message, target);
  const code = codeOf(error);
  const unconnected = UNCONNECTED[code];
  if (unconnected !== undefined) return `${where} does not answer: ${unconnected}`;
  if (code === 'CERT_HAS_EXPIRED') return `${where} has a certificate that has expired; issue a new one`;
  if (code === 'CERT_NOT_YET_VALID') return `${where} has a certificate that is not valid yet; compare the clocks`;
  if (UNTRUSTED.has(code)) return `${where} has a certificate that is not signed by the agents' CA; check both`;
  if (/ALERT_(UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE|ACCESS_DENIED)|ALERT_HANDSHAKE/.test(code)) {
    return `${where} does not accept this process's certificate; it must be signed by the agent's --client-ca`;
  }
  if (/^ERR_SSL|^EPROTO/.test(code)) return `${where} does not speak TLS as an agent does; what listens there?`;
  if (code.startsWith('HPE_')) return `${where} answered something that is not HTTP; what listens there?`;
  return `${where} could not be asked: ${errorText(error)}`;
}

const POST: Readonly<Record<PostFailure, (where: string, detail: string, target: Target) => string>> = {
  'connect-timeout': (where, detail) =>
    `${where} does not answer: ${detail}; the node is down, or a firewall drops the port`,
  timeout: (where, detail) => `${where} is there and did not answer in time: ${detail}`,
  'too-large': (where, detail) => `${where} answered too much: ${detail}; nothing of it was used`,
  status: (where, detail) => `${where} refused the question with ${detail}`,
  'wrong-name': (where, detail, target) =>
    `${where} has a certificate for ${detail}, and it must be for ${target.names.join(' or ')}`,
  closed: (where, detail) =>
    `${where} cut the question off: ${detail}; most often it does not accept this process's certificate, which must be signed by the agent's --client-ca`,
  aborted: (where) => `${where} was no longer asked: the question was called off`,
};

function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : '';
}
