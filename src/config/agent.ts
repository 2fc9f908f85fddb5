/** The agent's settings, from flags and KUBEWHY_AGENT_* variables; a flag wins over its variable. */
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { AGENT_PORT } from '../core/agent-api.ts';
import { UserError } from '../core/errors.ts';
import { NODE_KINDS, type NodeKind } from '../core/evidence/kinds.ts';

/** Flag to variable to what `--help` says. */
const SETTINGS = {
  'node-name': ['KUBEWHY_AGENT_NODE_NAME', "NAME  the node's name in Kubernetes (required, except with --once)"],
  listen: ['KUBEWHY_AGENT_LISTEN', `ADDRESS:PORT  default 0.0.0.0:${AGENT_PORT}; port 0 takes a free one`],
  'tls-cert': ['KUBEWHY_AGENT_TLS_CERT', "FILE  the agent's certificate, PEM; it names the node or its address"],
  'tls-key': ['KUBEWHY_AGENT_TLS_KEY', 'FILE  its private key, PEM'],
  'client-ca': ['KUBEWHY_AGENT_CLIENT_CA', 'FILE  the CA, PEM, that has signed the certificates of those who may ask'],
  host: ['KUBEWHY_AGENT_HOST', 'live | recorded:FILE  where the facts come from, default live'],
  'recorded-shift-ms': [
    'KUBEWHY_AGENT_RECORDED_SHIFT_MS',
    'NUMBER  moves every time of a recorded host; default: it was recorded just now',
  ],
  'grant-key': [
    'KUBEWHY_AGENT_GRANT_KEY',
    "FILE  the remediator's public key (PEM) or the trust file: its grants are carried out; without it read-only",
  ],
  'state-dir': [
    'KUBEWHY_AGENT_STATE_DIR',
    'DIR  where used grants are kept, also over a reboot (required with --grant-key)',
  ],
  'recorded-effects': [
    'KUBEWHY_AGENT_RECORDED_EFFECTS',
    'URL  who carries out the steps on a recorded host (required there with --grant-key)',
  ],
} as const;
type Setting = keyof typeof SETTINGS;

/** What the server listens on and with. */
export interface AgentTls {
  readonly certFile: string;
  readonly keyFile: string;
  readonly clientCaFile: string;
}

export type AgentHostSetting = { readonly kind: 'live' } | { readonly kind: 'recorded'; readonly file: string };

/** What an agent needs to take steps. */
export interface AgentStepsSetting {
  readonly keyFile: string;
  readonly stateDir: string;
  /** Of a recorded host. */
  readonly effectsUrl: string | undefined;
}

export type AgentConfig =
  | { readonly mode: 'help' }
  | {
      readonly mode: 'once';
      readonly node: string | undefined;
      readonly kinds: readonly NodeKind[];
      readonly host: AgentHostSetting;
      readonly shiftMs: number | undefined;
    }
  | {
      readonly mode: 'serve';
      readonly node: string;
      readonly address: string;
      readonly port: number;
      readonly tls: AgentTls;
      readonly host: AgentHostSetting;
      readonly shiftMs: number | undefined;
      /** Undefined: the agent is read-only. */
      readonly steps: AgentStepsSetting | undefined;
    };

const Listen = z
  .string()
  .regex(/^(\[[0-9a-fA-F:.]+\]|[^:\s]+):\d{1,5}$/, 'it must be ADDRESS:PORT, for example 0.0.0.0:10850')
  .refine((text) => Number(text.split(':').at(-1)) <= 65535, 'the port must be at most 65535');
const HostText = z
  .string()
  .regex(/^(live|recorded:.+)$/, 'it must be "live" or "recorded:FILE"')
  .transform(
    (text): AgentHostSetting => (text === 'live' ? { kind: 'live' } : { kind: 'recorded', file: text.slice(9) }),
  );
const Schemas: Readonly<Record<Setting, z.ZodType>> = {
  'node-name': z
    .string()
    .regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/, 'a node name has lower-case letters, digits, - and .'),
  listen: Listen,
  'tls-cert': z.string().min(1),
  'tls-key': z.string().min(1),
  'client-ca': z.string().min(1),
  host: HostText,
  'recorded-shift-ms': z
    .string()
    .regex(/^-?\d{1,15}$/, 'it must be a whole number of milliseconds')
    .transform(Number),
  'grant-key': z.string().min(1),
  'state-dir': z.string().regex(/^\//, 'it must be an absolute path'),
  'recorded-effects': z.url({ protocol: /^https?$/, error: 'it must be a URL that begins with http://' }),
};
const Kind = z.enum(NODE_KINDS as [NodeKind, ...NodeKind[]]);

/**
 * Reads the agent's settings. `env` is the process's environment.
 * @throws UserError `agent-config` with one sentence: which setting, what is wrong, what to do.
 */
export function readAgentConfig(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): AgentConfig {
  const flags = parseFlags(argv);
  if (flags['help'] === true) return { mode: 'help' };
  const value = <T>(setting: Setting): T | undefined => readSetting(setting, flags[setting], env) as T | undefined;
  const host = value<AgentHostSetting>('host') ?? { kind: 'live' };
  const shiftMs = value<number>('recorded-shift-ms');
  const node = value<string>('node-name');
  const kinds = (flags['kind'] as string[] | undefined) ?? [];
  if (flags['once'] === true) return { mode: 'once', node, kinds: kinds.map(parseKind), host, shiftMs };
  if (kinds.length > 0) throw wrong('--kind goes with --once only');
  const [address, port] = splitListen(value<string>('listen') ?? `0.0.0.0:${AGENT_PORT}`);
  return {
    mode: 'serve',
    node: required('node-name', node),
    address,
    port,
    tls: {
      certFile: required('tls-cert', value<string>('tls-cert')),
      keyFile: required('tls-key', value<string>('tls-key')),
      clientCaFile: required('client-ca', value<string>('client-ca')),
    },
    host,
    shiftMs,
    steps: stepsSetting(
      host,
      value<string>('grant-key'),
      value<string>('state-dir'),
      value<string>('recorded-effects'),
    ),
  };
}

/** A state folder or effects without a key are of no use and do no harm: a chart may always set them. */
function stepsSetting(
  host: AgentHostSetting,
  keyFile: string | undefined,
  stateDir: string | undefined,
  effectsUrl: string | undefined,
): AgentStepsSetting | undefined {
  if (effectsUrl !== undefined && host.kind === 'live')
    throw wrong('--recorded-effects goes with --host recorded:FILE only');
  if (keyFile === undefined) return undefined;
  if (host.kind === 'recorded') required('recorded-effects', effectsUrl);
  return { keyFile, stateDir: required('state-dir', stateDir), effectsUrl };
}

/** The text of `kubewhy agent --help`. */
export function agentHelp(): string {
  const settings = Object.entries(SETTINGS).map(([flag, [variable, text]]) => `  --${flag} ${text}\n      ${variable}`);
  return [
    'kubewhy agent: reads facts on this node and gives them to kubewhy over mutual TLS. Read-only without --grant-key.',
    '',
    'Examples:',
    '  kubewhy agent --once                          all facts of this machine as JSON',
    '  kubewhy agent --once --kind node-interfaces   one kind of fact',
    '  kubewhy agent --node-name k8s1 --tls-cert agent.crt --tls-key agent.key --client-ca ca.crt',
    '  … --grant-key trust.json --state-dir /var/lib/kubewhy-agent   takes the steps that were approved, too',
    '',
    'Settings (each also as the variable below it):',
    ...settings,
    '  --once  prints the facts of this machine and ends; --kind KIND chooses, may be repeated',
    '  --help  prints this',
    '',
  ].join('\n');
}

function parseFlags(argv: readonly string[]): Readonly<Record<string, unknown>> {
  const strings = Object.keys(SETTINGS).map((flag) => [flag, { type: 'string' }] as const);
  try {
    return parseArgs({
      args: [...argv],
      strict: true,
      allowPositionals: false,
      options: {
        ...Object.fromEntries(strings),
        once: { type: 'boolean' },
        kind: { type: 'string', multiple: true },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    const said = error instanceof Error ? (error.message.split(/\. |\n/)[0] ?? '') : '';
    throw wrong(`${said}; see kubewhy agent --help`);
  }
}

function readSetting(setting: Setting, flag: unknown, env: Readonly<Record<string, string | undefined>>): unknown {
  const variable = SETTINGS[setting][0];
  const text = typeof flag === 'string' ? flag : env[variable];
  if (text === undefined || text === '') return undefined;
  const parsed = Schemas[setting].safeParse(text);
  if (parsed.success) return parsed.data;
  const from = typeof flag === 'string' ? `--${setting}` : variable;
  throw wrong(`${from} is "${text.slice(0, 100)}": ${parsed.error.issues[0]?.message ?? 'it is wrong'}`);
}

function required<T>(setting: Setting, value: T | undefined): T {
  if (value !== undefined) return value;
  throw wrong(`--${setting} (or ${SETTINGS[setting][0]}) is missing; see kubewhy agent --help`);
}

function parseKind(text: string): NodeKind {
  const parsed = Kind.safeParse(text);
  if (parsed.success) return parsed.data;
  throw wrong(`--kind is "${text.slice(0, 100)}": it must be one of ${NODE_KINDS.join(', ')}`);
}

function splitListen(text: string): [address: string, port: number] {
  const at = text.lastIndexOf(':');
  return [text.slice(0, at).replace(/^\[|\]$/g, ''), Number(text.slice(at + 1))];
}

function wrong(sentence: string): UserError {
  return new UserError('agent-config', sentence);
}
