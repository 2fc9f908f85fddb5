/** Probe: the systemd units that matter to Kubernetes, with exit codes and restarts. */
import { parseUnits } from '../parse/systemd.ts';
import { type Probe, runText } from '../probe.ts';
import { showUnits } from '../unit-states.ts';

export const nodeUnits: Probe<'node-units'> = {
  kind: 'node-units',
  command: () => 'systemctl status kubelet containerd docker crio kube-proxy firewalld ufw nftables',
  read: async (host, _params, limits) => parseUnits(await runText(host, 'systemctl', showUnits(), limits)),
};
