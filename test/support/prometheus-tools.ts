/** Finds Prometheus, Alertmanager, promtool and amtool: on the PATH, else as Debian's packages, installed without a service. */
import { spawn } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** Paths of the programs. */
export interface PrometheusTools {
  readonly prometheus: string;
  readonly alertmanager: string;
  readonly promtool: string;
  readonly amtool: string;
}

export type ToolsOrReason =
  | { readonly tools: PrometheusTools; readonly reason: undefined }
  | { readonly tools: undefined; readonly reason: string };

/** Debian's name comes first: upstream's `alertmanager` is what a person has who unpacked the release. */
const NAMES: Readonly<Record<keyof PrometheusTools, readonly string[]>> = {
  prometheus: ['prometheus'],
  alertmanager: ['prometheus-alertmanager', 'alertmanager'],
  promtool: ['promtool'],
  amtool: ['amtool'],
};

const PACKAGES = ['prometheus', 'prometheus-alertmanager'];
const INSTALL_MS = 300_000;

/**
 * Installed, not only unpacked: Debian's Alertmanager reads its templates from /usr/share and does not start without them.
 * Their services must not start, now (policy-rc.d, RUNLEVEL) or at the next boot. flock: of test files that run at once
 * one installs, and one that is killed holds no lock.
 */
const INSTALL = `
exec 9>"$LOCK"
flock 9
command -v prometheus-alertmanager >/dev/null && command -v prometheus >/dev/null && exit 0
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy"
fi
apt="apt-get -q -y -o DPkg::Lock::Timeout=120 --no-install-recommends"
$apt install "$@" 9>&- || { $apt update 9>&- && $apt install "$@" 9>&-; }
code=$?
[ -d /run/systemd/system ] && systemctl disable --now "$@" 9>&- >/dev/null 2>&1
exit $code
`;

let found: Promise<ToolsOrReason> | undefined;

/**
 * Gives the paths of the programs. Where one is missing, for root where apt-get is, Debian's packages are installed (30 MB,
 * seconds, no service started), with one line to `say`; else the reason, for `skip(reason !== undefined, reason)`.
 */
export function toolsOrReason(say: (line: string) => void = console.log): Promise<ToolsOrReason> {
  found ??= look(say);
  return found;
}

async function look(say: (line: string) => void): Promise<ToolsOrReason> {
  const path = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin', '/usr/local/bin'];
  const here = await toolsIn(path);
  if (here !== undefined) return { tools: here, reason: undefined };
  const why = await install(say);
  const tools = why === undefined ? await toolsIn(path) : undefined;
  if (tools !== undefined) return { tools, reason: undefined };
  return {
    tools: undefined,
    reason: `no Prometheus and Alertmanager on the PATH, and ${why ?? 'their packages hold other programs'}: sudo apt-get install prometheus prometheus-alertmanager`,
  };
}

async function toolsIn(folders: readonly string[]): Promise<PrometheusTools | undefined> {
  const paths: Partial<Record<keyof PrometheusTools, string>> = {};
  for (const tool of ['prometheus', 'alertmanager', 'promtool', 'amtool'] as const) {
    const path = await firstProgram(folders.flatMap((folder) => NAMES[tool].map((name) => join(folder, name))));
    if (path === undefined) return undefined;
    paths[tool] = path;
  }
  return paths as PrometheusTools;
}

async function firstProgram(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    const runs = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (runs) return path;
  }
  return undefined;
}

/** @returns why it could not be done, undefined where it was. */
async function install(say: (line: string) => void): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'this user may not install them';
  if ((await firstProgram(['/usr/bin/apt-get'])) === undefined) return 'there is no apt-get to install them';
  say(`No Prometheus and Alertmanager on the PATH: installing the packages ${PACKAGES.join(', ')} with apt-get.`);
  const child = spawn('/bin/sh', ['-c', INSTALL, 'kubewhy-install', ...PACKAGES], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      PATH: '/usr/bin:/bin:/usr/sbin:/sbin',
      LOCK: join(tmpdir(), 'kubewhy-prometheus.lock'),
      DEBIAN_FRONTEND: 'noninteractive',
      RUNLEVEL: '1',
      LC_ALL: 'C',
    },
    timeout: INSTALL_MS,
  });
  let errors = '';
  child.stderr.on('data', (data: Buffer) => {
    errors = (errors + String(data)).slice(-2000);
  });
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(`they were not installed (${error.message})`));
    child.once('close', (code) => {
      const last = errors.trim().split('\n').at(-1) ?? '';
      resolve(code === 0 ? undefined : `apt-get did not install them (${last === '' ? `exit code ${code}` : last})`);
    });
  });
}
