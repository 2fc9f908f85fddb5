/** The subcommand `kubewhy agent`: settings, host, server; ends on SIGTERM or SIGINT. */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { z } from 'zod';
import { type AgentConfig, agentHelp, readAgentConfig } from '../config/agent.ts';
import { errorText, UserError } from '../core/errors.ts';
import { createGrantedSteps, type GrantedSteps } from './grants.ts';
import type { Host } from './host.ts';
import { createLiveHost } from './live-host.ts';
import { createLiveStepHost } from './live-step-host.ts';
import { readOnce } from './once.ts';
import { createRecordedHost, type RecordedHost } from './recorded-host.ts';
import { createRecordedStepHost } from './recorded-step-host.ts';
import { startAgentServer } from './server.ts';
import { TCP_RATE, TokenBucket } from './tcp-guard.ts';

const GRACE_MS = 5000;
/** A step that runs at the end is waited for: longer than the longest, shorter than systemd's patience (90 s). */
const STEP_GRACE_MS = 80_000;
const USAGE_ERROR = 2;

/** Where the agent writes, and what ends it besides a signal. */
export interface AgentIo {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
  readonly signal?: AbortSignal;
}

interface OpenedHost {
  readonly host: Host;
  readonly recorded?: RecordedHost;
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
  const { host, recorded } = await openHost(config);
  const output = await readOnce(host, config.node ?? recorded?.node ?? hostname(), agentVersion(), config.kinds);
  io.stdout.write(`${JSON.stringify(output, null, 2)}\n`);
  return 0;
}

async function serve(config: AgentConfig & { mode: 'serve' }, io: AgentIo): Promise<number> {
  const log = pino(
    { name: 'kubewhy-agent', base: { node: config.node } },
    { write: (line) => void io.stdout.write(line) },
  );
  const opened = await openHost(config);
  const { host } = opened;
  const onEvent = (level: 'info' | 'warn', sentence: string): void => log[level](sentence);
  const steps = openSteps(config, opened, onEvent);
  const server = await startAgentServer({
    host,
    node: config.node,
    agentVersion: agentVersion(),
    bucket: new TokenBucket(TCP_RATE.perSecond, TCP_RATE.burst, Date.now),
    address: config.address,
    port: config.port,
    tls: config.tls,
    ...(steps === undefined ? {} : { steps }),
    onEvent,
  });
  const where = server.address.includes(':') ? `[${server.address}]` : server.address;
  log.info(
    { address: `${where}:${server.port}`, host: config.host.kind, steps: steps !== undefined },
    'agent listening',
  );
  const reason = await ended(io.signal);
  log.info({ reason }, 'agent stopping');
  await Promise.race([steps?.finish(), sleep(STEP_GRACE_MS, undefined, { ref: false })]);
  await server.close(GRACE_MS);
  return 0;
}

async function openHost(config: Pick<AgentConfig & { mode: 'once' }, 'host' | 'shiftMs'>): Promise<OpenedHost> {
  if (config.host.kind === 'live') return { host: createLiveHost() };
  const recorded = await createRecordedHost(config.host.file, config.shiftMs);
  return { host: recorded, recorded };
}

/** Undefined where the agent is read-only. @throws UserError where the key or the folder cannot be used */
function openSteps(
  { node, steps }: AgentConfig & { mode: 'serve' },
  { host, recorded }: OpenedHost,
  onEvent: (level: 'info' | 'warn', sentence: string) => void,
): GrantedSteps | undefined {
  if (steps === undefined) return undefined;
  const { keyFile, stateDir, effectsUrl } = steps;
  // A recorded host never falls back to the real machine.
  if (recorded !== undefined && effectsUrl === undefined) throw new Error('a recorded host takes no steps by itself');
  const effects = recorded === undefined ? createLiveStepHost() : createRecordedStepHost(recorded, effectsUrl ?? '');
  return createGrantedSteps({ host, effects, node, keyFile, stateDir, onEvent });
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
