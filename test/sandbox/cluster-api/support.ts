/** Starts the emulator over the small cluster, and talks to it with the real clients. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { KubeConfig } from '@kubernetes/client-node';
import {
  type ApiServer,
  type ApiServerOptions,
  type Identity,
  type KubeObject,
  startApiServer,
} from '../../../src/sandbox/cluster/api/server.ts';
import type { IssuedCertificate } from '../../../src/sandbox/tls/certificates.ts';
import { RECORDED_AT, smallCluster } from './fixtures.ts';

const KUBECTL = 'kubectl';

/** A running emulator and a folder of its own for kubeconfigs and kubectl's cache. */
export interface Running {
  api: ApiServer;
  config(identity?: string): KubeConfig;
  /** Words are parted at spaces; give a list where an argument holds one. */
  kubectl(args: string | string[], identity?: string): Promise<{ code: number; stdout: string; stderr: string }>;
  /** A folder that goes with the emulator; writes a file there and gives its path. */
  file(name: string, text: string): Promise<string>;
  stop(): Promise<void>;
}

/** Starts it with the fixture's times shifted to the present. */
export async function start(options: Partial<ApiServerOptions> = {}): Promise<Running> {
  const api = await startApiServer({
    version: 'v1.18.2',
    objects: smallCluster(),
    timeShiftMs: Date.now() - RECORDED_AT,
    identities: IDENTITIES,
    ...options,
  });
  const home = await mkdtemp(join(tmpdir(), 'kubewhy-api-'));
  return {
    api,
    config: (identity) => {
      const config = new KubeConfig();
      config.loadFromString(api.kubeconfig(identity));
      return config;
    },
    kubectl: async (args, identity) => {
      const kubeconfig = join(home, `kubeconfig-${identity ?? 'admin'}`);
      await writeFile(kubeconfig, api.kubeconfig(identity), { mode: 0o600 });
      const words = typeof args === 'string' ? args.split(' ') : args;
      const env = { KUBECONFIG: kubeconfig, HOME: home, PATH: process.env['PATH'] ?? '' };
      return runKubectl(words, { ...env, KUBE_EDITOR: join(home, 'editor') });
    },
    file: async (name, text) => {
      const path = join(home, name);
      await writeFile(path, text, { mode: 0o700 });
      return path;
    },
    stop: async () => {
      await api.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

function runKubectl(
  args: string[],
  env: Record<string, string>,
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(KUBECTL, args, { env, timeout: 20_000, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, stdout, stderr });
    });
  });
}

export const NO_KUBECTL = 'kubectl is not on the PATH (apt-get install kubernetes-client)';

/** Whether a real kubectl can be run here. */
export async function hasKubectl(): Promise<boolean> {
  const { code } = await runKubectl(['version', '--client'], { PATH: process.env['PATH'] ?? '', HOME: tmpdir() });
  return code === 0;
}

/** An answer as it came over the wire, decompressed. */
export interface RawAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  wireBytes: number;
}

/** One HTTPS request with a token, trusting the server's own authority. Rejects where the connection is cut. */
export function send(
  api: ApiServer,
  path: string,
  options: {
    token?: string;
    method?: string;
    headers?: Record<string, string>;
    body?: string;
    cert?: IssuedCertificate;
  } = {},
): Promise<RawAnswer> {
  const headers = {
    ...(options.token === undefined ? {} : { Authorization: `Bearer ${options.token}` }),
    ...options.headers,
  };
  return new Promise((resolve, reject) => {
    const sent = request(
      `${api.url}${path}`,
      {
        ca: api.caPem,
        method: options.method ?? 'GET',
        headers,
        agent: false,
        ...(options.cert === undefined ? {} : { cert: options.cert.certPem, key: options.cert.keyPem }),
      },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('error', reject);
        answer.on('aborted', () => reject(new Error('the answer was cut off')));
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () => {
          const wire = Buffer.concat(chunks);
          const plain = answer.headers['content-encoding'] === 'gzip' ? gunzipSync(wire) : wire;
          const text = plain.toString('utf8');
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text, wireBytes: wire.length });
        });
      },
    );
    sent.on('error', reject);
    sent.end(options.body);
  });
}

/** The JSON of an answer. */
export interface JsonAnswer<T> {
  status: number;
  headers: IncomingHttpHeaders;
  body: T;
}

/** A request with a JSON body as the administrator (or another token), and the JSON of its answer. */
export async function call<T = KubeObject & Failure>(
  api: ApiServer,
  request: string,
  body?: unknown,
  options: { type?: string; token?: string; userAgent?: string } = {},
): Promise<JsonAnswer<T>> {
  const [method = 'GET', path = '/'] = request.split(' ');
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  const answer = await send(api, path, {
    token: options.token ?? ADMIN_TOKEN,
    method,
    headers: {
      'Content-Type': options.type ?? 'application/json',
      'User-Agent': options.userAgent ?? 'tester/1.0 (test)',
      // Node sends no length with a DELETE by itself.
      'Content-Length': String(Buffer.byteLength(text ?? '')),
    },
    ...(text === undefined ? {} : { body: text }),
  });
  return { status: answer.status, headers: answer.headers, body: JSON.parse(answer.text) as T };
}

/** What an error answer holds. */
export interface Failure {
  message: string;
  reason: string;
  details: {
    name?: string;
    group?: string;
    kind?: string;
    causes?: { reason: string; message: string; field: string }[];
  };
}

/** The media types of patches. */
export const PATCH = {
  strategic: 'application/strategic-merge-patch+json',
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;

/** The token that `start` gives an administrator. */
export const ADMIN_TOKEN = 'token-admin';
/** May only read Pods and their logs in `shop`. */
export const SHOP_TOKEN = 'token-shop';

/** The identities of the tests. */
const IDENTITIES: Record<string, Identity> = {
  [ADMIN_TOKEN]: { user: 'root', groups: ['system:masters'], allow: [] },
  [SHOP_TOKEN]: {
    user: 'shopper',
    groups: ['shop-team'],
    allow: [
      { apiGroups: [''], resources: ['pods', 'pods/log'], verbs: ['get', 'list', 'watch'], namespace: 'shop' },
      { apiGroups: [''], resources: ['nodes'], verbs: ['get'], resourceNames: ['alpha'] },
    ],
  },
};
