/** What fixes need in the sandbox: keys, a policy, an identity that reads and one that may write what remediations declare. */
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { createKeyFiles } from '../adapters/keys/create-key-files.ts';
import type { Identity } from './cluster/api/server.ts';

const EXECUTABLE = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

export type KeyFiles = Awaited<ReturnType<typeof createKeyFiles>>;

/** Names of the identities, which are their bearer tokens too: this API server listens on loopback and lives for minutes. */
export const WORKER = 'kubewhy-worker';
export const REMEDIATOR = 'kubewhy-remediator';

/** The least read rights of a worker (facts §6): no Secrets, no exec, nothing that writes. */
export const READS: Identity['allow'] = [
  {
    apiGroups: [
      '',
      'apps',
      'batch',
      'autoscaling',
      'policy',
      'discovery.k8s.io',
      'events.k8s.io',
      'coordination.k8s.io',
    ],
    resources: [
      'nodes',
      'pods',
      'pods/log',
      'services',
      'endpoints',
      'endpointslices',
      'events',
      'namespaces',
      'configmaps',
      'replicasets',
      'deployments',
      'daemonsets',
      'statefulsets',
      'jobs',
      'poddisruptionbudgets',
      'leases',
      'horizontalpodautoscalers',
      'resourcequotas',
      'controllerrevisions',
      'persistentvolumeclaims',
    ],
    verbs: ['get', 'list'],
  },
  { apiGroups: ['networking.k8s.io'], resources: ['networkpolicies', 'servicecidrs'], verbs: ['get', 'list'] },
  { apiGroups: ['certificates.k8s.io'], resources: ['certificatesigningrequests'], verbs: ['get', 'list'] },
  {
    apiGroups: ['crd.projectcalico.org', 'projectcalico.org', 'operator.tigera.io'],
    resources: [
      'ippools',
      'bgpconfigurations',
      'bgppeers',
      'blockaffinities',
      'ipamblocks',
      'felixconfigurations',
      'hostendpoints',
      'caliconodestatuses',
      'installations',
      'tigerastatuses',
    ],
    verbs: ['get', 'list'],
  },
  {
    nonResourceURLs: ['/readyz', '/readyz/*', '/livez', '/version', '/api', '/apis', '/apis/*', '/api/*'],
    verbs: ['get'],
  },
];

const Role = z.object({
  rules: z.array(
    z.object({
      apiGroups: z.array(z.string()),
      resources: z.array(z.string()),
      resourceNames: z.array(z.string()).optional(),
      verbs: z.array(z.string()),
    }),
  ),
});

/** Gives both identities; the remediator's role is what `kubewhy rights` prints, as an administrator would apply it. */
export async function fixIdentities(): Promise<Record<string, Identity>> {
  const role = Role.parse(JSON.parse(await output(['rights', '--output', 'json'])));
  const allow = role.rules.map(({ resourceNames, ...rule }) =>
    resourceNames === undefined ? rule : { ...rule, resourceNames },
  );
  // Every authenticated identity may ask about its own rights (system:basic-user) and discover (system:discovery).
  const basic: Identity['allow'] = [
    { apiGroups: ['authorization.k8s.io'], resources: ['selfsubjectaccessreviews'], verbs: ['create'] },
    { nonResourceURLs: ['/version', '/api', '/apis', '/apis/*', '/api/*'], verbs: ['get'] },
  ];
  return {
    [WORKER]: { user: WORKER, groups: ['system:authenticated'], allow: READS },
    [REMEDIATOR]: { user: REMEDIATOR, groups: ['system:authenticated'], allow: [...allow, ...basic] },
  };
}

async function output(args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [EXECUTABLE, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    out += chunk;
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`kubewhy ${args.join(' ')} ended with ${String(code)}`);
  return out;
}

/** Makes the keys of the three processes in a folder. */
export function makeKeys(folder: string): Promise<KeyFiles> {
  return createKeyFiles(join(folder, 'keys'));
}

/** Writes a policy file and gives its path. The processes read it again when it changes. */
export async function writePolicy(folder: string, text: string): Promise<string> {
  const file = join(folder, 'policy.yaml');
  await writeFile(file, text);
  return file;
}

/** A policy in which some people may approve everything, but not what they asked for themselves. */
export function simplePolicy(approvers: readonly string[], more = ''): string {
  return `version: 1\nrules:\n  - remediations: ['*']\n    approvers:\n      users: [${approvers.join(', ')}]\n${more}`;
}
