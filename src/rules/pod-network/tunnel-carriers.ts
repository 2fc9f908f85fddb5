/** How tunnels wrap packets, and what a node's own firewall does to them. */
import type { EvidenceValue } from '../../core/evidence/kinds.ts';
import type { Fact, Facts } from '../../core/facts.ts';
import { nodeRef } from '../../core/object-ref.ts';

export type KnownFirewall = Extract<Fact<'node-firewall'>, { known: true }>;
type Denial = EvidenceValue<'node-firewall'>['denials'][number];

/** The rule, and where it was seen. */
export interface Denied {
  readonly node: string;
  readonly fact: KnownFirewall;
  readonly denial: Denial;
}

export interface Carrier {
  readonly carrier: string;
  readonly filter: string;
  readonly protocols: readonly string[];
  readonly ports: readonly string[];
}

/** How the devices wrap packets (facts §2.6, §2.9). */
export function carrierOf(device: string): Carrier {
  if (device.startsWith('tunl'))
    return { carrier: 'IP protocol 4 (IPIP)', filter: 'ip proto 4', protocols: ['4', 'ipencap', 'ipip'], ports: [] };
  if (/^(wireguard|wg)/.test(device)) return { ...udp('51820'), carrier: 'UDP 51820 (WireGuard)' };
  if (device.startsWith('flannel.') || device === 'cilium_vxlan')
    return { ...udp('8472'), carrier: 'UDP 8472 (VXLAN)' };
  if (device.includes('geneve')) return { ...udp('6081'), carrier: 'UDP 6081 (Geneve)' };
  return { ...udp('4789'), carrier: 'UDP 4789 (VXLAN)' };
}

function udp(port: string): Carrier {
  return { carrier: `UDP ${port}`, filter: `udp port ${port}`, protocols: [], ports: [port] };
}

/** True where the node's own firewall cannot be what keeps a port shut on the tunnel's side only. */
export function firewallIsOpen(facts: Facts, node: string, port: number): boolean {
  const fact = facts.get('node-firewall', nodeRef(node));
  if (!fact.known) return false;
  const shut = fact.value.policies.some((p) => p.chain.toLowerCase() === 'input' && p.policy.toUpperCase() === 'DROP');
  return (
    !shut && fact.value.denials.every((d) => d.ports !== undefined && !d.ports.split(/[^0-9]+/).includes(String(port)))
  );
}

/** A rule of one of the nodes that drops what the tunnel sends. */
export function denialOf(
  facts: Facts,
  nodes: readonly string[],
  protocols: readonly string[],
  ports: readonly string[],
): Denied | undefined {
  for (const node of nodes) {
    const fact = facts.get('node-firewall', nodeRef(node));
    if (!fact.known) continue;
    const denial = fact.value.denials.find(
      (d) =>
        protocols.includes(d.protocol ?? '') ||
        (d.protocol === 'udp' && (d.ports ?? '').split(/[^0-9]+/).some((port) => port !== '' && ports.includes(port))),
    );
    if (denial !== undefined) return { node, fact, denial };
  }
  return undefined;
}
