/** The one `systemctl show` that several probes read. */

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
