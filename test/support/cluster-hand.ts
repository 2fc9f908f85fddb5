/** An administrator at a terminal: reads and patches objects of the simulated cluster under a name of their own. */
import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { ApiObject } from '../../src/core/api-object.ts';
import type { Platform } from '../../src/sandbox/platform.ts';

export const CALICO_NODE = '/apis/apps/v1/namespaces/kube-system/daemonsets/calico-node';

export interface ClusterHand {
  get(path: string): Promise<ApiObject>;
  /** A strategic merge patch, as `kubectl edit` sends it. `manager` is what managedFields will say. */
  edit(path: string, patch: object, manager?: string): Promise<ApiObject>;
}

/** Opens it with the administrator's own certificate. */
export async function clusterHand({ cluster }: Platform): Promise<ClusterHand> {
  const config = JSON.parse(await readFile(cluster.kubeconfigFile, 'utf8')) as {
    clusters: { cluster: { server: string; 'certificate-authority-data': string } }[];
    users: { user: { 'client-certificate-data': string; 'client-key-data': string } }[];
  };
  const [server] = config.clusters;
  const [admin] = config.users;
  if (server === undefined || admin === undefined) throw new Error('the kubeconfig names no cluster or no user');
  const decoded = (text: string): Buffer => Buffer.from(text, 'base64');
  const tls = {
    ca: decoded(server.cluster['certificate-authority-data']),
    cert: decoded(admin.user['client-certificate-data']),
    key: decoded(admin.user['client-key-data']),
  };
  const send = (method: string, path: string, type?: string, body?: object): Promise<ApiObject> =>
    new Promise((resolve, reject) => {
      const headers = type === undefined ? {} : { 'content-type': type };
      const sent = request(new URL(path, server.cluster.server), { method, ...tls, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          if (response.statusCode === 200) resolve(ApiObject.parse(JSON.parse(text)));
          else reject(new Error(`${method} ${path}: ${response.statusCode} ${text}`));
        });
      });
      sent.on('error', reject);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  return {
    get: (path) => send('GET', path),
    edit: (path, patch, manager = 'kubectl-edit') =>
      send('PATCH', `${path}?fieldManager=${manager}`, 'application/strategic-merge-patch+json', patch),
  };
}
