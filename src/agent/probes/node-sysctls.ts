/** Probe: the sysctls that decide forwarding, reverse-path filtering, bridging, inotify limits and the like. */
import type { Host } from '../host.ts';
import { mapLimited, orMissing, orNothing, type Probe, readText } from '../probe.ts';

const ROOT = '/proc/sys';
const FIXED = [
  'net/ipv4/ip_forward',
  'net/bridge/bridge-nf-call-iptables',
  'fs/inotify/max_user_instances',
  'fs/inotify/max_user_watches',
  'net/ipv4/ip_local_port_range',
  'vm/overcommit_memory',
  'kernel/panic',
];
const PER_INTERFACE = ['rp_filter', 'forwarding'];
/** A node has one such interface for each Pod: they say nothing about the node's own network. */
const OF_PODS = /^(cali|veth|lxc|eni[0-9a-f])/;
const MAX_INTERFACES = 256;

export const nodeSysctls: Probe<'node-sysctls'> = {
  kind: 'node-sysctls',
  command: () => 'sysctl net.ipv4.ip_forward net.ipv4.conf fs.inotify net.bridge vm.overcommit_memory kernel.panic',
  read: async (host) => {
    const paths = [...FIXED, ...(await interfacePaths(host))];
    const values = await mapLimited(paths, 16, (path) => orMissing(readText(host, `${ROOT}/${path}`)));
    const out: Record<string, string> = {};
    for (const [at, path] of paths.entries()) {
      const value = values[at];
      if (value !== undefined) out[dotted(path)] = value.trim().replaceAll(/\s+/g, ' ');
    }
    return out;
  },
};

async function interfacePaths(host: Host): Promise<string[]> {
  const names = (await orNothing(host.readDir(`${ROOT}/net/ipv4/conf`))) ?? ['all', 'default'];
  return names
    .filter((name) => !OF_PODS.test(name))
    .sort()
    .slice(0, MAX_INTERFACES)
    .flatMap((name) => PER_INTERFACE.map((key) => `net/ipv4/conf/${name}/${key}`));
}

/** sysctl(8)'s own rule: a dot in an interface's name (`ens18.100`) becomes a slash. */
function dotted(path: string): string {
  return path
    .split('/')
    .map((part) => part.replaceAll('.', '/'))
    .join('.');
}
