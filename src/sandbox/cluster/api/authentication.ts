/** From credentials to identities and back: bearer tokens and the admin's client certificate. */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { PeerCertificate, TLSSocket } from 'node:tls';
import type { IssuedCertificate } from '../../tls/certificates.ts';
import { ANONYMOUS, mayAccess } from './access.ts';
import type { Credentials } from './kubeconfig.ts';
import { detailsOf, StatusError, unauthorized } from './status-error.ts';
import type { Identity } from './types.ts';

/** The one who may do everything, as kubeadm sets it up. */
export const ADMIN: Identity = { user: 'kubernetes-admin', groups: ['system:masters'], allow: [] };

/**
 * Who sent a request: by token, else by client certificate, else anonymous. Throws 401 for an unknown token or a
 * certificate that is not valid now.
 */
export function authenticate(identities: Record<string, Identity>, request: IncomingMessage): Identity {
  const authorization = request.headers.authorization;
  if (authorization !== undefined) {
    const token = /^Bearer +(.+)$/i.exec(authorization)?.[1] ?? '';
    const known = Object.hasOwn(identities, token) ? identities[token] : undefined;
    if (known === undefined) throw unauthorized();
    return known;
  }
  const socket = request.socket as TLSSocket;
  const { subject } = socket.getPeerCertificate() as Partial<PeerCertificate>;
  if (subject === undefined) return ANONYMOUS;
  // Expired, or signed by someone else.
  if (!socket.authorized) throw unauthorized();
  const user = String(subject.CN);
  if (user === ADMIN.user) return ADMIN;
  const known = Object.values(identities).find((identity) => identity.user === user);
  return known ?? { user, groups: [], allow: [] };
}

/** Who a request acts for (`kubectl --as`); throws 403 where the sender may not impersonate that user or group. */
export function actingAs(
  identities: Record<string, Identity>,
  sender: Identity,
  headers: IncomingHttpHeaders,
): Identity {
  const user = headers['impersonate-user'];
  const groups = [headers['impersonate-group'] ?? []].flat().flatMap((one) => one.split(/,\s*/));
  if (typeof user !== 'string' || user === '') return sender;
  for (const [resource, name] of [['users', user], ...groups.map((group) => ['groups', group])]) {
    requireImpersonation(sender, resource ?? '', name ?? '');
  }
  const known = Object.values(identities).find((identity) => identity.user === user);
  return { user, groups, allow: known?.allow ?? [] };
}

function requireImpersonation(sender: Identity, resource: string, name: string): void {
  if (mayAccess(sender, { verb: 'impersonate', group: '', resource, namespace: undefined, name })) return;
  const action = `cannot impersonate resource "${resource}" in API group "" at the cluster scope`;
  const message = `${resource} "${name}" is forbidden: User "${sender.user}" ${action}`;
  throw new StatusError(403, 'Forbidden', message, detailsOf({ group: '', resource }, name));
}

/** What a kubeconfig for an identity holds; throws a sentence for one that is not known. */
export function credentialsOf(
  identities: Record<string, Identity>,
  asked: string | undefined,
  admin: IssuedCertificate,
): { user: string; credentials: Credentials } {
  if (asked === undefined || asked === ADMIN.user) return { user: ADMIN.user, credentials: admin };
  const found = Object.entries(identities).find(([token, { user }]) => token === asked || user === asked);
  if (found === undefined) {
    throw new Error(`There is no identity "${asked}"; give a token or user name of \`identities\`.`);
  }
  const [token, { user }] = found;
  return { user, credentials: { token } };
}
