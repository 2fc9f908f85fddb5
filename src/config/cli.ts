/** What the terminal reads of the environment: language, and the agents' certificates for who asks often. */
import type { Language } from '../core/jobs.ts';
import type { Environment } from './fields.ts';

export interface CliEnvironment {
  readonly language: Language;
  /** kubectl's own variable: one file, or several with colons. */
  readonly kubeconfig: string | undefined;
  readonly agents: string | undefined;
  readonly agentCa: string | undefined;
  readonly agentCert: string | undefined;
  readonly agentKey: string | undefined;
  /** https://no-color.org: any value switches colour off. */
  readonly noColour: boolean;
}

/** Reads the environment of a terminal. The variables of the worker hold here too. */
export function readCliEnvironment(env: Environment): CliEnvironment {
  const locale = env['LC_ALL'] || env['LC_MESSAGES'] || env['LANG'] || '';
  return {
    language: /^zh/i.test(locale) ? 'zh-cn' : 'en',
    kubeconfig: env['KUBECONFIG'] || undefined,
    agents: env['KUBEWHY_AGENTS'] || undefined,
    agentCa: env['KUBEWHY_AGENT_CA'] || undefined,
    agentCert: env['KUBEWHY_AGENT_CLIENT_CERT'] || undefined,
    agentKey: env['KUBEWHY_AGENT_CLIENT_KEY'] || undefined,
    noColour: (env['NO_COLOR'] ?? '') !== '',
  };
}
