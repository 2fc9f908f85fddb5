/** The system side of a host: units, journal, swap, disk, memory, clock, sysctls, CNI files, as text of the programs of its era. */
import { atLeast, digest } from './address.ts';
import { kubeletJournal } from './kubelet-journal.ts';
import { linksOf, podsOn } from './links.ts';
import type { ClusterModel, SimNode, SimSwap } from './model.ts';

const UNITS = 'kubelet containerd docker crio kube-proxy firewalld ufw nftables'.split(' ');
const UNIT_PROPERTIES =
  'Id,LoadState,ActiveState,SubState,UnitFileState,Result,ExecMainCode,ExecMainStatus,NRestarts,StateChangeTimestamp';
const SWAP_PROPERTIES = 'Id,LoadState,ActiveState,SubState,UnitFileState,FragmentPath,SourcePath,What';

export interface Output {
  code?: number;
  stdout?: string;
  stderr?: string;
}

/** All commands but those about the network. */
export function systemCommands(model: ClusterModel, node: SimNode): Record<string, Output> {
  const out: Record<string, Output> = {
    [`systemctl show ${UNITS.map((unit) => `${unit}.service`).join(' ')} --property=${UNIT_PROPERTIES} --no-pager`]: {
      stdout: UNITS.map((unit) => unitText(model, node, unit)).join('\n'),
    },
    'lsblk -P -o NAME,PARTTYPE,FSTYPE': { stdout: lsblk(node) },
    'timedatectl show':
      node.systemd < 239
        ? { code: 1, stderr: 'Unknown operation show\n' }
        : { stdout: `Timezone=${node.timeZone}\nLocalRTC=no\nCanNTP=yes\nNTP=yes\nNTPSynchronized=yes\n` },
    ...swapCommands(node),
    ...vxlanCommands(model, node),
  };
  const journal = kubeletJournal(model, node).map((entry) => `${JSON.stringify(entry)}\n`);
  for (const unit of ['kubelet', 'containerd', 'docker', 'crio', 'kube-proxy']) {
    for (const lines of [50, 100, 200, 300, 400, 500, 1000]) {
      const stdout = unit === 'kubelet' ? journal.slice(-lines).join('') : '';
      for (const name of [unit, `${unit}.service`]) {
        out[`journalctl --unit ${name} --lines ${lines} --no-pager --output json`] = { stdout };
      }
    }
  }
  return out;
}

/** The runtime's unit, without `.service`. */
export function runtimeUnit(node: SimNode): string {
  return node.runtime.startsWith('docker') ? 'docker' : node.runtime.startsWith('cri-o') ? 'crio' : 'containerd';
}

function unitText(model: ClusterModel, node: SimNode, unit: string): string {
  const state = unitState(model, node, unit);
  const exited = state?.result === 'exit-code';
  const status = atLeast(model.kubernetes, '1.21.0') ? '1' : '255';
  const { active, sub, result, restarts, since } = state ?? ABSENT;
  const fields: [string, string][] = [
    ['Id', `${unit}.service`],
    ['LoadState', state === undefined ? 'not-found' : 'loaded'],
    ['ActiveState', active],
    ['SubState', sub],
    ['UnitFileState', state === undefined ? '' : 'enabled'],
    ['Result', result],
    ['ExecMainCode', exited ? '1' : '0'],
    ['ExecMainStatus', exited ? status : '0'],
    ['NRestarts', String(restarts)],
    ['StateChangeTimestamp', since === '' ? '' : stamp(node, since)],
  ];
  // systemd counts restarts since v235; before that the property is simply not printed.
  const known = fields.filter(([key]) => key !== 'NRestarts' || node.systemd >= 235);
  return known.map(([key, value]) => `${key}=${value}\n`).join('');
}

const ABSENT: UnitState = { active: 'inactive', sub: 'dead', result: 'success', restarts: 0, since: '' };

interface UnitState {
  active: string;
  sub: string;
  result: string;
  restarts: number;
  since: string;
}

function unitState(model: ClusterModel, node: SimNode, unit: string): UnitState | undefined {
  const running = { active: 'active', sub: 'running', result: 'success', restarts: 0, since: node.bootedAt };
  if (unit === 'kubelet') {
    const since = node.kubelet.since;
    if (node.kubelet.state === 'running') return { ...running, since };
    if (node.kubelet.state === 'stopped') return { ...running, active: 'inactive', sub: 'dead', since };
    const restarts = Math.floor((Date.parse(model.now) - Date.parse(node.bootedAt)) / 10_700);
    return { active: 'activating', sub: 'auto-restart', result: 'exit-code', restarts, since };
  }
  const stopped = { ...running, active: 'inactive', sub: 'dead' };
  if (unit === 'kube-proxy' && node.kubeProxyUnit === true) {
    return node.faults.kubeProxyDown === true ? stopped : running;
  }
  if (unit === runtimeUnit(node) && node.runtimeDown === true) return stopped;
  if (unit === runtimeUnit(node) || (unit === 'containerd' && runtimeUnit(node) === 'docker')) return running;
  if (unit === 'nftables' && node.faults.firewallDrops !== undefined && model.proxy.mode === 'nftables') {
    return { ...running, sub: 'exited' };
  }
  return undefined;
}

/** `Wed 2020-05-27 10:37:34 CST`. */
export function stamp(node: SimNode, time: string): string {
  const local = new Date(Date.parse(time) + node.utcOffsetMinutes * 60_000);
  const day = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'][local.getUTCDay()];
  const zone = node.utcOffsetMinutes === 480 ? 'CST' : 'UTC';
  return `${day} ${local.toISOString().slice(0, 10)} ${local.toISOString().slice(11, 19)} ${zone}`;
}

function lsblk(node: SimNode): string {
  const swap = node.swap?.device === '/dev/sda3';
  const rows: [string, string, string][] = [
    ['sda', '', ''],
    ['sda1', 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b', 'vfat'],
    ['sda2', '0fc63daf-8483-4772-8e79-3d69d8477de4', 'ext4'],
    ...(swap ? [['sda3', '0657fd6d-a4ab-43c4-84e5-0933c84b4f4f', 'swap'] as [string, string, string]] : []),
  ];
  return rows.map(([name, type, fs]) => `NAME="${name}" PARTTYPE="${type}" FSTYPE="${fs}"\n`).join('');
}

function vxlanCommands(model: ClusterModel, node: SimNode): Record<string, Output> {
  if (model.calico.encapsulation !== 'vxlan' || !node.containersRun) return {};
  const state = node.txChecksum ?? 'on';
  const rows = ['Features for vxlan.calico:', 'rx-checksumming: on', `tx-checksumming: ${state}`];
  const more = ['\ttx-checksum-ipv4: off [fixed]', `\ttx-checksum-ip-generic: ${state}`, 'scatter-gather: on'];
  return { 'ethtool -k vxlan.calico': { stdout: `${[...rows, ...more].join('\n')}\n` } };
}

/** `dev-sda3.swap`: the unit of a device by its path. */
export function swapUnit(swap: SimSwap): string {
  return `${swap.device.slice(1).replaceAll('-', '\\x2d').replaceAll('/', '-')}.swap`;
}

function swapCommands(node: SimNode): Record<string, Output> {
  const list = 'systemctl list-units --type=swap --all --no-legend --plain --no-pager';
  const swap = node.swap;
  if (swap === undefined) return { [list]: { stdout: '' } };
  const unit = swapUnit(swap);
  if (swap.unitGone === true && !swap.active) return { [list]: { stdout: '' } };
  const active = swap.active ? 'active active  ' : 'inactive dead';
  const text = swap.source === 'gpt-auto' ? 'Swap Partition' : swap.device;
  const { fragment, fileState, loaded } = unitFile(node, swap, unit);
  const made = swap.source === 'fstab' && fragment.startsWith('/run/');
  const show = [
    `What=${swap.device}`,
    `Id=${unit}`,
    `LoadState=${loaded}`,
    `ActiveState=${swap.active ? 'active' : 'inactive'}`,
    `SubState=${swap.active ? 'active' : 'dead'}`,
    `FragmentPath=${fragment}`,
    ...(made ? ['SourcePath=/etc/fstab'] : []),
    `UnitFileState=${fileState}`,
  ];
  return {
    [list]: { stdout: `${unit} ${loaded} ${active} ${text}\n` },
    [`systemctl show ${unit} --property=${SWAP_PROPERTIES} --no-pager`]: { stdout: `${show.join('\n')}\n` },
  };
}

/** Where a swap unit comes from, as systemd tells it. One that no file makes any more is only there while the swap is on. */
function unitFile(node: SimNode, swap: SimSwap, unit: string): { fragment: string; fileState: string; loaded: string } {
  if (swap.masked === true) return { fragment: '/dev/null', fileState: 'masked', loaded: 'masked' };
  if (swap.unitGone === true) return { fragment: '', fileState: '', loaded: 'loaded' };
  const folder = {
    'gpt-auto': '/run/systemd/generator.late',
    fstab: '/run/systemd/generator',
    unit: '/etc/systemd/system',
  }[swap.source];
  const fileState = swap.source === 'unit' ? 'enabled' : node.systemd < 231 ? 'static' : 'generated';
  return { fragment: `${folder}/${unit}`, fileState, loaded: 'loaded' };
}

/** Files of the system side; the network's sysctls among them. */
export function systemFiles(model: ClusterModel, node: SimNode): Record<string, string> {
  const swap = node.swap;
  const swapLine =
    swap?.active === true ? `${swap.device.padEnd(39)} partition\t${swap.sizeKi}\t${swap.usedKi}\t-2\n` : '';
  const uptime = (Date.parse(model.now) - Date.parse(node.bootedAt)) / 1000;
  const files: Record<string, string> = {
    '/proc/swaps': `Filename\t\t\t\tType\t\tSize\tUsed\tPriority\n${swapLine}`,
    '/etc/fstab': ['# /etc/fstab: static file system information.', ...fstab(node)].map((line) => `${line}\n`).join(''),
    '/proc/cmdline': `BOOT_IMAGE=/boot/vmlinuz-${node.kernel} root=UUID=${digest(node.name).slice(0, 8)}-1111-4222-8333-444455556666 ro quiet\n`,
    '/proc/meminfo': meminfo(node),
    '/proc/uptime': `${uptime.toFixed(2)} ${(uptime * node.cpu * 0.8).toFixed(2)}\n`,
    '/proc/mounts': mounts(node),
    '/etc/cni/net.d/10-calico.conflist': JSON.stringify(
      { name: 'k8s-pod-network', cniVersion: '0.3.1', plugins: CNI_PLUGINS },
      undefined,
      2,
    ),
    '/proc/sys/net/netfilter/nf_conntrack_count': `${400 + 13 * podsOn(model, node).length}\n`,
    '/proc/sys/net/netfilter/nf_conntrack_max': `${32_768 * node.cpu}\n`,
    '/proc/net/stat/nf_conntrack': conntrackStat(node),
    ...sysctls(model, node),
  };
  if (node.cgroup === 2) files['/sys/fs/cgroup/cgroup.controllers'] = 'cpuset cpu io memory hugetlb pids rdma misc\n';
  if (Number.parseInt(node.kernel, 10) >= 5) {
    for (const kind of ['cpu', 'memory', 'io']) {
      files[`/proc/pressure/${kind}`] =
        `some avg10=0.00 avg60=0.03 avg300=0.05 total=${80_000 + kind.length}\n${kind === 'cpu' ? '' : 'full avg10=0.00 avg60=0.00 avg300=0.01 total=52000\n'}`;
    }
  }
  return { ...files, ...node.files };
}

const CNI_PLUGINS = [
  {
    type: 'calico',
    log_level: 'info',
    datastore_type: 'kubernetes',
    ipam: { type: 'calico-ipam' },
    policy: { type: 'k8s' },
  },
  { type: 'portmap', snat: true, capabilities: { portMappings: true } },
];

function fstab(node: SimNode): string[] {
  const root = `UUID=${digest(node.name).slice(0, 8)}-1111-4222-8333-444455556666 / ext4 errors=remount-ro 0 1`;
  return [root, ...(node.swap?.fstab ?? [])];
}

function meminfo(node: SimNode): string {
  const swap = node.swap?.active === true ? node.swap : { sizeKi: 0, usedKi: 0 };
  const rows: [string, number][] = [
    ['MemTotal', node.memoryKi],
    ['MemFree', Math.floor(node.memoryKi * 0.31)],
    ['MemAvailable', Math.floor(node.memoryKi * 0.62)],
    ['SwapTotal', swap.sizeKi],
    ['SwapFree', swap.sizeKi - swap.usedKi],
  ];
  return rows.map(([name, value]) => `${`${name}:`.padEnd(16)}${String(value).padStart(8)} kB\n`).join('');
}

function mounts(node: SimNode): string {
  const cgroup =
    node.cgroup === 2
      ? 'cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid,nodev 0 0'
      : 'cgroup /sys/fs/cgroup/memory cgroup rw,memory 0 0';
  return `sysfs /sys sysfs rw 0 0\nproc /proc proc rw 0 0\n/dev/sda2 / ext4 rw,relatime,errors=remount-ro 0 0\n${cgroup}\n/dev/sda1 /boot/efi vfat rw 0 0\n`;
}

function conntrackStat(node: SimNode): string {
  const head =
    'entries  searched found new invalid ignore delete delete_list insert insert_failed drop early_drop icmp_error  expect_new expect_create expect_delete search_restart\n';
  const zero = '00000000';
  const rows = Array.from(
    { length: Math.min(node.cpu, 8) },
    () => `000001a4  ${Array<string>(16).fill(zero).join(' ')} \n`,
  );
  return head + rows.join('');
}

function sysctls(model: ClusterModel, node: SimNode): Record<string, string> {
  const forward = node.faults.ipForwardOff === true ? '0\n' : '1\n';
  const out: Record<string, string> = {
    '/proc/sys/net/ipv4/ip_forward': forward,
    '/proc/sys/net/bridge/bridge-nf-call-iptables': '1\n',
    '/proc/sys/fs/inotify/max_user_instances': '128\n',
    '/proc/sys/fs/inotify/max_user_watches': '524288\n',
    '/proc/sys/net/ipv4/ip_local_port_range': '32768\t60999\n',
    '/proc/sys/vm/overcommit_memory': '1\n',
    '/proc/sys/kernel/panic': '10\n',
  };
  const names = ['all', 'default', ...linksOf(model, node).map((link) => link.name)];
  for (const name of names) {
    out[`/proc/sys/net/ipv4/conf/${name}/rp_filter`] = name === 'all' ? '0\n' : '1\n';
    out[`/proc/sys/net/ipv4/conf/${name}/forwarding`] = forward;
  }
  return out;
}
