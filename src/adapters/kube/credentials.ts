/** How requests prove who they are: certificates and tokens as they stand; plugins and proxies by KubeConfig, loaded when needed. */
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Agent } from 'node:http';
import type { RequestOptions } from 'node:https';
import { isDeepStrictEqual } from 'node:util';
import { errorText, UserError } from '../../core/errors.ts';
import type { KubeContext } from './kubeconfig.ts';

/** What one request carries. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: Readonly<Pick<RequestOptions, 'ca' | 'cert' | 'key' | 'rejectUnauthorized' | 'servername'>>;
  /** Only where a proxy stands between: the connection is its business. */
  readonly agent?: Agent | undefined;
}

/** Gives the credentials of the moment: tokens are renewed. @throws UserError where a file or a plugin fails. */
export type CredentialSource = () => Promise<Credentials>;

/** How long a token read from a file is used; kubelet renews those of Pods well before they end. */
const TOKEN_MS = 60_000;

/**
 * Makes the source of a context's credentials and tries it once.
 * @throws UserError `client-certificate-expired`, `credentials-unreadable` or `credentials-plugin-failed`.
 */
export async function credentialSource(context: KubeContext, now: () => number): Promise<CredentialSource> {
  const { cluster, user } = context;
  const dynamic = ['exec', 'auth-provider'].some((key) => user[key] !== undefined && user[key] !== null);
  const source =
    dynamic || cluster['proxy-url'] !== undefined ? await byKubeConfig(context) : await asTheyStand(context, now);
  const { tls } = await source();
  checkExpiry(tls.cert, context.name, now());
  return source;
}

async function asTheyStand({ cluster, user }: KubeContext, now: () => number): Promise<CredentialSource> {
  const ca = await bytes(cluster['certificate-authority-data'], cluster['certificate-authority']);
  const cert = await bytes(user['client-certificate-data'], user['client-certificate']);
  const key = await bytes(user['client-key-data'], user['client-key']);
  const tls = {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(cluster['insecure-skip-tls-verify'] === true ? { rejectUnauthorized: false } : {}),
    ...(cluster['tls-server-name'] === undefined ? {} : { servername: cluster['tls-server-name'] }),
  };
  const { tokenFile, token, username, password = '' } = user;
  const headers = impersonation(user);
  if (tokenFile !== undefined) {
    const read = tokenReader(tokenFile, now);
    return async () => ({ tls, headers: { ...headers, authorization: `Bearer ${await read()}` } });
  }
  if (token !== undefined && token !== '') headers['authorization'] = `Bearer ${token}`;
  else if (username !== undefined)
    headers['authorization'] = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  return () => Promise.resolve({ tls, headers });
}

/** Reads a token's file, again after a while: what is in it changes. */
export function tokenReader(file: string, now: () => number): () => Promise<string> {
  let known: { token: string; at: number } | undefined;
  return async () => {
    if (known === undefined || now() - known.at > TOKEN_MS)
      known = { token: (await fileBytes(file)).toString('utf8').trim(), at: now() };
    return known.token;
  };
}

/** Plugins (exec, OIDC, cloud providers) and proxies are KubeConfig's business. */
async function byKubeConfig({ name, files, user }: KubeContext): Promise<CredentialSource> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  for (const file of files) {
    const one = new KubeConfig();
    one.loadFromFile(file);
    if (file === files[0]) config.loadFromFile(file);
    else config.mergeConfig(one, true);
  }
  config.setCurrentContext(name);
  const proxied = config.getCurrentCluster()?.proxyUrl !== undefined;
  let known: Credentials['tls'] = {};
  return async () => {
    const options: RequestOptions = {};
    try {
      await config.applyToHTTPSOptions(options);
    } catch (error) {
      throw new UserError(
        'credentials-plugin-failed',
        `The credentials of context ${name} could not be fetched: ${errorText(error)}.`,
        { context: name },
        error,
      );
    }
    const { ca, cert, key, rejectUnauthorized, servername, agent } = options;
    const given = { ca, cert, key, rejectUnauthorized, servername };
    const tls = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined && value !== null));
    // The same object for the same certificate: connections are pooled by it.
    if (!isDeepStrictEqual(tls, known)) known = tls;
    return {
      headers: { ...impersonation(user), ...headersOf(options) },
      tls: known,
      ...(proxied && agent instanceof Object ? { agent } : {}),
    };
  };
}

function headersOf({ headers, auth }: RequestOptions): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [name, value] of Object.entries((headers ?? {}) as Record<string, unknown>))
    if (typeof value === 'string') out[name.toLowerCase()] = value;
  if (typeof auth === 'string') out['authorization'] = `Basic ${Buffer.from(auth).toString('base64')}`;
  return out;
}

function impersonation(user: KubeContext['user']): Record<string, string> {
  const groups = user['as-groups']?.join(',');
  return {
    ...(user.as === undefined ? {} : { 'impersonate-user': user.as }),
    ...(groups === undefined ? {} : { 'impersonate-group': groups }),
  };
}

async function bytes(data: string | undefined, file: string | undefined): Promise<Buffer | undefined> {
  if (data !== undefined && data !== '') return Buffer.from(data, 'base64');
  return file === undefined || file === '' ? undefined : await fileBytes(file);
}

async function fileBytes(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new UserError(
      'credentials-unreadable',
      `The file ${file} of the kubeconfig cannot be read: ${errorText(error)}.`,
      { file },
      error,
    );
  }
}

function checkExpiry(cert: unknown, context: string, now: number): void {
  if (!Buffer.isBuffer(cert) && typeof cert !== 'string') return;
  let until: number;
  try {
    until = Date.parse(new X509Certificate(cert).validTo);
  } catch (error) {
    throw new UserError(
      'client-certificate-invalid',
      `The client certificate of context ${context} is not a certificate: ${errorText(error)}.`,
      { context },
      error,
    );
  }
  if (until > now) return;
  const date = new Date(until).toISOString();
  throw new UserError(
    'client-certificate-expired',
    `The client certificate of context ${context} expired on ${date.slice(0, 10)}. Renew it: kubeadm certs renew admin.conf, or ask whoever gave it to you.`,
    { context, expired: date },
  );
}
