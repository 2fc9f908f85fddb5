/** The credentials that kubelet puts into a Pod, for a worker that runs in the cluster which it diagnoses. */
import { access } from 'node:fs/promises';
import { UserError } from '../../core/errors.ts';
import type { KubeContext } from './kubeconfig.ts';

const FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * Gives the Pod's own credentials. Without `servers` the Service `kubernetes` is asked, whose address kubelet put into the
 * environment: that goes through kube-proxy, which may be what is broken.
 * @throws UserError `not-in-cluster`.
 */
export async function inClusterContext(servers: readonly string[] | undefined): Promise<KubeContext> {
  try {
    await access(`${FOLDER}/token`);
  } catch (error) {
    throw new UserError(
      'not-in-cluster',
      `There are no credentials of a Pod at ${FOLDER}. Give a kubeconfig with --kubeconfig FILE.`,
      { folder: FOLDER },
      error,
    );
  }
  const server = servers?.[0] ?? (await serviceUrl());
  return {
    name: 'in-cluster',
    cluster: { server, 'certificate-authority': `${FOLDER}/ca.crt` },
    user: { tokenFile: `${FOLDER}/token` },
    files: [],
  };
}

async function serviceUrl(): Promise<string> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  config.loadFromCluster();
  return config.getCurrentCluster()?.server ?? 'https://kubernetes.default.svc';
}
