/** The worker's settings: one cluster, its credentials, and how results are kept. */
import { z } from 'zod';
import { COMMON_FIELDS, clusterName, healthPort } from './common.ts';
import { type Environment, field, listOf, readFields, type Values, wholeNumber } from './fields.ts';
import { checkFixFields, WORKER_FIX_FIELDS } from './fix.ts';
import { REDIS_FIELDS } from './redis.ts';
import { BOT_TOKEN, SLACK_API_URL } from './slack.ts';

const path = z.string().min(1).max(4096);

export const WORKER_FIELDS = {
  botToken: BOT_TOKEN,
  apiUrl: SLACK_API_URL,
  ...REDIS_FIELDS,
  cluster: field({
    name: 'KUBEWHY_CLUSTER',
    about: 'The cluster that questions are about; worker and remediator serve exactly one.',
    expected: 'one name of letters, digits and . _ - @ /',
    schema: clusterName,
    fallback: 'kubernetes',
  }),
  kubeconfig: field<string | undefined>({
    name: 'KUBEWHY_KUBECONFIG',
    about: "The kubeconfig with read access; without it kubectl's own places, then the pod's service account.",
    expected: 'the path of a kubeconfig',
    schema: path,
    optional: true,
    example: '/etc/kubewhy/kubeconfig',
  }),
  apiServers: field<string[] | undefined>({
    name: 'KUBEWHY_API_SERVERS',
    about: "The API servers' own addresses, tried in order; without them the kubeconfig's server alone.",
    expected: 'addresses such as https://10.0.0.1:6443 with commas between them',
    schema: listOf(z.string().regex(/^https?:\/\/[^\s,]+$/)),
    optional: true,
    example: 'https://10.0.0.1:6443,https://10.0.0.2:6443',
  }),
  context: field<string | undefined>({
    name: 'KUBEWHY_CONTEXT',
    about: "The kubeconfig's context; without it the current one.",
    expected: 'the name of a context',
    schema: z.string().max(253),
    optional: true,
    example: 'prod',
  }),
  agents: field({
    name: 'KUBEWHY_AGENTS',
    about: 'How agents are found: auto (port 10850 of each node), off, or node=https://address:port with commas.',
    expected: 'auto, off, or node=https://address:port with commas between them',
    schema: z.string().regex(/^(auto|off|[^=,\s]+=https:\/\/[^,\s]+(,[^=,\s]+=https:\/\/[^,\s]+)*)$/),
    fallback: 'auto',
  }),
  agentCa: field<string | undefined>({
    name: 'KUBEWHY_AGENT_CA',
    about: 'The certificate authority that signed the agents (PEM file).',
    expected: 'the path of a PEM file',
    schema: path,
    optional: true,
    example: '/etc/kubewhy/agent/ca.crt',
  }),
  agentCert: field<string | undefined>({
    name: 'KUBEWHY_AGENT_CLIENT_CERT',
    about: 'The certificate that this process shows to the agents (PEM file).',
    expected: 'the path of a PEM file',
    schema: path,
    optional: true,
    example: '/etc/kubewhy/agent/worker.crt',
  }),
  agentKey: field<string | undefined>({
    name: 'KUBEWHY_AGENT_CLIENT_KEY',
    about: 'The key of that certificate (PEM file).',
    expected: 'the path of a PEM file',
    schema: path,
    optional: true,
    example: '/etc/kubewhy/agent/worker.key',
  }),
  concurrency: field({
    name: 'KUBEWHY_CONCURRENCY',
    about: 'Diagnoses that one worker runs at the same time.',
    expected: 'a whole number from 1 to 100',
    schema: wholeNumber(1, 100),
    fallback: '8',
  }),
  keepDays: field({
    name: 'KUBEWHY_KEEP_DAYS',
    about: 'Days for which evidence, reports and fixes are kept. The audit log is kept for ever.',
    expected: 'a whole number from 1 to 3650',
    schema: wholeNumber(1, 3650),
    fallback: '14',
  }),
  keepResults: field({
    name: 'KUBEWHY_KEEP_RESULTS',
    about: 'The most diagnoses whose evidence and report are kept; older ones go first.',
    expected: 'a whole number from 1 to 100000',
    schema: wholeNumber(1, 100_000),
    fallback: '1000',
  }),
  graceSeconds: field({
    name: 'KUBEWHY_GRACE_SECONDS',
    about: 'Seconds that what runs is given to end at SIGTERM; then another process of the kind takes it over.',
    expected: 'a whole number from 0 to 3600',
    schema: wholeNumber(0, 3600),
    fallback: '20',
  }),
  steadySeconds: field<number | undefined>({
    name: 'KUBEWHY_STEADY_SECONDS',
    about:
      'Seconds for which a fix must look good before it counts as verified; without it 25 after writes, 12 after node steps.',
    expected: 'a whole number from 1 to 600',
    schema: wholeNumber(1, 600),
    optional: true,
    example: '60',
  }),
  ...WORKER_FIX_FIELDS,
  ...COMMON_FIELDS,
  healthPort: healthPort('KUBEWHY_WORKER_HEALTH_PORT'),
};

export type WorkerConfig = Values<typeof WORKER_FIELDS> & {
  /** True where the Pod's own service account is all there is. */
  readonly inCluster: boolean;
};

/**
 * Reads the worker's settings.
 * @throws ConfigError with one sentence a variable.
 */
export function readWorkerConfig(env: Environment): WorkerConfig {
  const config = readFields(env, WORKER_FIELDS);
  checkFixFields(config, WORKER_FIX_FIELDS.keyFile.name);
  const kubeconfig = config.kubeconfig ?? (env['KUBECONFIG'] || undefined);
  const inCluster = kubeconfig === undefined && (env['KUBERNETES_SERVICE_HOST'] ?? '') !== '';
  return { ...config, kubeconfig, inCluster };
}
