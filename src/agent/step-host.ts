/** What a step may change on its machine: a closed list of programs with fixed arguments, and of files. */
import { SYSCTLS } from '../core/node-steps.ts';
import { HostError, type RunResult } from './host.ts';

/** Programs that change something. Their arguments are in EFFECTS. */
export const EFFECT_PROGRAMS = ['swapoff', 'swapon', 'systemctl', 'ethtool'] as const;
export type EffectProgram = (typeof EFFECT_PROGRAMS)[number];

const DEVICE = /^\/[A-Za-z0-9/_.-]{1,205}$/;
/** Never with a dash in front: it would be an option. */
const SWAP_UNIT = /^[A-Za-z0-9@._\\][A-Za-z0-9@._:\\-]{0,199}\.swap$/;
/** Units that may be started; kubelet also anew. */
const START_UNITS = [
  'containerd.service',
  'crio.service',
  'docker.service',
  'cri-docker.service',
  'kube-proxy.service',
  'snap.kube-proxy.daemon.service',
] as const;
const KUBELET = 'kubelet.service';
const VXLAN = ['vxlan.calico', 'vxlan-v6.calico', 'flannel.1', 'cilium_vxlan'] as const;

type Word = string | RegExp | readonly string[];
/** Every command that can be given, word by word: itself, one of a list, or of a form. */
export const EFFECTS: readonly (readonly [EffectProgram, ...Word[]])[] = [
  ['swapoff', DEVICE],
  ['swapon', DEVICE],
  ['systemctl', 'mask', SWAP_UNIT],
  ['systemctl', 'unmask', SWAP_UNIT],
  ['systemctl', 'daemon-reload'],
  ['systemctl', 'restart', KUBELET],
  ['systemctl', 'start', START_UNITS],
  ['systemctl', 'reset-failed', [KUBELET, ...START_UNITS]],
  ['ethtool', '-K', VXLAN, 'tx-checksum-ip-generic', ['on', 'off']],
];

/** Files that are edited, with a copy beside each; and the one that is ours alone. */
export const KUBELET_FLAG_FILES = [
  '/var/lib/kubelet/kubeadm-flags.env',
  '/etc/default/kubelet',
  '/etc/sysconfig/kubelet',
] as const;
export const FSTAB = '/etc/fstab';
export const EDITED_FILES: readonly string[] = [FSTAB, ...KUBELET_FLAG_FILES];
export const SYSCTL_FILE = '/etc/sysctl.d/99-kubewhy.conf';

const PROC_SYS = '/proc/sys/';
const BACKUP = /^(.+)\.kubewhy-gr-[0-9a-f]{32}$/;

/** How a file may be written: `kernel` in place, `edited` and `own` anew and renamed, `backup` only where nothing is yet. */
export type Writable = 'kernel' | 'edited' | 'own' | 'backup';

/** One file as it shall be. `was` is what it held when it was looked at, undefined where it must not exist yet. */
export interface Put {
  readonly path: string;
  readonly content: string;
  readonly was: string | undefined;
  /** Of a new file: whose owner and mode it gets. Without it 0644 and the agent's own. */
  readonly like?: string;
}

/** The writing side of a machine. Everything that is not in the lists above is refused before it is tried. */
export interface StepHost {
  /** An exit code other than 0 is an answer. @throws HostError */
  run(program: EffectProgram, args: readonly string[], timeoutMs: number): Promise<RunResult>;
  /** Reads a file that may be written, not through a link. @throws HostError `not-found` where it is not there */
  load(path: string): Promise<string>;
  /** @throws HostError where the file is not as it was, is a link, or cannot be written; then it is as before */
  put(change: Put): Promise<void>;
  /** Removes our own file. @throws HostError */
  remove(path: string, was: string): Promise<void>;
}

/** Gives the path under /proc/sys of a sysctl of the list. */
export function sysctlPath(name: string): string {
  return PROC_SYS + name.replaceAll('.', '/');
}

const KERNEL = new Set(Object.keys(SYSCTLS).map(sysctlPath));

/** Gives the place of the copy that a grant's step makes of a file. */
export function backupOf(path: string, grant: string): string {
  return `${path}.kubewhy-${grant}`;
}

/** True for the place of a copy of that very file. */
export function isBackupOf(path: string, candidate: string): boolean {
  return BACKUP.exec(candidate)?.[1] === path;
}

/** Gives how a path may be written. @throws HostError `denied` where it may not */
export function writable(path: string): Writable {
  if (KERNEL.has(path)) return 'kernel';
  if (EDITED_FILES.includes(path)) return 'edited';
  if (path === SYSCTL_FILE) return 'own';
  if (EDITED_FILES.includes(BACKUP.exec(path)?.[1] ?? '')) return 'backup';
  throw new HostError('denied', `${path.slice(0, 200)} is not a file that this agent may write`);
}

/** @throws HostError `denied` where a command is not in the list. */
export function assertEffect(program: string, args: readonly string[]): void {
  const given = [program, ...args];
  const known = EFFECTS.some(
    (words) => words.length === given.length && words.every((word, i) => fits(word, given[i] ?? '')),
  );
  if (known) return;
  throw new HostError('denied', `${given.join(' ').slice(0, 200)} is not a command that this agent may run`);
}

function fits(word: Word, given: string): boolean {
  if (typeof word === 'string') return word === given;
  return word instanceof RegExp ? word.test(given) : word.includes(given);
}
