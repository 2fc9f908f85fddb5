/** Probe: what the host's own firewall denies, its policies, and which firewall managers are running. */
import type { EvidenceValue } from '../../core/evidence/kinds.ts';
import { type Host, HostError, type Limits } from '../host.ts';
import { iptablesDenials, nftDenials } from '../parse/firewall.ts';
import { parseIptablesSave } from '../parse/iptables-save.ts';
import { parseNft } from '../parse/nft.ts';
import { parseUnits } from '../parse/systemd.ts';
import { orMissing, orNothing, type Probe, runText } from '../probe.ts';
import { showUnits } from '../unit-states.ts';

const MANAGERS = ['firewalld', 'nftables', 'ufw'];
const MAX_DENIALS = 2000;
const RULES_BYTES = 32 * 1024 * 1024;

export const nodeFirewall: Probe<'node-firewall'> = {
  kind: 'node-firewall',
  command: () => 'iptables-save; nft list ruleset; systemctl is-active firewalld ufw nftables',
  read: async (host, _params, limits) => {
    const large = { ...limits, maxBytes: RULES_BYTES };
    const [saved, ruleset, managers] = await Promise.all([
      orMissing(runText(host, 'iptables-save', [], large)),
      orMissing(runText(host, 'nft', ['-j', 'list', 'ruleset'], large)),
      managersOf(host, limits),
    ]);
    // Without either program nobody can say what the kernel holds.
    if (saved === undefined && ruleset === undefined) {
      throw new HostError('not-found', 'neither iptables-save nor nft is installed on this host');
    }
    const tables = parseIptablesSave(saved ?? '');
    const old = iptablesDenials(tables);
    const listing = parseNft(ruleset ?? '{"nftables":[]}');
    const native = nftDenials(listing, tables);
    return {
      policies: [...old.policies, ...native.policies],
      denials: [...old.denials, ...native.denials].slice(0, MAX_DENIALS),
      managers,
    };
  },
};

async function managersOf(host: Host, limits: Limits): Promise<EvidenceValue<'node-firewall'>['managers']> {
  const shown = await orNothing(runText(host, 'systemctl', showUnits(), limits));
  const units = new Map(parseUnits(shown ?? '').map((unit) => [unit.name, unit]));
  return MANAGERS.flatMap((name) => {
    const unit = units.get(`${name}.service`);
    return unit === undefined || unit.loadState === 'not-found'
      ? []
      : [{ name, active: unit.activeState === 'active' }];
  });
}
