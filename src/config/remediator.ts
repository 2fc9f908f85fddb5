/** The remediator's settings: one cluster, an identity of its own that may write, its key, whom it believes, the policy. */
import { z } from 'zod';
import { COMMON_FIELDS, healthPort } from './common.ts';
import { ConfigError, type Environment, field, readFields, type Values } from './fields.ts';
import { REMEDIATOR_FIX_FIELDS } from './fix.ts';
import { REDIS_FIELDS } from './redis.ts';
import { WORKER_FIELDS } from './worker.ts';

const { cluster, apiServers, agents, agentCa, agentCert, agentKey, keepDays, graceSeconds } = WORKER_FIELDS;
const { logLevel, healthHost } = COMMON_FIELDS;

export const REMEDIATOR_FIELDS = {
  ...REDIS_FIELDS,
  cluster,
  kubeconfig: field<string | undefined>({
    name: 'KUBEWHY_REMEDIATOR_KUBECONFIG',
    about: "The remediator's own kubeconfig, with the role of kubewhy rights; without it the pod's service account.",
    expected: 'the path of a kubeconfig',
    schema: z.string().min(1).max(4096),
    optional: true,
    example: '/etc/kubewhy/remediator.kubeconfig',
  }),
  context: field<string | undefined>({
    name: 'KUBEWHY_REMEDIATOR_CONTEXT',
    about: "That kubeconfig's context; without it the current one.",
    expected: 'the name of a context',
    schema: z.string().max(253),
    optional: true,
    example: 'prod',
  }),
  apiServers,
  agents,
  agentCa,
  agentCert,
  agentKey,
  ...REMEDIATOR_FIX_FIELDS,
  keepDays,
  graceSeconds,
  logLevel,
  healthHost,
  healthPort: healthPort('KUBEWHY_REMEDIATOR_HEALTH_PORT'),
};

export type RemediatorConfig = Values<typeof REMEDIATOR_FIELDS> & {
  /** True where the Pod's own service account is all there is. */
  readonly inCluster: boolean;
};

/**
 * Reads the remediator's settings. It never falls back on the kubeconfig of kubectl or of the worker: who may write is said.
 * @throws ConfigError with one sentence a variable.
 */
export function readRemediatorConfig(env: Environment): RemediatorConfig {
  const config = readFields(env, REMEDIATOR_FIELDS);
  const inCluster = config.kubeconfig === undefined && (env['KUBERNETES_SERVICE_HOST'] ?? '') !== '';
  if (config.kubeconfig === undefined && !inCluster)
    throw new ConfigError([
      'KUBEWHY_REMEDIATOR_KUBECONFIG is missing; expected the path of a kubeconfig whose user has the rights of `kubewhy rights` (this is no pod with a service account).',
    ]);
  return { ...config, inCluster };
}
