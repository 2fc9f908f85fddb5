/** The subcommand `kubewhy agent`: settings, host, server; ends on SIGTERM or SIGINT. */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { pino } from 'pino';
import { z } from 'zod';
import { type AgentConfig, agentHelp, readAgentConfig } from '../config/agent.ts';
import { errorText, UserError } from '../core/errors.ts';
import type { Host } from './host.ts';
import { createLiveHost } from './live-host.ts';
import { readOnce } from './once.ts';
import { createRecordedHost } from './recorded-host.ts';
import { startAgentServer } from './server.ts';
import { TCP_RATE, TokenBucket } from './tcp-guard.ts';

const GRACE_MS = 5000;
const USAGE_ERROR = 2;

/** Where the agent writes, and what ends it besides a signal. */
export interface AgentIo {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
  readonly signal?: AbortSignal;
}

/** Runs `kubewhy agent`. Gives the exit code: 0, 1 where it cannot run, 2 where the settings are wrong. Never throws. */
export async function runAgent(
  argv: string[],
  env: Readonly<Record<string, string | undefined>>,
  io: AgentIo,
): Promise<number> {
  try {
    const config = readAgentConfig(argv, env);
    if (config.mode === 'help') {
      io.stdout.write(agentHelp());
      return 0;
    }
    if (config.mode === 'once') return await once(config, io);
    return await serve(config, io);
  } catch (error) {
    io.stderr.write(`kubewhy agent: ${errorText(error)}\n`);
    return error instanceof UserError && error.code === 'agent-config' ? USAGE_ERROR : 1;
  }
}

async function once(config: AgentConfig & { mode: 'once' }, io: AgentIo): Promise<number> {
  const { host, recordedNode } = await openHost(config);
  const output = await readOnce(host, config.node ?? recordedNode ?? hostname(), agentVersion(), config.kinds);
  io.stdout.write(`${JSON.stringify(output, null, 2)}\n`);
  return 0;
}

async function serve(config: AgentConfig & { mode: 'serve' }, io: AgentIo): Promise<number> {
  const log = pino(
    { name: 'kubewhy-agent', base: { node: config.node } },
    { write: (line) => void io.stdout.write(line) },
  );
  const { host } = await openHost(config);
  const server = await startAgentServer({
    host,
    node: config.node,
    agentVersion: agentVersion(),
    bucket: new TokenBucket(TCP_RATE.perSecond, TCP_RATE.burst, Date.now),
    address: config.address,
    port: config.port,
    tls: config.tls,
    onEvent: (level, sentence) => log[level](sentence),
  });
  const where = server.address.includes(':') ? `[${server.address}]` : server.address;
  log.info({ address: `${where}:${server.port}`, host: config.host.kind }, 'agent listening');
  const reason = await ended(io.signal);
  log.info({ reason }, 'agent stopping');
  await server.close(GRACE_MS);
  return 0;
}

async function openHost(
  config: Pick<AgentConfig & { mode: 'once' }, 'host' | 'shiftMs'>,
): Promise<{ host: Host; recordedNode?: string }> {
  if (config.host.kind === 'live') return { host: createLiveHost() };
  const recorded = await createRecordedHost(config.host.file, config.shiftMs);
  return { host: recorded, recordedNode: recorded.node };
}

function ended(signal: AbortSignal | undefined): Promise<string> {
  return new Promise((resolve) => {
    const stop = (reason: string): void => {
      process.off('SIGTERM', stop);
      process.off('SIGINT', stop);
      signal?.removeEventListener('abort', aborted);
      resolve(reason);
    };
    const aborted = (): void => stop('abort');
    process.once('SIGTERM', stop);
    process.once('SIGINT', stop);
    if (signal?.aborted === true) aborted();
    else signal?.addEventListener('abort', aborted, { once: true });
  });
}

const PackageJson = z.object({ version: z.string() });

/** The package's own version: two folders up both in src and in dist. */
function agentVersion(): string {
  try {
    const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
    return PackageJson.parse(JSON.parse(text)).version;
  } catch {
    return 'unknown';
  }
}
