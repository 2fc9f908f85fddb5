/** A kubeconfig with everything inline, as JSON (which every YAML reader takes). */

/** How the user of a kubeconfig proves who it is. */
export type Credentials = { token: string } | { certPem: string; keyPem: string };

/** Renders a kubeconfig with one cluster, one user and one context. */
export function renderKubeconfig(url: string, caPem: string, user: string, credentials: Credentials): string {
  const auth =
    'token' in credentials
      ? { token: credentials.token }
      : {
          'client-certificate-data': base64(credentials.certPem),
          'client-key-data': base64(credentials.keyPem),
        };
  const context = `${user}@kubernetes`;
  return `${JSON.stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'kubernetes', cluster: { server: url, 'certificate-authority-data': base64(caPem) } }],
      users: [{ name: user, user: auth }],
      contexts: [{ name: context, context: { cluster: 'kubernetes', user } }],
      'current-context': context,
    },
    undefined,
    2,
  )}\n`;
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}
