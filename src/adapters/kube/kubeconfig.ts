/** Finds and reads kubeconfigs: which server, which credentials. Every mistake in one gets a sentence that says what to do. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import { z } from 'zod';
import { errorText, UserError } from '../../core/errors.ts';
import { nearest } from '../../core/nearest.ts';

const text = z.string().optional();
const Cluster = z.object({
  server: z.string(),
  'certificate-authority': text,
  'certificate-authority-data': text,
  'insecure-skip-tls-verify': z.boolean().optional(),
  'tls-server-name': text,
  'proxy-url': text,
});
const User = z.looseObject({
  token: text,
  tokenFile: text,
  'client-certificate': text,
  'client-certificate-data': text,
  'client-key': text,
  'client-key-data': text,
  username: text,
  password: text,
  as: text,
  'as-groups': z.array(z.string()).optional(),
});
const Config = z.object({
  'current-context': z.string().nullish(),
  clusters: z.array(z.object({ name: z.string(), cluster: Cluster })).nullish(),
  users: z.array(z.object({ name: z.string(), user: User.nullish() })).nullish(),
  contexts: z
    .array(z.object({ name: z.string(), context: z.object({ cluster: z.string(), user: z.string().optional() }) }))
    .nullish(),
});

/** One context of the kubeconfigs: paths in it are absolute. */
export interface KubeContext {
  readonly name: string;
  readonly cluster: z.infer<typeof Cluster>;
  readonly user: z.infer<typeof User>;
  /** The files it was read from, for KubeConfig where it has to run a plugin. */
  readonly files: readonly string[];
}

const PATHS = ['certificate-authority', 'client-certificate', 'client-key', 'tokenFile'];

/** Where kubectl looks when nothing is said. */
export function defaultKubeconfig(): string {
  return join(homedir(), '.kube', 'config');
}

/**
 * Reads a kubeconfig, or several joined as in $KUBECONFIG (the first that names something wins).
 * @throws UserError `kubeconfig-missing`, `kubeconfig-unreadable`, `kubeconfig-invalid` or `context-unknown`.
 */
export async function readKubeContext(
  kubeconfig: string | undefined,
  context: string | undefined,
): Promise<KubeContext> {
  const files = (kubeconfig ?? defaultKubeconfig()).split(delimiter).filter((file) => file !== '');
  const read = await Promise.all(
    files.map(async (file) => ({ file, config: await readConfig(file, files.length > 1) })),
  );
  const configs = read.flatMap(({ file, config }) => (config === undefined ? [] : [{ file, config }]));
  const [first] = configs;
  if (first === undefined) throw missing(files.join(delimiter));
  const shown = files.join(delimiter);
  const wanted = context ?? configs.map(({ config }) => config['current-context']).find((name) => !!name);
  const contexts = configs.flatMap(({ config }) => config.contexts ?? []);
  const names = contexts.map((entry) => entry.name);
  if (!wanted)
    throw invalid(
      shown,
      `it has no current context. Choose one with --context: ${names.slice(0, 10).join(', ') || 'it has none'}`,
    );
  const chosen = contexts.find((entry) => entry.name === wanted)?.context;
  if (chosen === undefined) throw unknownContext(wanted, names, shown);
  const clusters = configs.flatMap(({ config, file }) =>
    (config.clusters ?? []).map((entry) => ({ name: entry.name, value: absolute(file, entry.cluster) })),
  );
  const users = configs.flatMap(({ config, file }) =>
    (config.users ?? []).map((entry) => ({ name: entry.name, value: absolute(file, entry.user ?? {}) })),
  );
  const cluster = clusters.find((entry) => entry.name === chosen.cluster);
  if (cluster === undefined)
    throw invalid(shown, `context ${wanted} names cluster ${chosen.cluster}, which is not in it`);
  const user = users.find((entry) => entry.name === chosen.user);
  if (user === undefined && chosen.user !== undefined)
    throw invalid(shown, `context ${wanted} names user ${chosen.user}, who is not in it`);
  checkServer(cluster.value.server, shown);
  return { name: wanted, cluster: cluster.value, user: user?.value ?? {}, files };
}

async function readConfig(file: string, several: boolean): Promise<z.infer<typeof Config> | undefined> {
  let raw: string;
  try {
    raw = await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') {
      // kubectl skips files of a list that do not exist.
      if (several) return undefined;
      throw missing(file);
    }
    throw new UserError(
      'kubeconfig-unreadable',
      `The kubeconfig ${file} cannot be read: ${errorText(error)}.`,
      { file },
      error,
    );
  }
  let value: unknown;
  try {
    value = yaml(raw);
  } catch (error) {
    throw invalid(file, `it is not YAML: ${errorText(error).slice(0, 120)}`, error);
  }
  const parsed = Config.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw invalid(file, `${issue?.path.join('.') || 'the whole'}: ${issue?.message ?? 'not understood'}`);
}

/** The very parser that KubeConfig uses, without the 0.4 s that importing the rest of the client takes. */
function yaml(source: string): unknown {
  const client = createRequire(createRequire(import.meta.url).resolve('@kubernetes/client-node'));
  const parser = client('js-yaml') as { load(source: string): unknown };
  return parser.load(source);
}

/** The same with its paths made absolute: they count from the file that they stand in. */
function absolute<T extends object>(file: string, value: T): T {
  const made = { ...value } as Record<string, unknown>;
  for (const path of PATHS) {
    const given = made[path];
    if (typeof given === 'string' && given !== '' && !isAbsolute(given)) made[path] = join(dirname(file), given);
  }
  return made as T;
}

/** @throws UserError where the text is no http or https URL. */
export function checkServer(server: string, source: string): void {
  const url = URL.canParse(server) ? new URL(server) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw invalid(source, `its server "${server.slice(0, 100)}" is not a URL like https://192.0.2.1:6443`);
}

function missing(file: string): UserError {
  return new UserError(
    'kubeconfig-missing',
    `There is no kubeconfig at ${file}. Give one with --kubeconfig FILE or in KUBECONFIG.`,
    { file },
  );
}

function invalid(file: string, what: string, cause?: unknown): UserError {
  return new UserError(
    'kubeconfig-invalid',
    `The kubeconfig ${file} cannot be used: ${what}.`,
    { file, reason: what },
    cause,
  );
}

function unknownContext(context: string, names: readonly string[], file: string): UserError {
  const [near] = nearest(context, names, 1);
  const hint = near === undefined ? `It has: ${names.slice(0, 10).join(', ') || 'none'}.` : `Did you mean ${near}?`;
  return new UserError('context-unknown', `The kubeconfig ${file} has no context ${context.slice(0, 100)}. ${hint}`, {
    context: context.slice(0, 100),
    file,
    ...(near === undefined ? {} : { nearest: near }),
  });
}
