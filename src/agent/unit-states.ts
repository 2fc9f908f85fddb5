/** The one `systemctl show` that several probes read, and the state of one unit. */
import type { NodeUnit } from '../core/evidence/node-system.ts';
import type { Host, Limits } from './host.ts';
import { parseUnits } from './parse/systemd.ts';
import { runText } from './probe.ts';

const UNITS = [
  'kubelet.service',
  'containerd.service',
  'docker.service',
  'crio.service',
  'kube-proxy.service',
  'firewalld.service',
  'ufw.service',
  'nftables.service',
];
const PROPERTIES = [
  'Id',
  'LoadState',
  'ActiveState',
  'SubState',
  'UnitFileState',
  'Result',
  'ExecMainCode',
  'ExecMainStatus',
  'NRestarts',
  'StateChangeTimestamp',
];

/** Gives the arguments of systemctl that show the state of every unit that matters to Kubernetes. */
export function showUnits(): string[] {
  return ['show', ...UNITS, `--property=${PROPERTIES.join(',')}`, '--no-pager'];
}

/**
 * Gives the state of one unit; of one that is among those above by the same command, which a recording holds.
 * @throws HostError
 */
export async function readUnit(host: Host, name: string, limits: Limits): Promise<NodeUnit | undefined> {
  const args = UNITS.includes(name) ? showUnits() : ['show', name, `--property=${PROPERTIES.join(',')}`, '--no-pager'];
  return parseUnits(await runText(host, 'systemctl', args, limits)).find((unit) => unit.name === name);
}
