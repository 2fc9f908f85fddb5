/** The agents of a terminal question: from flags first, then from the environment; off where there is no certificate. */
import { UserError } from '../core/errors.ts';
import type { NodeAgents } from '../core/ports.ts';

export interface AgentFlags {
  readonly agents: string | undefined;
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

/**
 * Gives the client of the agents, and why there is none where none was asked for. The client is loaded only when it is used.
 * @throws UserError where agents were asked for and a certificate is missing, or an address is none.
 */
export async function terminalAgents(
  flags: AgentFlags,
): Promise<{ agents: NodeAgents; close: () => void; note?: string }> {
  const { createNodeAgents, noNodeAgents } = await import('../adapters/node-agent/node-agents.ts');
  const off = noNodeAgents();
  if (flags.agents === 'off') return { agents: off, close: () => off.close() };
  const { ca, cert, key } = flags;
  if (ca === undefined || cert === undefined || key === undefined) {
    if (flags.agents !== undefined && flags.agents !== 'auto') {
      throw new UserError(
        'agent-tls-missing',
        '--agents needs --agent-ca, --agent-cert and --agent-key: agents answer only with mutual TLS.',
      );
    }
    const note =
      'No agent is asked: --agent-ca, --agent-cert and --agent-key are not given. The answer rests on the API server alone.';
    return { agents: off, close: () => off.close(), note };
  }
  const urls = flags.agents === undefined || flags.agents === 'auto' ? undefined : parseMap(flags.agents);
  const agents = createNodeAgents({
    tls: { caFile: ca, certFile: cert, keyFile: key },
    ...(urls === undefined ? {} : { urls }),
  });
  return { agents, close: () => agents.close() };
}

/** Parses `node=https://address:port,…`. */
export function parseMap(text: string): Record<string, string> {
  const entries = text.split(',').map((part): [string, string] => {
    const [node = '', url = ''] = part.trim().split(/=(.*)/s);
    if (node === '' || !/^https:\/\/[^/]+$/.test(url)) {
      throw new UserError(
        'agents-invalid',
        `--agents takes auto, off, or node=https://address:port with commas, not "${part.slice(0, 80)}".`,
      );
    }
    return [node, url];
  });
  return Object.fromEntries(entries);
}
